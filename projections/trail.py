"""The audit trail: a row for every event of every stream, corrections and strike-outs too, and what became of it.

Must never hold: content. What an event says is read from the ledger by those who may.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.correction import EntryCorrected, EntryStruckOut
from domain.fact import Fact
from domain.registry import REGISTRY
from domain.stream import Entry
from projections.rows import Amend, Open, Operation, Projection, Stand, Table

TRAIL = Table(
    "trail",
    stream="stream_id",
    key={"version": "int4"},
    columns=(
        "position", "stream_kind", "name", "occurred_at", "recorded_at", "actor", "correlation_id", "caused_by",
        "entered_at", "source_system", "source_file", "source_row_id", "amends_entry", "mistake", "struck_by",
        "corrected_by",
    ),
)  # fmt: skip


def told(entry: Entry, fact: Fact) -> tuple[Any, ...]:
    """The columns of an entry's row, in their order, until something amends it."""
    entered_at = system = file = row_id = amends_entry = mistake = None
    if entry.provenance is not None:
        source = entry.provenance
        entered_at, system, file, row_id = source.entered_at, source.system, source.file, source.row_id
    if type(fact) is EntryCorrected or type(fact) is EntryStruckOut:  # by type: it is asked of every event
        amends_entry, mistake = fact.entry, fact.mistake
    return (
        entry.position, fact.stream, _NAMES[type(fact)], entry.occurred_at, entry.recorded_at, entry.actor,
        entry.correlation_id, entry.caused_by, entered_at, system, file, row_id, amends_entry, mistake, None, None,
    )  # fmt: skip


def recorded(entry: Entry, fact: Fact) -> tuple[Operation, ...]:
    return (Open("trail", (entry.version,), dict(zip(TRAIL.columns, told(entry, fact), strict=True))),)


_NAMES = {kind: kind.stored_name() for kind in REGISTRY.facts.values()}


@dataclass(slots=True)
class _Marks:
    """Which standing strike-out or correction bears on which entry, newest first."""

    struck: dict[int, Entry] = field(default_factory=dict)
    corrected: dict[int, Entry] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        if entry.version in self.struck:
            return
        if type(entry.fact) is EntryStruckOut:
            self.struck.setdefault(entry.fact.entry, entry)
        elif type(entry.fact) is EntryCorrected:
            self.corrected.setdefault(entry.fact.entry, entry)


def marked(entries: Sequence[Entry]) -> Iterable[Stand]:
    """Every entry as recorded, with the positions of the standing strike-out and correction that bear on it."""
    marks = _Marks()
    for entry in reversed(entries):
        marks.take(entry)
    for entry in entries:
        by = [marks.struck.get(entry.version), marks.corrected.get(entry.version)]
        changes = {name: mark.position for name, mark in zip(("struck_by", "corrected_by"), by, strict=True) if mark}
        operations = (*recorded(entry, entry.fact), Amend("trail", (entry.version,), changes))
        yield Stand(entry, operations, (entry.position, *changes.values()))


PROJECTION = Projection.beside(__name__, (TRAIL,), dict.fromkeys(REGISTRY.facts.values(), recorded), marked, each=told)
