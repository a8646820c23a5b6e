"""What a duty is told by: what opens and meets it, when it is due, and which of these terms go together.

Must never hold: which duties a case has; `domain.rules.duty` finds them.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.rules.base import MOST_OF_A_RULE, RuleBase
from domain.rules.case import Case, Selectors
from domain.rules.condition import check_field
from domain.rules.period import Every
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


class DutyTerms(RuleBase):
    """Opened by each entry of `opens_on` (or `first_only`), met by the first of `met_by` on or after its day.

    `met_before_counts`: also by an earlier one, but by none before the last of `met_since` that preceded the opening:
    what belonged to work that was gone on with is not what this end asks for. `undone_by`: such an entry takes the
    opening before it back, and only what had been met by then stays. `same`: alike in these fields. `clients`: one duty
    for each client whom these entries name. `recurring`: what met it opens the next. `not_before`: its days or months
    are reckoned from the first of these, if that came later than the opening; until there is one, it has no day.

    `with_all`: on the day of such an entry, which opens it for all, what names a client opens none beside it, unless
    that entry was undone. `everybody`: what opens for all is met by what names nobody, or once what meets it has named
    every client whom these entries name by then, without those whose own it opened on a day before.

    `due_field`: due on the day that the opening entry tells there. `months_field`: every so many months, as the opening
    entry tells, reckoned from its own day with no drift, each once the months before it have begun, and on the day of
    the month that it tells in `day_field`, if it does; what meets them meets them one after the other, and a later
    opening takes over what was not due before it.

    `until`: what was not late by such an entry's day is due no more, unless `resumed_by` followed. Of what would have
    been due between the two, a time of days or months starts anew with the resumption, or with `keeps_its_day` is due
    no more; of calendar periods and of every so many months, those that lie between, or end between, are not due.

    `for_good`: an end of one client's that nothing resumes; one of the day of the opening is no end before it.

    `but`: of no client whom one of these entries names in `but_field`, where it is not after the opening: of no adult,
    where it is of each child. A later one ends that client's, as `until` does: what was owed before it stays owed.

    A client's clock starts at the earliest when `clients` names the client. An end that names clients is theirs only,
    where the duty is one client's or the opening names them; and nothing that names nobody resumes what ended so, or
    undoes what such an opening opened. Nor does what names other clients alone meet it: what names nobody is of all.

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
    with_all: Selectors = ()
    everybody: Selectors = ()
    same: tuple[str, ...] = ()
    not_before: Selectors = ()
    clients: Selectors = ()
    but: Selectors = ()
    but_field: str | None = None
    recurring: bool = False
    until: Selectors = ()
    resumed_by: Selectors = ()
    for_good: Selectors = ()
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
        if bool(self.but) != bool(self.but_field) or (self.but and not self.clients):
            raise ValueError("but and but_field leave out some of the clients: say all three")
        for selector in self.but:
            check_field(selector.fact, str(self.but_field))
        if self.for_good and not self.clients:
            raise ValueError("for_good ends one client's duty for good: say clients")
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
