"""Tells made-up stories through the public commands: what a story is made of, in which order it was written down.

A `Tale` is a list of orders that follows from its seed, its name and the day that story time ends on; ids too, so that
what was told once is not told twice. What would have been written down after that day has not happened yet and is left
out: a story that is longer than the time is one that still goes on. Never here: what happens in any of them, and how
they get into a book (`hearing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from domain.amend.correct_entry import CorrectEntry
from domain.amend.explain_deviation import ExplainDeviation
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.amend.waive_duty import WaiveDuty
from domain.calendar import HELSINKI, is_working_day
from domain.client.commands.register_client import RegisterClient
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.entry import Provenance
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import id_from_name
from scripts.demonstration.people import birthday, identity_code

SEED = "jaksokirja: demonstration registers"
SYSTEM = "demonstration"
DAY = dt.timedelta(days=1)
OFFICE_OPENS, OFFICE_CLOSES = dt.time(8), dt.time(15, 30)
_IDS = frozenset(
    {
        *("decision_id", "commitment_id", "agreement_id", "plan_id", "assignment_id", "meeting_id", "report_id"),
        *("summary_id", "feedback_id", "practice_id", "change_id", "consent_id", "session_id", "gathering_id"),
    }
)
"""Ids that a story need not care about: made for it where it names none."""
_WORKERS = frozenset({"worker_id", "decision_maker", "proposer_id", "assessor_id", "owner_id"})
_NOT_THE_DAY = frozenset(
    {
        *("born_on", "due_on", "starts_at", "ends_at", "takes_place_on", "expected_on", "dated_on"),
        *("planned_starts_at", "planned_ends_at"),
    }
)
"""Days and moments that do not say when something happened."""
_KEEPS_TIME = (StreamKind.EPISODE, StreamKind.ACTIVITY, StreamKind.NETWORK, StreamKind.QUALITY)
_NO_WORDS = (StreamKind.ACTIVITY, StreamKind.NETWORK, StreamKind.CONFERENCE)
"""The streams in which the reason of a correction is a code in the demonstration, whether words may stand or not."""

Population = Callable[[str, str, dt.date, dt.date], tuple[int, tuple[UUID, ...]]]
"""The position that an audit draws from, and the service's episodes of the area and period, as known there."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a story may ask at the moment when it is told: the book, and the population of an audit."""

    book: Book
    population: Population


Draft = Callable[[Hearing], AnyCommand | None]
"""A command that hangs on what the ledger made of an earlier one; None where there is nothing to say then."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One order of a tale. `told_at`: when it was written down, which a person's own stream is told as well."""

    stream_id: UUID
    kind: type[AnyCommand]
    command: AnyCommand | Draft
    command_id: UUID
    actor: str
    told_at: dt.datetime
    provenance: Provenance | None

    @property
    def counts_time(self) -> bool:
        """Whether it is of a stream in which the calendar may open something."""
        return getattr(self.kind, "stream", None) in _KEEPS_TIME


@dataclass(frozen=True, slots=True)
class Teller:
    """For which register, from which seed, up to which day stories are told."""

    register: str
    seed: str
    until: dt.date

    def tale(self, name: str, days_ago: int, worker: str) -> Tale:
        """A story that begins about so many days before the end."""
        begins = self.until - (days_ago - Random(f"{self.seed}/begins/{name}").randint(0, 6)) * DAY
        return Tale(self, name, begins, worker)


