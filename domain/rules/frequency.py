"""Frequencies: how many meetings an ISO week, or a working day, should hold.

Only whole weeks (or days) that the stream tells of as past are judged: the first and the last part-week and all that
a suspension touches are exempt. Cancelled and missed meetings count as agreed only if the rule selects plans.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.calendar import is_working_day
from domain.rules.base import MOST_OF_A_RULE, Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selector, Selectors, meeting_of, standing_end

UNITS = {"week": "meetings in a week", "working_day": "meetings in a working day"}
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)


class Frequency(RuleBase):
    """`counts` entries, each meeting once, in every ISO week (or working day) from `since` to `until`.

    An end that one of `resumed_by` followed is a pause, like what `suspended_by` says. Too few is a breach at the entry
    that began the episode, too many at the entry that was one too many. What is no meeting, such as a session of an
    open place, is counted entry by entry.
    """

    kind: Literal["frequency"]
    in_every: Literal["week", "working_day"] = "week"
    counts: Selectors
    since: Selectors
    until: Selectors
    suspended_by: Selectors = ()
    resumed_by: Selectors = ()
    at_least: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    at_most: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a frequency needs at_least or at_most")
        return self

    def goes_by_the_calendar(self) -> bool:
        """A week (or day) in which nothing was recorded is one of too few."""
        return self.at_least is not None

    def awaits(self) -> Iterable[Selector]:
        """What begins the weeks."""
        return self.since

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches by week."""
        starts, horizon = case.in_world(self.since), case.horizon()
        if not starts or horizon is None:
            return
        end = standing_end(case.in_world(self.until), case.in_world(self.resumed_by))
        last = end.day if end else horizon
        step = WEEK if self.in_every == "week" else DAY
        held = self._by_span(case)
        first = self._first_of(starts[0].day)
        if first < starts[0].day:
            first += step
        while first + step <= last + (DAY if end else dt.timedelta()):
            exempt = self.in_every == "working_day" and not is_working_day(first)
            if not exempt and not self._suspended(case, first, step):
                yield from self._judge_span(starts[0], first, held.get(first, []))
            first += step

    def _first_of(self, day: dt.date) -> dt.date:
        """The first day of the week or day in which it is."""
        return _monday(day) if self.in_every == "week" else day

    def _by_span(self, case: Case) -> dict[dt.date, list[Hit]]:
        last_told = {meeting_of(hit.fact) or hit.version: hit for hit in case.select(self.counts)}
        spans: dict[dt.date, list[Hit]] = {}
        for hit in last_told.values():
            spans.setdefault(self._first_of(hit.day), []).append(hit)
        return {first: sorted(hits, key=lambda hit: hit.version) for first, hits in spans.items()}

    def _judge_span(self, start: Hit, first: dt.date, hits: list[Hit]) -> Iterator[Finding]:
        unit = UNITS[self.in_every]
        if self.at_least is not None and len(hits) < self.at_least:
            year, week, _ = first.isocalendar()
            name = f"{year}-W{week:02}" if self.in_every == "week" else first.isoformat()
            last = first + (WEEK if self.in_every == "week" else DAY) - DAY
            yield Breach(start.version, len(hits), self.at_least, unit, apart=name, on=first, until=last)
        if self.at_most is not None:
            for number, hit in enumerate(hits[self.at_most :], start=self.at_most + 1):
                yield Breach(hit.version, number, self.at_most, unit)

    def _suspended(self, case: Case, first: dt.date, step: dt.timedelta) -> bool:
        resumptions, ends = case.in_world(self.resumed_by), case.in_world(self.until)
        gone_on = [end for end in ends if any(again.in_world > end.in_world for again in resumptions)]
        for pause in (*case.in_world(self.suspended_by), *gone_on):
            again = next((hit.day for hit in resumptions if hit.in_world > pause.in_world), None)
            if pause.day < first + step and (again is None or again > first):
                return True
        return False


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
