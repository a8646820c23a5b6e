"""Corrections and strike-outs of rows, told as steps: the row is read again with the new value, and compared.

So a new value is held against the same checks as the row itself was. Never here: the ledger; which entry number is
meant is found when the step is executed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from domain.calendar import start_of_day
from domain.commands import AnyCommand
from domain.fact import JsonObject
from scripts.legacy import files
from scripts.legacy.checking import CheckedExport, CheckedRow
from scripts.legacy.faults import Fault, FaultyRow, RefusedRow, RowKey
from scripts.legacy.naming import SYSTEM, Naming
from scripts.legacy.rows import AmendmentRow, read_row
from scripts.legacy.steps import AmendedEntry, Amendment, Step, Turn
from scripts.legacy.telling import Telling

CORRECTABLE: Mapping[str, frozenset[str]] = {
    files.CLIENTS: frozenset({"perhe_id", "kunta", "perhekeskusalue"}),
    files.CONTACTS: frozenset({"tapa", "vastattu_pvm", "vastattu_klo", "ohjaaja_id"}),
    files.EPISODES: frozenset({"alkoi_pvm", "paattyi_pvm", "paattymissyy"}),
    files.PLANS: frozenset({"pvm", "laatija_id", "teksti"}),
    files.MEETINGS: frozenset({"pvm", "alkoi", "paattyi", "tapa", "tila", "ohjaaja_id", "osallistujat", "teksti"}),
}
"""The columns whose correction is an entry's correction. Others hang together with other rows or with a decision."""
STRIKEABLE = frozenset({files.PLANS, files.MEETINGS})
"""The files of which a row is one entry, on which no other stands."""


class Amending:
    """Tells the amendments of one export, oldest first, so that a later one sees what an earlier one changed."""

    def __init__(self, export: CheckedExport, naming: Naming, telling: Telling, now: dt.datetime) -> None:
        self._export = export
        self._naming = naming
        self._telling = telling
        self._now = now
        self._standing: dict[RowKey, Mapping[str, str]] = {}

    def steps(self) -> Iterator[Step | RefusedRow]:
        """The steps of all amendments; those that cannot be told come out refused."""
        found = ((row, row.row) for row in self._export.of(files.AMENDMENTS))
        amendments = [(checked, row) for checked, row in found if isinstance(row, AmendmentRow)]
        for checked, row in sorted(amendments, key=lambda pair: (pair[1].amended_on, pair[0].line)):
            try:
                yield from self._amendment(checked, row)
            except FaultyRow as faulty:
                key = checked.key
                yield RefusedRow(key.file, checked.line, key.row_id, faulty.fault, faulty.message)

    def _amendment(self, checked: CheckedRow, row: AmendmentRow) -> Iterator[Step]:
        target = self._export.rows[RowKey(row.file, row.row_id)]
        if not row.strikes_out:
            yield from self._correction(checked, row, target)
        elif row.file in STRIKEABLE:
            for step in self._telling.steps(target):
                yield self._step(checked, row, step, None)
        else:
            raise FaultyRow(Fault.NOT_CORRECTABLE, f"A row of {row.file} cannot be struck out: others stand on it.")

    def _correction(self, checked: CheckedRow, row: AmendmentRow, target: CheckedRow) -> Iterator[Step]:
        if row.field not in CORRECTABLE.get(row.file, ()):
            known = ", ".join(sorted(CORRECTABLE.get(row.file, ()))) or "none"
            raise FaultyRow(Fault.NOT_CORRECTABLE, f"Of {row.file} these columns can be corrected: {known}.")
        before = self._standing.get(target.key, target.values)
        after = {**before, row.field: row.new_value}
        old = list(self._telling.steps(target, read_row(row.file, before, self._now)))
        new = list(self._telling.steps(target, read_row(row.file, after, self._now)))
        if [(step.name, type(step.act)) for step in old] != [(step.name, type(step.act)) for step in new]:
            raise FaultyRow(Fault.NOT_CORRECTABLE, f"With the new {row.field} the row would tell of something else.")
        self._standing[target.key] = after
        changed = [(one, changes) for one, other in zip(old, new, strict=True) if (changes := _changes(one, other))]
        if not changed:
            raise FaultyRow(Fault.CHANGES_NOTHING, f"{row.field} says so already.")
        for one, changes in changed:
            yield self._step(checked, row, one, changes)

    def _step(self, checked: CheckedRow, row: AmendmentRow, step: Step, changes: JsonObject | None) -> Step:
        target = AmendedEntry(step.stream_kind, self._naming.command(step.row.key, step.name))
        amended_at = start_of_day(row.amended_on)
        return Step(
            row=checked,
            name=f"amend-{step.name}",
            stream_id=step.stream_id,
            act=Amendment(target, row.mistake, row.reason, changes),
            happened_at=max(amended_at, step.happened_at),
            turn=Turn.AMENDMENT,
            entered_at=amended_at,
            actor=f"{SYSTEM}:{row.worker_id}",
        )


def amended_file(step: Step) -> str:
    """The file of the row that an amendment's step amends."""
    row = step.row.row
    return row.file if isinstance(row, AmendmentRow) else step.row.key.file


def _changes(before: Step, after: Step) -> JsonObject:
    """The fields of the command that differ: they bear the names of the fact's."""
    old, new = _fields(before.act), _fields(after.act)
    return {name: value for name, value in new.items() if old[name] != value}


def _fields(act: AnyCommand | Amendment) -> JsonObject:
    assert not isinstance(act, Amendment)  # noqa: S101 -- rows that are no amendments are told by commands
    return act.model_dump(mode="json")
