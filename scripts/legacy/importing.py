"""Executes an export's steps through the book, as history, and keeps account of every row.

Whole streams are recorded many in one transaction. Those that something is in the way of are told side by side, each
one step after another, so that a refusal is of one step alone.
Never here: what a row means.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.calendar import day_in_helsinki
from domain.commands import AnyCommand
from domain.entry import Provenance
from domain.ledger.book import Book, Order
from domain.ledger.history import execute_streams
from domain.refusal import BadIdentityCode, EndedBeforeItBegan, InTheFuture, KeyReused, Refusal, WorkerNotOfRegister
from domain.register.facts import RegisterOpened
from domain.register.state import RegisterState
from domain.subjects import UNASSIGNED, Subject
from scripts.legacy import files
from scripts.legacy.account import Account
from scripts.legacy.amending import Amending, amended_file
from scripts.legacy.checking import CheckedExport, check_export
from scripts.legacy.faults import Fault, RefusedRow
from scripts.legacy.files import read_export
from scripts.legacy.naming import SYSTEM, Naming
from scripts.legacy.opening import open_for_history
from scripts.legacy.report import Report
from scripts.legacy.rows import ClientRow, ContactRow, WorkerRow
from scripts.legacy.steps import Amendment, Step
from scripts.legacy.telling import Telling

STEPS_TOGETHER = 1_000
"""About so many steps go into one transaction; a longer stream goes whole.

Of the batch being stored and of the next one the orders, entries and sealed records are held; while a batch is decided,
one state besides of each stream that it tells or sees.
"""
STREAMS_AT_A_TIME = 8
"""Of those that are told one step after another."""
PHASES = (
    (files.WORKERS,),
    (files.CLIENTS,),
    (files.CONTACTS,),
    (files.EPISODES, files.PLANS, files.MEETINGS),
)
"""What must be there before the next is told."""
_FAULTS: tuple[tuple[type[Refusal], Fault], ...] = (
    (KeyReused, Fault.RECORDED_OTHERWISE),
    (BadIdentityCode, Fault.BAD_IDENTITY_CODE),
    (EndedBeforeItBegan, Fault.ENDED_BEFORE_IT_BEGAN),
    (InTheFuture, Fault.IN_THE_FUTURE),
    (WorkerNotOfRegister, Fault.UNKNOWN_WORKER),
)
"""What the ledger's refusals are called in the report."""

Progress = Callable[[int, int], None]
"""Told how many steps of how many have been taken."""


def import_export(folder: Path, book: Book, progress: Progress | None = None) -> Report:
    """Read the folder and record what it tells. Raises BadExport before anything is recorded; LedgerUnavailable."""
    raw = read_export(folder)
    now = book.clock()
    export = check_export(raw, now, book.register_state().workers)
    return _Import(book, export, now, progress or _nobody).run()


