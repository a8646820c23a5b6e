"""Tells made-up stories through the public commands: what a story is made of, and how stories get into a book.

A `Tale` is a list of orders that follows from its seed and name alone; ids too, so that what was told once is not told
twice. Tales are told side by side, each in its own order. Never here: what happens in any of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from domain.amend.correct_entry import CorrectEntry
from domain.amend.explain_deviation import ExplainDeviation
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.calendar import HELSINKI
from domain.client.commands.register_client import RegisterClient
from domain.command import Command
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.fact import StreamKind
from domain.ledger.book import Book, Order
from domain.ledger.identity import id_from_name
from domain.stream import Provenance
from scripts.demonstration.people import birthday, identity_code

SEED = "jaksokirja: demonstration registers"
REFERENCE = dt.datetime(2026, 1, 15, 12, 0, tzinfo=HELSINKI)
"""What the book's clock says while the stories are told: they happen in the year before, 2025."""
SYSTEM = "demonstration"
TALES_AT_A_TIME = 8
DAY = dt.timedelta(days=1)
_IDS = frozenset(
    {
        *("decision_id", "commitment_id", "agreement_id", "plan_id", "assignment_id", "meeting_id", "report_id"),
        *("summary_id", "feedback_id", "practice_id", "change_id", "consent_id", "session_id", "gathering_id"),
    }
)
"""Ids that a story need not care about: made for it where it names none."""
_WORKERS = frozenset({"worker_id", "decision_maker", "proposer_id", "assessor_id", "owner_id"})
_NOT_THE_DAY = frozenset({"born_on", "due_on", "starts_at", "ends_at", "takes_place_on", "expected_on"})
"""Days and moments that do not say when something happened."""

Progress = Callable[[int, int], None]
Population = Callable[[str, str, dt.date, dt.date], tuple[int, tuple[UUID, ...]]]
"""The position that an audit draws from, and the service's episodes of the area and period, as known there."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a story may ask at the moment when it is told: the book, and the population of an audit."""

    book: Book
    population: Population


Draft = Callable[[Hearing], AnyCommand]
"""A command that hangs on what the ledger made of an earlier one."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One order of a tale. `entered_at` is told with it where a person's own stream says when it was written down."""

    stream_id: UUID
    command: AnyCommand | Draft
    command_id: UUID
    actor: str
    provenance: Provenance | None