class Tale:
    """A story under way; `base` is the day on which it begins. The same teller and name tell the same."""

    def __init__(self, teller: Teller, name: str, base: dt.date, worker: str) -> None:
        self.register, self.name, self.worker = teller.register, name, worker
        self.base = _working_day(base)
        self.until = dt.datetime.combine(teller.until, dt.time(20), HELSINKI)
        self.draw = Random(f"{teller.seed}/{name}")
        self._told: dict[UUID, Telling] = {}
        self._moment = dt.datetime.combine(base, OFFICE_OPENS, HELSINKI)
        self._last = self._moment
        self._made = 0

    @property
    def tellings(self) -> list[Telling]:
        """Whatever was written down by the end of the time, in the order in which it was."""
        return sorted((one for one in self._told.values() if one.told_at <= self.until), key=lambda one: one.told_at)

    def id(self, *parts: str) -> UUID:
        """The id of something in the story; the next one where it has no name."""
        self._made += not parts
        return id_from_name(self.register, SYSTEM, self.name, *(parts or (str(self._made),)), moment=self._moment)

    def day(self, number: int) -> dt.date:
        """The working day so many days after the beginning, or the next one after it."""
        return _working_day(self.base + number * DAY)

    def at(self, number: int, hour: int = 10, minute: int = 0, *, weekends: bool = False) -> dt.datetime:
        """That day's hour in Helsinki; with `weekends` the very day, whatever day of the week it is."""
        day = self.base + number * DAY if weekends else self.day(number)
        return dt.datetime.combine(day, dt.time(hour, minute), HELSINKI)

    def do(self, stream_id: UUID, kind: type[AnyCommand], /, **fields: Any) -> UUID:
        """Tell the command; answers the id of the order.

        It is written down on the day it tells of, or `late` days after it; on the day `when` where it tells of none
        or of an older one; `closing`: when the day ends rather than in the morning.
        """
        told = dict(fields)
        late, when, closing = told.pop("late", 0), told.pop("when", None), told.pop("closing", False)
        for name in kind.model_fields.keys() - told.keys():
            if kind.model_fields[name].is_required():
                if name in _IDS:
                    told[name] = self.id()
                elif name in _WORKERS:
                    told[name] = self.worker
                elif name == "worker_ids":
                    told[name] = (self.worker,)
        command = kind.model_validate(told)
        hour = OFFICE_CLOSES if closing else OFFICE_OPENS
        happened = self._happened(command, hour) if when is None else dt.datetime.combine(when, hour, HELSINKI)
        own = kind.stream if hasattr(kind, "stream") else None
        return self._add(stream_id, kind, command, happened + late * DAY, own=own)

    def correct(
        self, stream_id: UUID, told: UUID, kind: StreamKind = StreamKind.EPISODE, after: int = 3, **changes: Any
    ) -> None:
        """Put right what that order recorded, some days after."""

        def draft(hearing: Hearing) -> AnyCommand:
            mistake = MistakeKind.TYPING_ERROR
            reason = mistake if kind in _NO_WORDS else "Kirjausvirhe."
            entry = _entry_of(hearing.book, stream_id, kind, told)
            return CorrectEntry(entry=entry, mistake=mistake, changes=changes, reason=reason)

        self._add(stream_id, CorrectEntry, draft, self._told[told].told_at + after * DAY)

    def strike_out(
        self, stream_id: UUID, told: UUID, kind: StreamKind = StreamKind.EPISODE, after: int = 1, *, wrong: bool = False
    ) -> None:
        """Strike out what that order recorded, some days after: entered twice, or `wrong`: on the wrong client."""

        def draft(hearing: Hearing) -> AnyCommand:
            mistake = MistakeKind.WRONG_CLIENT if wrong else MistakeKind.ENTERED_TWICE
            words = "Kirjattu väärälle asiakkaalle." if wrong else "Kirjattu kahteen kertaan."
            entry = _entry_of(hearing.book, stream_id, kind, told)
            return StrikeOutEntry(entry=entry, mistake=mistake, reason=mistake if kind in _NO_WORDS else words)

        self._add(stream_id, StrikeOutEntry, draft, self._told[told].told_at + after * DAY)

    def explain(self, stream_id: UUID, rule_id: str, on: dt.date, reason: str) -> None:
        """Give the reason for the deviation of that rule, where one stands by then."""

        def draft(hearing: Hearing) -> AnyCommand | None:
            standing = hearing.book.state(stream_id, StreamKind.EPISODE).concluded.deviations
            keys = [key for key, one in standing.items() if one.rule_id == rule_id]
            return ExplainDeviation(deviation_key=keys[0], explained_on=on, reason=reason) if keys else None

        self._add(stream_id, ExplainDeviation, draft, dt.datetime.combine(on, OFFICE_CLOSES, HELSINKI))

    def waive(self, stream_id: UUID, rule_id: str, on: dt.date, reason: str) -> None:
        """Decide that the duty of that rule which was opened last need not be met, where one is open by then."""

        def draft(hearing: Hearing) -> AnyCommand | None:
            duties = hearing.book.state(stream_id, StreamKind.EPISODE).concluded.duties
            keys = [key for key, one in duties.items() if one.rule_id == rule_id and one.met_by is None]
            return WaiveDuty(duty_key=keys[-1], waived_on=on, reason=reason) if keys else None

        self._add(stream_id, WaiveDuty, draft, dt.datetime.combine(on, OFFICE_CLOSES, HELSINKI))

    def tell(self, stream_id: UUID, kind: type[AnyCommand], draft: Draft, on: dt.date) -> None:
        """Tell what will be known only then."""
        self._add(stream_id, kind, draft, dt.datetime.combine(on, OFFICE_OPENS, HELSINKI))

    def client(self, age: int, area: str, *, name: str = "client", family: str = "family", **fields: Any) -> UUID:
        """A made-up client of that age when the story begins, of the story's family or another."""
        client_id, born_on = self.id(name), fields.pop("born_on", None) or birthday(age, self.base, self.draw)
        on, coded = fields.pop("on", self.base), fields.pop("code", True)
        who = {"identity_code": identity_code(born_on, self.draw)} if coded else {"born_on": born_on}
        self.do(client_id, RegisterClient, **who, area=area, family_id=self.id(family), when=on, **fields)
        return client_id

    def _add(
        self,
        stream_id: UUID,
        kind: type[AnyCommand],
        command: AnyCommand | Draft,
        told_at: dt.datetime,
        *,
        own: StreamKind | None = None,
    ) -> UUID:
        number = str(len(self._told) + 1)
        told_at += dt.timedelta(seconds=len(self._told))  # what is told of one day keeps its order
        self._last = told_at
        of_a_person = own in (StreamKind.EPISODE, StreamKind.CONTACT)
        row = Provenance(system=SYSTEM, file=self.name, row_id=number, entered_at=told_at) if of_a_person else None
        told = Telling(stream_id, kind, command, self.id("command", number), self.worker, told_at, row)
        self._told[told.command_id] = told
        return told.command_id

    def _happened(self, command: AnyCommand, hour: dt.time) -> dt.datetime:
        """When it could be written down at the earliest: within the hour; days without an hour in the morning."""
        moments = [
            value + dt.timedelta(minutes=self.draw.randint(5, 55))
            if isinstance(value, dt.datetime)
            else dt.datetime.combine(value, hour, HELSINKI)
            for name, value in command
            if isinstance(value, dt.date) and name.endswith(("_on", "_at")) and name not in _NOT_THE_DAY
        ]
        return max(moments, default=self._last)


def _working_day(day: dt.date) -> dt.date:
    """The day, or the first working day after it."""
    while not is_working_day(day):
        day += DAY
    return day


def _entry_of(book: Book, stream_id: UUID, kind: StreamKind, told: UUID) -> int:
    entries = book.state(stream_id, kind).entries
    return next(entry.version for entry in entries if entry.correlation_id == told)
