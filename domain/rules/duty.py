"""Duties: what must happen by a date, because of an entry that started the clock.

Whether a duty is late is never said here: it depends on when somebody looks. Nothing is due that no entry
explains, so of a recurring duty only the next is ever open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.calendar import add_months, add_working_days, day_in_helsinki
from domain.rules.base import Due, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors, clients_of
from domain.rules.condition import check_field, value_of
from domain.rules.period import Every, periods
from domain.rules.precondition import agree


class ByNth(BaseModel):
    """Due on the day of the `n`th of the entries in the world, or of the plans (`planned`) that would be it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Selectors
    n: int = Field(ge=1)
    planned: Selectors = ()

    def day(self, case: Case) -> dt.date | None:
        """The day, or None while there is no such entry or plan."""
        days = sorted(hit.day for hit in (*case.select(self.of), *case.still_planned(self.planned)))
        return days[self.n - 1] if len(days) >= self.n else None


class Duty(RuleBase):
    """Opened by each entry of `opens_on` (or `first_only`), met by the first of `met_by` on or after its day.

    `met_before_counts`: also by an earlier one. `same`: alike in these fields. `clients`: one duty for each
    client whom these entries name. `recurring`: what met it opens the next. `until`: what is not due before such
    an entry's day is due no more, unless `resumed_by` followed. `due_field`: due on the day that the opening entry
    tells there.

    `every`: one duty for each calendar period that has begun by the latest entry, and the next once the last is met;
    met by the `times`th entry of the period, of a year only of these `months` (first and last); due on its last day,
    or with `on_day_of_next_month` on that day of the month after it. Entries belong to the period in which they
    happened, or that `at` of their selector tells (a report to the month that it covers).
    """

    kind: Literal["duty"]
    opens_on: Selectors
    met_by: Selectors
    first_only: bool = False
    met_before_counts: bool = False
    same: tuple[str, ...] = ()
    clients: Selectors = ()
    recurring: bool = False
    until: Selectors = ()
    resumed_by: Selectors = ()
    same_day: bool | None = None
    within_days: int | None = Field(default=None, ge=1)
    within_working_days: int | None = Field(default=None, ge=1)
    within_months: int | None = Field(default=None, ge=1)
    on_day_of_next_month: int | None = Field(default=None, ge=1, le=28)
    by_nth: ByNth | None = None
    due_field: str | None = None
    every: Every | None = None
    times: int = Field(default=1, ge=1)
    months: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _one_due_date(self) -> Self:
        said = (self.same_day, self.within_days, self.within_working_days, self.within_months)
        if sum(bool(due) for due in (*said, self.every or self.on_day_of_next_month, self.by_nth, self.due_field)) != 1:
            raise ValueError(
                "a duty is due in exactly one way: same_day, within_days, within_working_days, within_months, "
                "on_day_of_next_month, by_nth, due_field or every"
            )
        if not self.met_by or not self.opens_on:
            raise ValueError("nothing can open or meet this duty: name facts in opens_on and met_by")
        for field in self.same:
            for selector in (*self.opens_on, *self.met_by):
                check_field(selector.fact, field)
        for selector in self.opens_on if self.due_field else ():
            check_field(selector.fact, self.due_field or "")
        return self

    @model_validator(mode="after")
    def _periods_of_the_calendar(self) -> Self:
        if self.every is None and (self.times != 1 or self.months):
            raise ValueError("times and months are told of a calendar period: say every")
        if self.every is not None and (self.recurring or self.met_before_counts):
            raise ValueError("a duty of every calendar period neither recurs nor is met before")
        if self.months and (self.every != "year" or not 1 <= self.months[0] <= self.months[1] <= 12):
            raise ValueError("months are the first and the last month of a year, 1 to 12, of a duty of every year")
        return self

    def find(self, case: Case) -> Iterator[Finding]:
        """The duties that there should be, met or not."""
        openings, meeting = case.in_world(self.opens_on), case.in_world(self.met_by)
        if self.first_only:
            openings = openings[:1]
        named = dict.fromkeys(client for hit in case.select(self.clients) for client in clients_of(hit.fact))
        clients: Sequence[UUID | None] = [*named] if self.clients else [None]
        for client in clients:
            own = [hit for hit in meeting if client is None or client in clients_of(hit.fact)]
            for opening in openings:
                yield from self._due_because_of(case, opening, own, client)

    def _due_because_of(self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None) -> Iterator[Finding]:
        if self.every is None:
            yield from self._chain(case, opening, meeting, client)
        else:
            yield from self._calendar(case, opening, meeting, client, self.every)

    def _calendar(
        self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None, every: Every
    ) -> Iterator[Finding]:
        """A duty for each calendar period from the opening's on."""
        horizon, last_met = case.horizon() or opening.day, True
        for period in periods(every, opening.day):
            part = period.narrowed(self.months)
            if period.first > horizon and not last_met:
                return
            if part.last < opening.day:
                continue
            within = [hit for hit in meeting if part.has(hit.day) and agree(opening, hit, self.same)]
            met = within[self.times - 1] if len(within) >= self.times else None
            due_on = self._due_on(case, opening, period.last) if self.on_day_of_next_month else part.last
            if met is None and self._ended_before(case, due_on, part.first):
                return
            met_on = day_in_helsinki(met.entry.occurred_at) if met else None
            yield Due(opening.version, due_on, client, met.version if met else None, met_on, apart=period.name)
            last_met = met is not None
            if period.first > horizon:
                return

    def _chain(self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None) -> Iterator[Finding]:
        """The duty that the opening opens and, if it recurs, those that follow from it."""
        started: Hit | None = opening
        due_on: dt.date | None = None
        while started is not None:
            due_on = self._due_on(case, started, due_on)
            met = self._met(started, meeting)
            if met is None and self._ended_before(case, due_on):
                return
            yield Due(
                started.version,
                due_on,
                client,
                met_by=met.version if met else None,
                met_on=met.day if met else None,
            )
            started = met if self.recurring else None

    def _met(self, started: Hit, meeting: list[Hit]) -> Hit | None:
        for hit in meeting:
            in_time = hit.in_world > started.in_world if self.recurring else hit.day >= started.day
            if (
                hit.version != started.version
                and (in_time or self.met_before_counts)
                and agree(started, hit, self.same)
            ):
                return hit
        return None

    def _ended_before(self, case: Case, due_on: dt.date | None, begun_on: dt.date | None = None) -> bool:
        """Whether the end came before it was due; what is told of a period only begun stays due after the end."""
        ends, resumptions = case.in_world(self.until), case.select(self.resumed_by)
        if not ends or any(again.version > ends[-1].version for again in resumptions):
            return False
        if due_on is not None and self.on_day_of_next_month is not None:
            return ends[-1].day < (begun_on or add_months(due_on.replace(day=1), -1))
        return due_on is None or ends[-1].day <= due_on

    def _due_on(self, case: Case, started: Hit, last_due_on: dt.date | None) -> dt.date | None:
        """When it is due, from the entry that started it; of calendar months, each follows the one before."""
        day = started.day
        if self.due_field is not None:
            told = value_of(started.fact, self.due_field)
            if isinstance(told, dt.datetime):
                return day_in_helsinki(told)
            return told if isinstance(told, dt.date) else None
        if self.within_working_days is not None:
            return add_working_days(day, self.within_working_days)
        if self.within_days is not None:
            return day + dt.timedelta(days=self.within_days)
        if self.within_months is not None:
            return add_months(day, self.within_months)
        if self.on_day_of_next_month is not None:
            return add_months((last_due_on or day).replace(day=1), 1).replace(day=self.on_day_of_next_month)
        return self.by_nth.day(case) if self.by_nth else day