class Tale:
    """A story under way; `base` is the day on which it begins. The same register, name and seed tell the same."""

    def __init__(self, register: str, name: str, base: dt.date, worker: str, *, seed: str = SEED) -> None:
        self.register, self.name, self.base, self.worker = register, name, base, worker
        self.draw = Random(f"{seed}/{name}")
        self.tellings: list[Telling] = []
        self._moment = dt.datetime.combine(base, dt.time(), HELSINKI)
        self._made = 0

    def id(self, *parts: str) -> UUID:
        """The id of something in the story; the next one where it has no name."""
        self._made += not parts
        return id_from_name(self.register, SYSTEM, self.name, *(parts or (str(self._made),)), moment=self._moment)

    def day(self, number: int) -> dt.date:
        """The working day (of Monday to Friday) so many days after the beginning."""
        day = self.base + number * DAY
        return day + (8 - day.isoweekday()) * DAY if day.isoweekday() > 5 else day

    def at(self, number: int, hour: int = 10, minute: int = 0) -> dt.datetime:
        """That day's hour in Helsinki."""
        return dt.datetime.combine(self.day(number), dt.time(hour, minute), HELSINKI)

    def do(self, stream_id: UUID, kind: type[AnyCommand], /, **fields: Any) -> UUID:
        """Tell the command, written down `late` days (0 unless told) after it happened; answers the id of the order."""
        told = dict(fields)
        late = told.pop("late", 0)
        for name in kind.model_fields.keys() - told.keys():
            if kind.model_fields[name].is_required():
                if name in _IDS:
                    told[name] = self.id()
                elif name in _WORKERS:
                    told[name] = self.worker
                elif name == "worker_ids":
                    told[name] = (self.worker,)
        command = kind.model_validate(told)
        return self._add(stream_id, command, self._entered(command, late))

    def correct(self, stream_id: UUID, told: UUID, kind: StreamKind = StreamKind.EPISODE, **changes: Any) -> None:
        """Put right what that order recorded."""

        def draft(hearing: Hearing) -> AnyCommand:
            entry = _entry_of(hearing.book, stream_id, kind, told)
            mistake = MistakeKind.TYPING_ERROR
            reason = mistake if kind is StreamKind.ACTIVITY else "Kirjausvirhe."  # there no words may stand
            return CorrectEntry(entry=entry, mistake=mistake, changes=changes, reason=reason)

        self._add(stream_id, draft, None)

    def strike_out(self, stream_id: UUID, told: UUID, kind: StreamKind = StreamKind.EPISODE) -> None:
        """Strike out what that order recorded."""

        def draft(hearing: Hearing) -> AnyCommand:
            entry = _entry_of(hearing.book, stream_id, kind, told)
            mistake = MistakeKind.ENTERED_TWICE
            reason = mistake if kind is StreamKind.ACTIVITY else "Kirjattu kahteen kertaan."
            return StrikeOutEntry(entry=entry, mistake=mistake, reason=reason)

        self._add(stream_id, draft, None)

    def explain(self, stream_id: UUID, rule_id: str, on: dt.date, reason: str) -> None:
        """Give the reason for the deviation of that rule."""

        def draft(hearing: Hearing) -> AnyCommand:
            standing = hearing.book.state(stream_id, StreamKind.EPISODE).concluded.deviations
            key = next(key for key, one in standing.items() if one.rule_id == rule_id)
            return ExplainDeviation(deviation_key=key, explained_on=on, reason=reason)

        self._add(stream_id, draft, None)

    def tell(self, stream_id: UUID, draft: Draft) -> None:
        """Tell what will be known only then."""
        self._add(stream_id, draft, None)

    def client(self, age: int, area: str, *, name: str = "client", code: bool = True, **fields: Any) -> UUID:
        """A made-up client of that age; a child of the story's one family."""
        client_id, born_on = self.id(name), birthday(age, self.base, self.draw)
        who = {"identity_code": identity_code(born_on, self.draw)} if code else {"born_on": born_on}
        self.do(client_id, RegisterClient, **who, area=area, family_id=self.id("family"), **fields)
        return client_id

    def _add(self, stream_id: UUID, command: AnyCommand | Draft, entered_at: dt.datetime | None) -> UUID:
        number = str(len(self.tellings) + 1)
        row = Provenance(system=SYSTEM, file=self.name, row_id=number, entered_at=entered_at) if entered_at else None
        told = Telling(stream_id, command, self.id("command", number), self.worker, row)
        self.tellings.append(told)
        return told.command_id

    def _entered(self, command: AnyCommand, late: int) -> dt.datetime | None:
        """When it was written down, of an episode or contact: within hours, or so many days late."""
        if getattr(type(command), "stream", None) not in (StreamKind.EPISODE, StreamKind.CONTACT):
            return None
        moments = [
            value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time(14), HELSINKI)
            for name, value in command
            if isinstance(value, dt.date) and name.endswith(("_on", "_at")) and name not in _NOT_THE_DAY
        ]
        happened = max(moments, default=self._moment)
        return min(happened + dt.timedelta(days=late, minutes=self.draw.randint(10, 150)), REFERENCE)


def _entry_of(book: Book, stream_id: UUID, kind: StreamKind, told: UUID) -> int:
    entries = book.state(stream_id, kind).entries
    return next(entry.version for entry in entries if entry.correlation_id == told)


def tell_all(hearing: Hearing, tales: Sequence[Tale], progress: Progress | None = None) -> int:
    """Tell every tale, side by side; answers how many entries were recorded. What was told before is left alone."""
    orders, recorded, done = sum(len(tale.tellings) for tale in tales), 0, 0
    with ThreadPoolExecutor(TALES_AT_A_TIME) as threads:
        for tale, entries in zip(tales, threads.map(lambda tale: _tell(hearing, tale.tellings), tales), strict=True):
            recorded, done = recorded + entries, done + len(tale.tellings)
            if progress is not None:
                progress(done, orders)
    return recorded


def _tell(hearing: Hearing, tellings: Iterable[Telling]) -> int:
    recorded = 0
    for told in tellings:
        if hearing.book.ledger.read_command(told.command_id) is not None:
            continue
        command = told.command if isinstance(told.command, Command) else told.command(hearing)
        order = Order(
            stream_id=told.stream_id,
            command=command,
            command_id=told.command_id,
            actor=told.actor,
            provenance=told.provenance,
        )
        recorded += len(hearing.book.execute(order).entries)
    return recorded
