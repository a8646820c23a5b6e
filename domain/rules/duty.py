"""Duties: what must happen by a date, because of an entry that started the clock.

Whether a duty is late is never said here: it depends on when somebody looks. Nothing is due that no entry
explains: of a duty that recurs from what met it only the next is ever open, and a calendar period is due once the
stream tells that it has begun, by an entry of a day in it or after, or by the calendar's own (decision 7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import count, takewhile
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.calendar import add_months, add_working_days, day_in_helsinki, late_after
from domain.rules.base import MOST_OF_A_RULE, Due, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors, clients_of
from domain.rules.condition import check_field, value_of
from domain.rules.making_up import covering, share_out
from domain.rules.pause import Course, Pause
from domain.rules.period import Every, Period, periods
from domain.rules.precondition import agree
from domain.strict import Strict


class ByNth(Strict):
    """Due on the day of the `n`th of the entries in the world, or of the plans (`planned`) that would be it."""

    of: Selectors
    n: int = Field(ge=1, le=MOST_OF_A_RULE)
    planned: Selectors = ()

    def day(self, case: Case) -> dt.date | None:
        """The day, or None while there is no such entry or plan."""
        days = sorted(hit.day for hit in (*case.select(self.of), *case.still_planned(self.planned)))
        return days[self.n - 1] if len(days) >= self.n else None


class Duty(RuleBase):
    """Opened by each entry of `opens_on` (or `first_only`), met by the first of `met_by` on or after its day.

    `met_before_counts`: also by an earlier one, but by none before the last of `met_since` that preceded the opening:
    what belonged to work that was gone on with is not what this end asks for. `undone_by`: such an entry takes the
    opening before it back, and only what had been met by then stays. `same`: alike in these fields. `clients`: one duty
    for each client whom these entries name. `recurring`: what met it opens the next. `not_before`: its days or months
    are reckoned from the first of these, if that came later than the opening; until there is one, it has no day.

    `due_field`: due on the day that the opening entry tells there. `months_field`: every so many months, as the opening
    entry tells, reckoned from its own day with no drift, each once the months before it have begun, and on the day of
    the month that it tells in `day_field`, if it does; what meets them meets them one after the other, and a later
    opening takes over what was not due before it.

    `until`: what was not late by such an entry's day is due no more, unless `resumed_by` followed. Of what would have
    been due between the two, a time of days or months starts anew with the resumption, or with `keeps_its_day` is due
    no more; of calendar periods and of every so many months, those that lie between, or end between, are not due.

    A client's clock starts at the earliest when `clients` names the client; an end that names clients is theirs only.

    `every`: one duty for each calendar period that has begun; met by the `times`th entry of the period, of a year only
    of these `months` (first and last); due on its last day, or with `on_day_of_next_month` on that day of the month
    after it. Entries belong to the period in which they happened, or that `at` of their selector tells (a report to the
    month that it covers). `made_up_within_months`: an entry that tells of no period stands for the oldest one that is
    still open, and not waived, and ended at most so many months before; else for its own.

    `covers`: the fields of what meets it that tell from when to when it reaches. Then a period is met by what covers
    its days; one entry stands for one whole period, but may cover a part of a period beside it (the first, the last).
    `day_told_by`: the day of the month is that which the last of these entries tells in `day_field`, if it does.
    """

    kind: Literal["duty"]
    opens_on: Selectors
    met_by: Selectors
    first_only: bool = False
    met_before_counts: bool = False
    met_since: Selectors = ()
    undone_by: Selectors = ()
    same: tuple[str, ...] = ()
    not_before: Selectors = ()
    clients: Selectors = ()
    recurring: bool = False
    until: Selectors = ()
    resumed_by: Selectors = ()
    keeps_its_day: bool = False
    same_day: bool | None = None
    within_days: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    within_working_days: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    within_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    on_day_of_next_month: int | None = Field(default=None, ge=1, le=28)
    by_nth: ByNth | None = None
    due_field: str | None = None
    months_field: str | None = None
    covers: tuple[str, str] | None = None
    day_told_by: Selectors = ()
    day_field: str | None = None
    every: Every | None = None
    times: int = Field(default=1, ge=1, le=MOST_OF_A_RULE)
    months: tuple[int, int] | None = None
    made_up_within_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)

    @model_validator(mode="after")
    def _one_due_date(self) -> Self:
        said = (self.same_day, self.within_days, self.within_working_days, self.within_months, self.months_field)
        if sum(bool(due) for due in (*said, self.every or self.on_day_of_next_month, self.by_nth, self.due_field)) != 1:
            raise ValueError(
                "a duty is due in exactly one way: same_day, within_days, within_working_days, within_months, "
                "on_day_of_next_month, by_nth, due_field, months_field or every"
            )
        if not self.met_by or not self.opens_on:
            raise ValueError("nothing can open or meet this duty: name facts in opens_on and met_by")
        if self.met_since and not self.met_before_counts:
            raise ValueError("met_since bounds what came before the duty opened: say met_before_counts")
        if self.not_before and not (self.within_days or self.within_working_days or self.within_months):
            raise ValueError(
                "not_before is told of days or months: say within_days, within_working_days or within_months"
            )
        if self.keeps_its_day and not self.resumed_by:
            raise ValueError("keeps_its_day is told of what was ended and resumed: say until and resumed_by")
        for field in self.same:
            for selector in (*self.opens_on, *self.met_by):
                check_field(selector.fact, field)
        for field in filter(None, (self.due_field, self.months_field)):
            for selector in self.opens_on:
                check_field(selector.fact, field)
        return self

    @model_validator(mode="after")
    def _periods_of_the_calendar(self) -> Self:
        if self.every is None and (self.times != 1 or self.months or self.made_up_within_months):
            raise ValueError("times, months and made_up_within_months are told of a calendar period: say every")
        if self.covers and self.made_up_within_months:
            raise ValueError("what covers a period names it: leave out made_up_within_months")
        if self.every is not None and (self.recurring or self.met_before_counts):
            raise ValueError("a duty of every calendar period neither recurs nor is met before")
        if (self.covers or self.day_told_by) and (self.every is None or self.on_day_of_next_month is None):
            raise ValueError("covers and day_told_by are told of every period, due on_day_of_next_month")
        for selector in self.met_by if self.covers else ():
            for field in self.covers or ():
                check_field(selector.fact, field)
        telling = self.day_told_by or (self.opens_on if self.months_field else ())
        if bool(self.day_field) != bool(self.day_told_by) and not (self.day_field and self.months_field):
            raise ValueError("day_field is what day_told_by, or with months_field the opening, tells the day in")
        for selector in telling if self.day_field else ():
            check_field(selector.fact, str(self.day_field))
        if self.months and (self.every != "year" or not 1 <= self.months[0] <= self.months[1] <= 12):
            raise ValueError("months are the first and the last month of a year, 1 to 12, of a duty of every year")
        return self

    def goes_by_the_calendar(self) -> bool:
        """Each period opens a duty of its own, whether or not anything is recorded in it."""
        return self.every is not None or self.months_field is not None

    def find(self, case: Case) -> Iterator[Finding]:
        """The duties that there should be, met or not."""
        openings, meeting = case.in_world(self.opens_on), case.in_world(self.met_by)
        if self.first_only:
            openings = openings[:1]
        named: dict[UUID, dt.date] = {}
        for hit in case.in_world(self.clients):
            for client in clients_of(hit.fact):
                named.setdefault(client, hit.day)
        clients: Sequence[UUID | None] = [*named] if self.clients else [None]
        for client_id in clients:
            own = [hit for hit in meeting if client_id is None or client_id in clients_of(hit.fact)]
            course = self._course(case, client_id)
            for number, opening in enumerate(openings, start=1):
                if self.every is not None:
                    since = max(opening.day, named[client_id]) if client_id else opening.day
                    found = self._calendar(case, opening, own, client_id, course, since=since)
                elif self.months_field is not None:
                    after = openings[number] if number < len(openings) else None
                    found = self._cadence(case, opening, own, after, course)
                else:
                    found = self._chain(case, opening, own, client_id, course)
                yield from self._standing(case, opening, found)

    def _standing(self, case: Case, opening: Hit, found: Iterator[Due]) -> Iterator[Finding]:
        """What stands of what an opening opened: all, or when it was undone what had been met by then."""
        undone = next((hit.in_world for hit in case.select(self.undone_by) if hit.version > opening.version), None)
        for due in found:
            if undone is None or (due.met_on and due.met_by and (due.met_on, due.met_by) < undone):
                yield due

    def _calendar(
        self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None, course: Course, *, since: dt.date
    ) -> Iterator[Due]:
        """A duty for each calendar period that has begun, from that of `since` on, with a day on which it went on."""
        begun = [part for part in self._begun(case, since) if course.went_on(max(since, part.first), part.last)]
        acts = [hit for hit in meeting if agree(opening, hit, self.same)]
        prefix = "/".join(filter(None, (self.id, str(opening.version), str(client or "")))) + "/"
        waived = {key.removeprefix(prefix) for key in case.waived() if key.startswith(prefix)}
        shares = share_out(acts, begun, times=self.times, within_months=self.made_up_within_months, waived=waived)
        for part in begun:
            days = (course.first_from(max(since, part.first)), course.last_until(part.last))
            within = shares[part.name] if self.covers is None else covering(acts, self.covers, part, days)
            met = within[self.times - 1] if len(within) >= self.times else None
            if met is None and self.on_day_of_next_month is None and course.stopped(part.last, part.last):
                continue
            opened_on = course.first_from(part.first)
            yield Due(
                opening.version,
                self._due_on(case, opening, part.last) if self.on_day_of_next_month else part.last,
                client,
                met.version if met else None,
                day_in_helsinki(met.entry.occurred_at) if met else None,
                apart=part.name,
                opened_on=opened_on if opened_on > since else None,
            )

    def _begun(self, case: Case, since: dt.date) -> list[Period]:
        """The periods from that of `since` to that of the last day that the stream tells of, each in its months."""
        assert self.every is not None  # noqa: S101 -- only asked where there is one
        horizon = case.horizon() or since
        begun = takewhile(lambda period: period.first <= horizon, periods(self.every, since))
        return [part for part in (period.narrowed(self.months) for period in begun) if part.last >= since]

    def _cadence(
        self, case: Case, opening: Hit, meeting: list[Hit], after: Hit | None, course: Course
    ) -> Iterator[Due]:
        """A duty at the end of every so many months that have begun, as long as no later opening took over."""
        horizon = case.horizon() or opening.day
        acts = [hit for hit in meeting if hit.in_world > opening.in_world and agree(opening, hit, self.same)]
        for number in count(1):
            began, due_on = (self._months_on(opening, nth) for nth in (number - 1, number))
            if began is None or due_on is None or (after is not None and due_on >= after.day):
                return
            began = course.first_from(began)
            met = acts[0] if acts else None
            if met is None and began > horizon:
                return
            if pause := _unmet(course.stopped(due_on, late_after(due_on)), met):
                if pause.again is None:
                    return
                continue
            yield Due(
                opening.version,
                due_on,
                met_by=met.version if met else None,
                met_on=met.day if met else None,
                apart=str(number),
                opened_on=min(began, met.day if met else began) if number > 1 else None,
            )
            acts = acts[1:]

    def _chain(
        self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None, course: Course
    ) -> Iterator[Due]:
        """The duty that the opening opens and, if it recurs, those that follow from it."""
        started: Hit | None = opening
        like, due_on = opening, None
        while started is not None:
            due_on = self._due_on(case, started, due_on)
            met = self._met(case, started, like, meeting)
            if pause := _unmet(self._stopped(course, due_on), met):
                if self.keeps_its_day:
                    return
                started, due_on = pause.again, None
                continue
            yield Due(
                started.version,
                due_on,
                client,
                met_by=met.version if met else None,
                met_on=met.day if met else None,
            )
            started, like = (met if self.recurring else None), met or like

    def _met(self, case: Case, started: Hit, like: Hit, meeting: list[Hit]) -> Hit | None:
        """The first that meets what started then, alike with the entry that opened it."""
        since = [hit.in_world for hit in case.in_world(self.met_since) if hit.in_world < started.in_world]
        for hit in meeting:
            if since and hit.in_world < since[-1]:
                continue
            in_time = hit.in_world > started.in_world if self.recurring else hit.day >= started.day
            if hit.version != started.version and (in_time or self.met_before_counts) and agree(like, hit, self.same):
                return hit
        return None

    def _course(self, case: Case, client: UUID | None) -> Course:
        """How it went on for that client, or for all."""
        ends, resumptions = (
            [hit for hit in hits if client is None or not clients_of(hit.fact) or client in clients_of(hit.fact)]
            for hits in (case.in_world(self.until), case.select(self.resumed_by))
        )
        return Course.between(ends, resumptions) if ends else Course()

    def _stopped(self, course: Course, due_on: dt.date | None) -> Pause | None:
        """The pause in which it would be due, had nothing ended; what is told of a month only begun stays due."""
        if due_on is None or self.by_nth is not None or self.same_day or self.due_field is not None:
            final = course.final
            return final if final and (due_on is None or final.end.day <= late_after(due_on)) else None
        if self.on_day_of_next_month is not None:
            first = add_months(due_on.replace(day=1), -1)
            last = due_on.replace(day=1) - dt.timedelta(days=1)
            return None if course.went_on(first, last) else course.stopped(last, last)
        return course.stopped(due_on, late_after(due_on))

    def _due_on(self, case: Case, started: Hit, last_due_on: dt.date | None) -> dt.date | None:
        """When it is due, from the entry that started it; of calendar months, each follows the one before."""
        day = started.day
        if self.not_before:
            if not (begun := case.in_world(self.not_before)):
                return None
            day = max(day, begun[0].day)
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
            month = (last_due_on or day).replace(day=1)
            return add_months(month, 1).replace(day=self._day_of_month(case, last_due_on or day))
        return self.by_nth.day(case) if self.by_nth else day

    def _day_of_month(self, case: Case, by: dt.date) -> int:
        """The day that was agreed by then, else the rule's own."""
        told = [value_of(hit.fact, str(self.day_field)) for hit in case.in_world(self.day_told_by) if hit.day <= by]
        agreed = [day for day in told if isinstance(day, int)]
        return agreed[-1] if agreed else self.on_day_of_next_month or 1

    def _months_on(self, opening: Hit, number: int) -> dt.date | None:
        """So many times as many months on from the opening as it tells; None when it tells of none."""
        months = value_of(opening.fact, str(self.months_field))
        if not isinstance(months, int) or number == 0:
            return opening.day if isinstance(months, int) else None
        day = value_of(opening.fact, self.day_field) if self.day_field else None
        due_on = add_months(opening.day, number * months)
        return due_on.replace(day=day) if isinstance(day, int) else due_on


def _unmet(pause: Pause | None, met: Hit | None) -> Pause | None:
    """The pause, unless what was due in it had been met before it was resumed."""
    return pause if met is None or (pause and pause.again and met.day >= pause.again.day) else None
