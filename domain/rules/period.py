"""Calendar periods: the months, quarters and years of the world, and the months of a year in which something belongs.

Pure. Must never hold: a clock. Periods are the calendar's own: they begin on its first days, whenever work began.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from domain.calendar import add_months

Every = Literal["month", "quarter", "year", "two_years"]
MONTHS: dict[Every, int] = {"month": 1, "quarter": 3, "year": 12, "two_years": 24}
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period, with its first and its last day. `name`: 2025-2026, 2025, 2025-Q1 or 2025-03."""

    name: str
    first: dt.date
    last: dt.date

    def narrowed(self, months: tuple[int, int] | None) -> Period:
        """Of a year, from the first to the last of these months (both with their number); else the whole."""
        if months is None:
            return self
        first, after = self.first.replace(month=months[0]), add_months(self.first.replace(month=months[1]), 1)
        return Period(self.name, first, after - ONE_DAY)

    def has(self, day: dt.date) -> bool:
        """Whether the day is in it."""
        return self.first <= day <= self.last


def periods(every: Every, since: dt.date) -> Iterator[Period]:
    """The periods one after the other, without end, from that in which `since` is; two years begin with its year."""
    months = MONTHS[every]
    first = since.replace(month=(since.month - 1) // months * months + 1, day=1)
    while True:
        after = add_months(first, months)
        yield Period(_name(every, first), first, after - ONE_DAY)
        first = after


def _name(every: Every, first: dt.date) -> str:
    if every == "two_years":
        return f"{first.year}-{first.year + 1}"
    if every == "year":
        return f"{first.year}"
    return f"{first.year}-Q{(first.month + 2) // 3}" if every == "quarter" else f"{first.year}-{first.month:02}"
