"""Extensions: how a period that began some day goes on, decision by decision, in months of the original start.

The months are those of the start, whenever an extension is decided (domain book § 2, "calendar": no drift). An
extension decided in time follows the period before it; one decided late is valid from its decision day, and reaches
to the end of the month that this day is in. Pure; must never hold: what a service allows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from domain.calendar import last_day_of_months
from domain.rules.case import Hit

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: its first and last day, told or reckoned, and what they are measured by.

    `due_first`: the day on which it should begin. `allowed`: the last day that it may have. `previous_last`: that of
    the period before it. `gap_days`: those without a decision before it, when it was decided late.
    """

    hit: Hit
    first: dt.date
    last: dt.date
    due_first: dt.date
    allowed: dt.date
    previous_last: dt.date

    @property
    def reach(self) -> dt.date:
        """The last day that work can rest on it."""
        return min(self.last, self.allowed)

    @property
    def gap_days(self) -> int:
        """The days from the end of the period before to the decision."""
        return max(0, (self.hit.day - self.previous_last).days - 1)


def extensions_of(
    hits: Sequence[Hit], start: dt.date, months: int, extension_months: int, cap_months: int | None
) -> list[Extension]:
    """The extensions of a first period of `months` from `start`, in the order in which they were decided.

    A decision tells its days in `valid_from` and `valid_to`, if it has such fields and they say anything.
    """
    chain: list[Extension] = []
    cap_last = last_day_of_months(start, cap_months) if cap_months is not None else None
    previous_last = last_day_of_months(start, months)
    for hit in hits:
        due_first = max(hit.day, previous_last + ONE_DAY)
        first = hit.fact.said_in("valid_from") or due_first
        reckoned = _end_of_step(start, max(first, due_first), months, extension_months)
        last = hit.fact.said_in("valid_to") or reckoned
        allowed = reckoned if cap_last is None else min(reckoned, cap_last)
        chain.append(Extension(hit, first, last, due_first, allowed, previous_last))
        previous_last = max(previous_last, last)
    return chain


def _end_of_step(start: dt.date, day: dt.date, months: int, step: int) -> dt.date:
    """The first end, on or after `day`, of the steps of so many months that follow the first `months` of `start`."""
    months += step
    while last_day_of_months(start, months) < day:
        months += step
    return last_day_of_months(start, months)
