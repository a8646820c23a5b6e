"""Frequencies: how many meetings an ISO week should hold.

Only whole weeks that the stream tells of as past are judged: the first and the last part-week and every week that
a suspension touches are exempt. Cancelled and missed meetings count as agreed only if the rule selects plans.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.rules.base import Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors, meeting_of

UNIT = "meetings in a week"
WEEK = dt.timedelta(days=7)


class Frequency(RuleBase):
    """`counts` entries, each meeting once, in every ISO week from `since` to `until`.

    Too few is a breach at the entry that began the episode, too many at the entry that was one too many.
    """

    kind: Literal["frequency"]
    counts: Selectors
    since: Selectors
    until: Selectors
    suspended_by: Selectors = ()
    resumed_by: Selectors = ()
    at_least: int | None = Field(default=None, ge=1)
    at_most: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a frequency needs at_least or at_most")
        return self

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches by week."""
        starts, horizon = case.in_world(self.since), case.horizon()
        if not starts or horizon is None:
            return
        ends = case.in_world(self.until)
        last = ends[-1].day if ends else horizon
        by_week = self._meetings_by_week(case)
        monday = _monday(starts[0].day)
        if monday < starts[0].day:
            monday += WEEK
        while monday + WEEK <= last + dt.timedelta(days=1 if ends else 0):
            if not self._suspended(case, monday):
                yield from self._judge_week(starts[0], monday, by_week.get(monday, []))
            monday += WEEK

    def _meetings_by_week(self, case: Case) -> dict[dt.date, list[Hit]]:
        last_told = {meeting_of(hit.fact): hit for hit in case.select(self.counts)}
        weeks: dict[dt.date, list[Hit]] = {}
        for hit in last_told.values():
            weeks.setdefault(_monday(hit.day), []).append(hit)
        return {monday: sorted(hits, key=lambda hit: hit.version) for monday, hits in weeks.items()}

    def _judge_week(self, start: Hit, monday: dt.date, hits: list[Hit]) -> Iterator[Finding]:
        if self.at_least is not None and len(hits) < self.at_least:
            year, week, _ = monday.isocalendar()
            yield Breach(start.version, len(hits), self.at_least, UNIT, apart=f"{year}-W{week:02}")
        if self.at_most is not None:
            for number, hit in enumerate(hits[self.at_most :], start=self.at_most + 1):
                yield Breach(hit.version, number, self.at_most, UNIT)

    def _suspended(self, case: Case, monday: dt.date) -> bool:
        resumptions = case.in_world(self.resumed_by)
        for pause in case.in_world(self.suspended_by):
            again = next((hit.day for hit in resumptions if hit.in_world > pause.in_world), None)
            if pause.day < monday + WEEK and (again is None or again > monday):
                return True
        return False


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