class _Import:
    def __init__(self, book: Book, export: CheckedExport, now: dt.datetime, progress: Progress) -> None:
        self._book = book
        self._export = export
        self._naming = Naming(book.register_name)
        self._progress = progress
        self._now = now
        self._first_day = _first_day(book.register_state(), export, now)
        self._account = Account(book.register_name, export)

    def run(self) -> Report:
        """The phases follow upon each other: workers, clients, contacts, episodes with all that is in them."""
        rows = (checked.row for checked in self._export.rows.values())
        areas = {row.area for row in rows if isinstance(row, ClientRow | WorkerRow)}
        self._account.report.opening_facts = open_for_history(self._book, areas, self._first_day)
        phases = self._phases()
        self._book.provide_keys(self._clients())
        self._steps = sum(len(steps) for phase in phases for steps in phase)
        self._told = 0
        with ThreadPoolExecutor(STREAMS_AT_A_TIME) as threads:
            for phase in phases:
                for alone in self._tell_together(phase):
                    for told in threads.map(self._tell_stream, alone):
                        self._count(told)
        return self._account.settled()

    def _count(self, told: int) -> None:
        self._told += told
        self._progress(self._told, self._steps)

    def _tell_together(self, phase: Sequence[Sequence[Step]]) -> Iterator[list[Sequence[Step]]]:
        """Record the streams of a phase in batches; after each, those that are still to be told step by step."""
        under_way: deque[Sequence[Sequence[Step]]] = deque()

        def orders() -> Iterator[list[list[Order]]]:
            for streams in _batches(phase):
                under_way.append(streams)
                yield [[self._order(step) for step in steps] if self._may_go(steps) else [] for steps in streams]

        for told in execute_streams(self._book, orders()):
            alone: list[Sequence[Step]] = []
            for steps, outcomes in zip(under_way.popleft(), told, strict=True):
                if outcomes is None:
                    alone.append(steps)
                    continue
                for step, outcome in zip(steps, outcomes, strict=True):
                    self._account.told(step, outcome)
                self._count(len(steps))
            yield alone

    def _may_go(self, steps: Sequence[Step]) -> bool:
        """Whether the stream may go with others: an amendment names an entry that must be recorded before it."""
        return all(not isinstance(step.act, Amendment) and self._account.may_be_told(step) for step in steps)

    def _clients(self) -> Iterator[Subject]:
        """Whose keys will be needed: made at once, where one by one would be a round trip each."""
        for key in self._export.rows:
            if key.file == files.CLIENTS:
                yield Subject(self._naming.stream(key), UNASSIGNED)

    def _phases(self) -> list[list[list[Step]]]:
        """By phase and stream, the steps in the order in which they happened."""
        telling = Telling(self._export, self._naming, self._first_day)
        amendments: list[Step] = []
        for amended in Amending(self._export, self._naming, telling, self._now).steps():
            if isinstance(amended, RefusedRow):
                self._account.refuse(amended)
            else:
                amendments.append(amended)
        return [
            _by_stream(
                [
                    *(step for name in names for row in self._export.of(name) for step in telling.steps(row)),
                    *(step for step in amendments if amended_file(step) in names),
                ]
            )
            for names in PHASES
        ]

    def _tell_stream(self, steps: Sequence[Step]) -> int:
        for step in steps:
            if self._account.may_be_told(step):
                self._tell(step)
        return len(steps)

    def _tell(self, step: Step) -> None:
        try:
            outcome = self._book.execute(self._order(step))
        except Refusal as refusal:
            fault = next((fault for kind, fault in _FAULTS if isinstance(refusal, kind)), Fault.REFUSED_BY_THE_LEDGER)
            self._account.refused_by_ledger(step, fault, f"{refusal.message} ({refusal.code}, at {step.name})")
        else:
            self._account.told(step, outcome)

    def _order(self, step: Step) -> Order:
        key = step.row.key
        return Order(
            stream_id=step.stream_id,
            command=self._command(step),
            command_id=self._naming.command(key, step.name),
            actor=step.actor,
            provenance=Provenance(system=SYSTEM, file=key.file, row_id=key.row_id, entered_at=step.entered_at),
            historical=True,
        )

    def _command(self, step: Step) -> AnyCommand:
        """The command; an amendment's names the entry that the amended row's own command recorded."""
        act = step.act
        if not isinstance(act, Amendment):
            return act
        entries = self._book.state(step.stream_id, act.entry.stream).entries
        entry = next((entry.version for entry in entries if entry.correlation_id == act.entry.command_id), 0)
        if act.changes is None:
            return StrikeOutEntry(entry=entry, mistake=act.mistake, reason=act.reason)
        return CorrectEntry(entry=entry, mistake=act.mistake, reason=act.reason, changes=act.changes)


def _batches(phase: Sequence[Sequence[Step]]) -> Iterator[list[Sequence[Step]]]:
    """The streams, some STEPS_TOGETHER steps at a time; a stream is never divided."""
    batch: list[Sequence[Step]] = []
    for steps in phase:
        if batch and sum(map(len, batch)) + len(steps) > STEPS_TOGETHER:
            yield batch
            batch = []
        batch.append(steps)
    if batch:
        yield batch


def _by_stream(steps: Iterable[Step]) -> list[list[Step]]:
    streams: dict[UUID, list[Step]] = defaultdict(list)
    for step in steps:
        streams[step.stream_id].append(step)
    return [sorted(told, key=lambda step: step.order) for told in streams.values()]


def _first_day(register: RegisterState, export: CheckedExport, now: dt.datetime) -> dt.date:
    """The day from which the register and its workers are there: that of its opening, else of the oldest contact."""
    for entry in register.in_force:
        if isinstance(entry.fact, RegisterOpened):
            return entry.fact.opened_on
    contacts = (checked.row for checked in export.of(files.CONTACTS))
    days = [day_in_helsinki(row.received_at) for row in contacts if isinstance(row, ContactRow)]
    return min(days, default=day_in_helsinki(now))


def _nobody(_told: int, _steps: int) -> None:
    """Nobody watches."""
