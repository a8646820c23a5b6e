"""Keeps account of an import: what became of every row, whichever thread told it. Nothing is lost silently.

Never here: the ledger itself.
"""

from __future__ import annotations

from threading import Lock

from domain.ledger.book import Outcome
from scripts.legacy.checking import CheckedExport
from scripts.legacy.faults import Fault, RefusedRow, RowKey
from scripts.legacy.files import COLUMNS
from scripts.legacy.report import FileTally, Report
from scripts.legacy.steps import Step


class Account:
    """What became of the rows of one export. Safe to share between threads."""

    def __init__(self, register: str, export: CheckedExport) -> None:
        self._export = export
        self._lock = Lock()
        self._new: dict[RowKey, bool] = {}  # whether anything of the row was recorded by this import
        self._refused: dict[RowKey, RefusedRow] = {}
        self._baseless: set[RowKey] = set()
        tallies = {file: FileTally(rows_read=count) for file, count in export.rows_read.items()}
        self.report = Report(register, tallies, list(export.refused))

    def refuse(self, refused: RefusedRow) -> None:
        """The row is not recorded."""
        with self._lock:
            self._refused[RowKey(refused.file, refused.row_id)] = refused

    def may_be_told(self, step: Step) -> bool:
        """Whether the row has not been refused, nor any that it hangs on; else it is refused now."""
        key = step.row.key
        with self._lock:
            if key in self._refused:
                return False
            lost = next((other for other in step.row.hangs_on if other in self._baseless), None)
            if lost is None:
                return True
            message = f"It hangs on row {lost}, which was refused."
            self._refuse_step(step, Fault.HANGS_ON_REFUSED_ROW, message)
            return False

    def refused_by_ledger(self, step: Step, fault: Fault, message: str) -> None:
        """The ledger refused a step of the row: its other steps are not told."""
        with self._lock:
            self._refuse_step(step, fault, message)

    def _refuse_step(self, step: Step, fault: Fault, message: str) -> None:
        key = step.row.key
        self._refused[key] = RefusedRow(key.file, step.row.line, key.row_id, fault, message)
        if step.founds and fault is not Fault.RECORDED_OTHERWISE:  # then the ledger has it, as an earlier export said
            self._baseless.add(key)

    def told(self, step: Step, outcome: Outcome) -> None:
        """The ledger has what the step tells."""
        key = step.row.key
        with self._lock:
            new = not outcome.replayed and bool(outcome.entries)
            self._new[key] = self._new.get(key, False) or new
            if new:
                self._count(self.report.by_file[key.file], outcome)

    def _count(self, tally: FileTally, outcome: Outcome) -> None:
        concluded = sum(entry.fact.consequence for entry in outcome.entries)
        tally.conclusions_recorded += concluded
        tally.facts_recorded += len(outcome.entries) - concluded
        for fact in outcome.deviations:
            self.report.deviations[fact.service, fact.rule_id] += 1

    def settled(self) -> Report:
        """The report, when all is told: the rows of each file add up."""
        report = self.report
        report.refused += self._refused.values()
        files = list(COLUMNS)
        report.refused.sort(key=lambda row: (files.index(row.file), row.line))
        for row in report.refused:
            report.by_file[row.file].rows_refused += 1
        for key in self._export.rows:
            if key not in self._refused:
                tally = report.by_file[key.file]
                tally.rows_recorded += self._new[key]
                tally.rows_recorded_earlier += not self._new[key]
        return report
