"""The audit trail: a row for every event of every stream, corrections and strike-outs too, and what became of it.

Must never hold: content. What an event says is read from the ledger by those who may.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry
from domain.fact import Fact
from domain.registry import REGISTRY
from projections.rows import Amend, Open, Operation, Projection, Stand, Table, Wide

TRAIL = Table(
    "trail",
    stream="stream_id",
    key={"version": "int4"},
    columns=(
        "position", "stream_kind", "name", "occurred_at", "recorded_at", "actor", "correlation_id", "caused_by",
        "entered_at", "source_system", "source_file", "source_row_id", "amends_entry", "mistake", "struck_by",
        "corrected_by", "rightly_at",
    ),
)  # fmt: skip


def told(entries: Sequence[Entry], kinds: Sequence[type[Fact]]) -> Wide:
    """The columns of the entries' rows, in their order, until something amends one; None where all are null."""
    amending = [entry.fact if kind in _AMENDING else None for entry, kind in zip(entries, kinds, strict=True)]
    return (
        [entry.position for entry in entries],
        [_STREAMS[kind] for kind in kinds],
        [_NAMES[kind] for kind in kinds],
        [entry.occurred_at for entry in entries],
        [entry.recorded_at for entry in entries],
        [entry.actor for entry in entries],
        [entry.correlation_id for entry in entries],
        [entry.caused_by for entry in entries],
        *_all_of(("entered_at", "system", "file", "row_id"), [entry.provenance for entry in entries]),
        *_all_of(("entry", "mistake"), amending),
        *_nothing(("struck_by", "corrected_by", "rightly_at")),
    )


def _all_of(names: Sequence[str], some: Sequence[object]) -> Wide:
    """The attributes of those that are there; None where none is."""
    if not any(some):
        return _nothing(names)
    return tuple([getattr(one, name, None) for one in some] for name in names)


def _nothing(names: Sequence[str]) -> Wide:
    return (None,) * len(names)


def recorded(entry: Entry, fact: Fact) -> tuple[Operation, ...]:
    row = {name: values[0] for name, values in zip(TRAIL.columns, told((entry,), (type(fact),)), strict=True) if values}
    return (Open("trail", (entry.version,), row),)


_AMENDING = frozenset((EntryCorrected, EntryStruckOut))
_STREAMS = {kind: kind.stream for kind in REGISTRY.facts.values()}
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
    """Every entry as recorded, with the positions of the standing strike-out and correction that bear on it.

    And with when it rightly happened, where that correction says so.
    """
    marks = _Marks()
    for entry in reversed(entries):
        marks.take(entry)
    for entry in entries:
        by = [marks.struck.get(entry.version), marks.corrected.get(entry.version)]
        changes = {name: mark.position for name, mark in zip(("struck_by", "corrected_by"), by, strict=True) if mark}
        rightly = {"rightly_at": _rightly_at(entry, marks)} if entry.version in marks.corrected else {}
        operations = (*recorded(entry, entry.fact), Amend("trail", (entry.version,), changes | rightly))
        yield Stand(entry, operations, (entry.position, *changes.values()))


def _rightly_at(entry: Entry, marks: _Marks) -> dt.datetime | None:
    """When it happened by the correction that stands; None where that says nothing else."""
    correction = marks.corrected[entry.version].fact
    assert isinstance(correction, EntryCorrected)  # noqa: S101 -- marks put it there; tells the type checker
    moment = correction.content.happened_at()
    return moment if moment != entry.occurred_at else None


PROJECTION = Projection.beside(__name__, (TRAIL,), dict.fromkeys(REGISTRY.facts.values(), recorded), marked, each=told)
