"""Durations: how many months something may or should last, always reckoned from its start, with no drift.

A duration never rolls over days off. Days are counted with the first and the last. How a period goes on by
extensions is in `domain.rules.extension`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.calendar import last_day_of_months
from domain.rules.base import MOST_OF_A_RULE, Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selector, Selectors, standing_end
from domain.rules.extension import ONE_DAY, Extension, extensions_of

DAYS = "days"


class Duration(RuleBase):
    """From the first of `since` (or the last of `restarted_by`) to the last of `to`, unless `resumed_by` followed it.

    `at_least_months`: an earlier end is a breach at the end. `at_most_months`: a later end, and each of `counts` on
    a day that no period holds. `extended_by`: each such entry adds `extension_months` from the original start, and
    one that reaches past its months, or takes the whole past `cap_months`, is a breach. `one_extension_at_a_time`:
    so is one decided before the one before it has begun. `follow_on`: and one that tells another first day than the
    day after the period before it or, decided late, its own. A late one leaves days without a decision, a breach
    too unless `late_extensions_are_breaches = false` leaves them to another rule, so that an authorisation can be
    refused for the one and not for the other.
    """

    kind: Literal["duration"]
    since: Selectors
    to: Selectors
    restarted_by: Selectors = ()
    resumed_by: Selectors = ()
    at_least_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    at_most_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    counts: Selectors = ()
    extended_by: Selectors = ()
    extension_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    cap_months: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    one_extension_at_a_time: bool = False
    follow_on: bool = False
    late_extensions_are_breaches: bool = True

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least_months is None and self.at_most_months is None:
            raise ValueError("a duration needs at_least_months or at_most_months")
        if bool(self.extended_by) != (self.extension_months is not None):
            raise ValueError("extended_by and extension_months go together")
        if self.extended_by and self.at_most_months is None:
            raise ValueError("only a duration with at_most_months can be extended")
        if (self.one_extension_at_a_time or self.follow_on) and not self.extended_by:
            raise ValueError("one_extension_at_a_time and follow_on are told of extensions: say extended_by")
        if self.cap_months is not None and self.cap_months < (self.at_most_months or 0):
            raise ValueError(f"cap_months {self.cap_months} is less than at_most_months {self.at_most_months}")
        return self

    def awaits(self) -> Iterable[Selector]:
        """What begins it."""
        return (*self.since, *self.restarted_by)

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches at the end, at entries on days that no period holds, and at extensions that may not be so."""
        starts = [*case.in_world(self.since)[:1], *case.in_world(self.restarted_by)[-1:]]
        if not starts:
            return
        start = max(hit.day for hit in starts)
        ended = standing_end(case.in_world(self.to), case.in_world(self.resumed_by))
        ended = ended if ended is not None and ended.day >= start else None
        if ended is not None and self.at_least_months is not None:
            yield from self._too_short(start, ended, self.at_least_months)
        if self.at_most_months is not None:
            yield from self._too_long(case, start, ended, self.at_most_months)

    def _too_short(self, start: dt.date, ended: Hit, months: int) -> Iterator[Finding]:
        if ended.day < last_day_of_months(start, months):
            yield Breach(ended.version, *_days(start, ended.day, last_day_of_months(start, months)), DAYS)

    def _too_long(self, case: Case, start: dt.date, ended: Hit | None, months: int) -> Iterator[Finding]:
        restarted = bool(case.in_world(self.restarted_by))
        hits = [hit for hit in case.in_world(self.extended_by) if not restarted or hit.day >= start]
        chain = extensions_of(hits, start, months, self.extension_months or 1, self.cap_months)
        for number, one in enumerate(chain):
            latest = max(hit.version for hit in hits[: number + 1])
            yield from self._extension(one, start, latest)
            if number and self.one_extension_at_a_time and one.hit.day < chain[number - 1].first:
                told = max(one.hit.version, chain[number - 1].hit.version)
                yield Breach(told, 2, 1, "extensions at once", apart="at-once", day=chain[number - 1].first)
        held = [hit for hit in case.select(self.counts) if hit.day >= start]
        for hit in [*held, *([ended] if ended is not None else [])]:
            ends = [last_day_of_months(start, months), *(one.reach for one in chain if one.first <= hit.day)]
            if hit.day > max(ends):
                yield Breach(hit.version, *_days(start, hit.day, max(ends)), DAYS, day=max(ends))

    def _extension(self, one: Extension, start: dt.date, latest: int) -> Iterator[Finding]:
        """What is wrong with an extension alone. `latest`: of it and those before it, the one recorded last.

        That one is what took the whole past the limit: so an extension entered late cannot push an earlier one past
        it, and be accepted itself.
        """
        if self.cap_months is not None and one.last > one.allowed:
            yield Breach(latest, *_days(start, one.last, one.allowed), DAYS, day=one.allowed)
        if self.follow_on and one.first != one.due_first:
            yield Breach(latest, abs((one.first - one.due_first).days), 0, DAYS, apart="first-day", day=one.due_first)
        if self.late_extensions_are_breaches and one.gap_days:
            yield Breach(one.hit.version, one.gap_days, 0, DAYS, apart="gap", day=one.previous_last + ONE_DAY)


def _days(start: dt.date, day: dt.date, last: dt.date) -> tuple[int, int]:
    """The days that it lasted, and those that it should have at least or at most."""
    return (day - start).days + 1, (last - start).days + 1
