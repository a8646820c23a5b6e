"""Measures: how long it took from one entry to another. They inform; nobody breaks them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.calendar import working_days_between
from domain.rules.base import Finding, Measured, RuleBase
from domain.rules.case import Case, Hit, Selectors


class Measure(RuleBase):
    """From each entry of `since` to the first of `to` at or after it."""

    info_only: ClassVar[bool] = True

    kind: Literal["measure"]
    since: Selectors
    to: Selectors
    unit: Literal["hours", "days", "working_days"]

    def find(self, case: Case) -> Iterator[Finding]:
        """Nothing: it only informs."""
        return iter(())

    def measure(self, case: Case) -> Iterator[Measured]:
        """One row for each beginning; without value while nothing ended it."""
        for start in case.in_world(self.since):
            later = (hit for hit in case.in_world(self.to) if hit.version != start.version)
            end = next((hit for hit in later if hit.at >= start.at or hit.day > start.day), None)
            value = None if end is None else self._between(start, end)
            yield Measured(self.id, start.version, None if end is None else end.version, value, self.unit)

    def _between(self, start: Hit, end: Hit) -> float:
        if self.unit == "hours":
            return (end.at.astimezone(dt.UTC) - start.at.astimezone(dt.UTC)).total_seconds() / 3600
        return (end.day - start.day).days if self.unit == "days" else working_days_between(start.day, end.day)
