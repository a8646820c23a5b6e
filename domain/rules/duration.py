"""Durations: how many months something may or should last, always reckoned from its start, with no drift.

A duration never rolls over days off. Days are counted with the first and the last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.calendar import last_day_of_months
from domain.rules.base import Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors

DAYS, MONTHS = "days", "months"


class Duration(RuleBase):
    """From the first of `since` (or the last of `restarted_by`) to the last of `to`.

    `at_least_months`: an earlier end is a breach at the end. `at_most_months`: a later end, and each of `counts`
    past it. `extended_by`: each such entry adds `extension_months`, from the original start; one decided only
    after the end has passed leaves days without a decision, a breach at it; one that would take the whole past
    `cap_months` is a breach at it. `one_extension_at_a_time`: one decided before the months that an earlier one
    adds have begun is a breach at it. `late_extensions_are_breaches = false`: the days without a decision are left to
    another rule, so that an authorisation can be refused for the one and not for the other.
    """

    kind: Literal["duration"]
    since: Selectors
    to: Selectors
    restarted_by: Selectors = ()
    at_least_months: int | None = Field(default=None, ge=1)
    at_most_months: int | None = Field(default=None, ge=1)
    counts: Selectors = ()
    extended_by: Selectors = ()
    extension_months: int | None = Field(default=None, ge=1)
    cap_months: int | None = Field(default=None, ge=1)
    one_extension_at_a_time: bool = False
    late_extensions_are_breaches: bool = True

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least_months is None and self.at_most_months is None:
            raise ValueError("a duration needs at_least_months or at_most_months")
        if bool(self.extended_by) != (self.extension_months is not None):
            raise ValueError("extended_by and extension_months go together")
        if self.extended_by and self.at_most_months is None:
            raise ValueError("only a duration with at_most_months can be extended")
        return self

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches at the end, at entries held past it and at extensions decided too late or too far."""
        starts = [*case.in_world(self.since)[:1], *case.in_world(self.restarted_by)[-1:]]
        if not starts:
            return
        start = max(hit.day for hit in starts)
        ended = next((hit for hit in reversed(case.in_world(self.to)) if hit.day >= start), None)
        if ended is not None and self.at_least_months is not None:
            yield from self._too_short(start, ended, self.at_least_months)
        if self.at_most_months is not None:
            yield from self._too_long(case, start, ended, self.at_most_months)

    def _too_short(self, start: dt.date, ended: Hit, months: int) -> Iterator[Finding]:
        if ended.day < last_day_of_months(start, months):
            yield Breach(ended.version, *_days(start, ended.day, last_day_of_months(start, months)), DAYS)

    def _too_long(self, case: Case, start: dt.date, ended: Hit | None, months: int) -> Iterator[Finding]:
        extensions = [hit for hit in case.in_world(self.extended_by) if hit.day >= start]
        for number, extension in enumerate(extensions):
            if number and self.one_extension_at_a_time:
                yield from self._two_at_once(start, extension, months)
            last = last_day_of_months(start, months)
            months += self.extension_months or 0
            if self.late_extensions_are_breaches and (extension.day - last).days > 1:
                yield Breach(extension.version, (extension.day - last).days - 1, 0, DAYS, apart="gap")
            if self.cap_months is not None and months > self.cap_months:
                yield Breach(extension.version, months, self.cap_months, MONTHS)
        allowed = min(months, self.cap_months or months)
        last = last_day_of_months(start, allowed)
        past = [hit for hit in case.select(self.counts) if hit.day > last]
        if ended is not None and ended.day > last:
            past.append(ended)
        for hit in past:
            yield Breach(hit.version, *_days(start, hit.day, last), DAYS)

    def _two_at_once(self, start: dt.date, extension: Hit, months: int) -> Iterator[Finding]:
        """A breach when the months that the extension before this one adds have not begun."""
        begins = last_day_of_months(start, months - (self.extension_months or 0))
        if extension.day <= begins:
            yield Breach(extension.version, 2, 1, "extensions at once", apart="at-once")


def _days(start: dt.date, day: dt.date, last: dt.date) -> tuple[int, int]:
    """The days that it lasted, and those that it should have at least or at most."""
    return (day - start).days + 1, (last - start).days + 1
