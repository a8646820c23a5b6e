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

from domain.calendar import add_months, add_working_days
from domain.rules.base import Due, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors, clients_of
from domain.rules.condition import check_field
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
    an entry's day is due no more, unless `resumed_by` followed.
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

    @model_validator(mode="after")
    def _one_due_date(self) -> Self:
        said = (self.same_day, self.within_days, self.within_working_days, self.within_months)
        if sum(bool(due) for due in (*said, self.on_day_of_next_month, self.by_nth)) != 1:
            raise ValueError(
                "a duty is due in exactly one way: same_day, within_days, within_working_days, within_months, "
                "on_day_of_next_month or by_nth"
            )
        if not self.met_by or not self.opens_on:
            raise ValueError("nothing can open or meet this duty: name facts in opens_on and met_by")
        for field in self.same:
            for selector in (*self.opens_on, *self.met_by):
                check_field(selector.fact, field)
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
                yield from self._chain(case, opening, own, client)

    def _chain(self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None) -> Iterator[Finding]:
        """The duty that the opening opens and, if it recurs, those that follow from it."""
        started: Hit | None = opening
        due_on: dt.date | None = None
        while started is not None:
            due_on = self._due_on(case, started.day, due_on)
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

    def _ended_before(self, case: Case, due_on: dt.date | None) -> bool:
        """Whether the end came before it was due; a monthly duty of a month only begun stays due after the end."""
        ends, resumptions = case.in_world(self.until), case.select(self.resumed_by)
        if not ends or any(again.version > ends[-1].version for again in resumptions):
            return False
        if due_on is not None and self.on_day_of_next_month is not None:
            return ends[-1].day < add_months(due_on.replace(day=1), -1)
        return due_on is None or ends[-1].day <= due_on

    def _due_on(self, case: Case, day: dt.date, last_due_on: dt.date | None) -> dt.date | None:
        """When it is due, from the day that started it; of calendar months, each follows the one before."""
        if self.within_working_days is not None:
            return add_working_days(day, self.within_working_days)
        if self.within_days is not None:
            return day + dt.timedelta(days=self.within_days)
        if self.within_months is not None:
            return add_months(day, self.within_months)
        if self.on_day_of_next_month is not None:
            return add_months(last_due_on or day.replace(day=1), 1).replace(day=self.on_day_of_next_month)
        return self.by_nth.day(case) if self.by_nth else day
