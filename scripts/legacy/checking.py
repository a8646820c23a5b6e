"""Checks the rows of an export against each other: rows twice, rows that hang on others, meetings of refused services.

Never here: the ledger. What comes out can be told as commands; what does not is refused, each row with its fault.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from scripts.legacy import files
from scripts.legacy.faults import Fault, FaultyRow, RefusedRow, RowKey
from scripts.legacy.files import RawExport, RawRow
from scripts.legacy.rows import (
    AmendmentRow,
    ClientRow,
    ContactRow,
    EpisodeRow,
    MeetingRow,
    PlanRow,
    Row,
    WorkerRow,
    read_row,
)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row that can be told. `hangs_on`: the rows without which it cannot."""

    key: RowKey
    line: int
    row: Row
    values: Mapping[str, str] = field(repr=False)
    hangs_on: tuple[RowKey, ...] = ()


@dataclass(slots=True)
class CheckedExport:
    """The rows of an export, by key and in the order of their files, and those refused."""

    rows: dict[RowKey, CheckedRow] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    rows_read: dict[str, int] = field(default_factory=dict)

    def of(self, file: str) -> Iterator[CheckedRow]:
        """The file's rows that can be told."""
        return (row for key, row in self.rows.items() if key.file == file)


def check_export(raw: RawExport, now: dt.datetime, enrolled: Collection[str] = ()) -> CheckedExport:
    """Every row ends among `rows` or `refused`. `enrolled`: workers whom the register knows already."""
    checking = _Checking(now, enrolled)
    for file in files.COLUMNS:
        checking.export.rows_read[file] = len(raw[file])
        for row in raw[file]:
            checking.take(row)
    return checking.export


class _Checking:
    def __init__(self, now: dt.datetime, enrolled: Collection[str]) -> None:
        self.export = CheckedExport()
        self.now = now
        self.enrolled = enrolled
        self.seen: dict[RowKey, RawRow] = {}

    def take(self, raw: RawRow) -> None:
        try:
            self.export.rows[raw.key] = self._checked(raw)
        except FaultyRow as faulty:
            key = raw.key
            self.export.refused.append(RefusedRow(key.file, raw.line, key.row_id, faulty.fault, faulty.message))

    def _checked(self, raw: RawRow) -> CheckedRow:
        first = self.seen.setdefault(raw.key, raw)
        if first is not raw:
            raise _there_already(first, raw)
        if raw.fault is not None:
            raise raw.fault
        row = read_row(raw.key.file, raw.values, self.now)
        hangs_on = tuple(self._found(key, fault) for key, fault in references(row))
        self._check_fits(row)
        return CheckedRow(raw.key, raw.line, row, raw.values, hangs_on)

    def _found(self, key: RowKey, fault: Fault) -> RowKey:
        if key in self.export.rows or (fault is Fault.UNKNOWN_WORKER and key.row_id in self.enrolled):
            return key
        if key in self.seen:
            raise FaultyRow(Fault.HANGS_ON_REFUSED_ROW, f"It hangs on row {key}, which was refused.")
        raise FaultyRow(fault, f"It names row {key}, which the export does not have.")

    def _check_fits(self, row: Row) -> None:
        """What a row says must fit the rows that it names, which are there by now."""
        match row:
            case EpisodeRow():
                contact = self.export.rows[RowKey(files.CONTACTS, row.contact)].row
                if isinstance(contact, ContactRow) and contact.client != row.client:
                    raise FaultyRow(Fault.OTHER_CLIENTS_CONTACT, "asiakas_id and the contact's client differ.")
            case PlanRow() | MeetingRow():
                episode = self.export.rows[RowKey(files.EPISODES, row.episode)].row
                if isinstance(episode, EpisodeRow) and not episode.granted:
                    raise FaultyRow(Fault.SERVICE_NOT_GRANTED, f"The service of {row.episode} was refused (KIELTO).")
            case _:
                pass


def references(row: Row) -> Iterator[tuple[RowKey, Fault]]:
    """The rows that a row names, and the fault when one is not there."""
    match row:
        case WorkerRow() | ClientRow():
            return
        case ContactRow():
            yield RowKey(files.CLIENTS, row.client), Fault.UNKNOWN_CLIENT
            if row.worker_id is not None:
                yield _worker(row.worker_id)
        case EpisodeRow():
            yield RowKey(files.CLIENTS, row.client), Fault.UNKNOWN_CLIENT
            yield RowKey(files.CONTACTS, row.contact), Fault.UNKNOWN_CONTACT
            yield _worker(row.decision_maker)
        case PlanRow() | MeetingRow():
            yield RowKey(files.EPISODES, row.episode), Fault.UNKNOWN_EPISODE
            yield _worker(row.worker_id)
        case AmendmentRow():
            yield RowKey(row.file, row.row_id), Fault.UNKNOWN_ROW
            yield _worker(row.worker_id)


def _worker(worker_id: str) -> tuple[RowKey, Fault]:
    return RowKey(files.WORKERS, worker_id), Fault.UNKNOWN_WORKER


def _there_already(first: RawRow, again: RawRow) -> FaultyRow:
    if first.values == again.values and again.fault is None:
        return FaultyRow(Fault.EXPORTED_TWICE, f"The same row stands on line {first.line} already.")
    return FaultyRow(Fault.SAME_ID_OTHER_CONTENT, f"A row of this id, with other content, stands on line {first.line}.")
