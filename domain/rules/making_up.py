"""Which act stands for which calendar period, where an act may make up for a period that is over.

An act that names the period it stands for counts there. Any other counts for the oldest period that is still open and
was over not too long before, else for its own. A period whose duty was waived is open no more. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from domain.calendar import add_months, day_in_helsinki
from domain.rules.case import Hit
from domain.rules.condition import value_of
from domain.rules.period import Period


def share_out(
    acts: Iterable[Hit],
    begun: Sequence[Period],
    *,
    times: int = 1,
    within_months: int | None = None,
    waived: Collection[str] = (),
) -> dict[str, list[Hit]]:
    """The acts of each period, by its name, in the order in which they happened.

    `begun`: the periods that there are, oldest first; `times`: how many acts one asks for. `within_months`: how long
    after its end a period can be made up for; None: never. `waived`: the names of those that need not be.
    """
    shares: dict[str, list[Hit]] = {period.name: [] for period in begun}
    in_order = sorted(acts, key=_happened)
    for act in in_order:
        own = _own(act, begun)
        if act.named_its_day and own is not None:
            shares[own.name].append(act)
    for act in in_order:
        if not act.named_its_day:
            missed = (
                period
                for period in begun
                if within_months is not None
                and period.last < act.day <= add_months(period.last, within_months)
                and len(shares[period.name]) < times
                and period.name not in waived
            )
            period = next(missed, None) or _own(act, begun)
            if period is not None:
                shares[period.name].append(act)
    return {name: sorted(found, key=_happened) for name, found in shares.items()}


def covering(acts: Iterable[Hit], fields: tuple[str, str], period: Period, days: tuple[dt.date, dt.date]) -> list[Hit]:
    """What tells in these fields that it reaches over all the days, first and last, that there are of the period.

    One act stands for one whole period, but may cover a part of a period beside it.
    """
    whole = days == (period.first, period.last)
    next_last = add_months(period.last.replace(day=1), 2) - dt.timedelta(days=1)
    found = []
    for hit in acts:
        first, last = (value_of(hit.fact, field) for field in fields)
        if not isinstance(first, dt.date) or not isinstance(last, dt.date):
            continue
        if first <= days[0] and last >= days[1] and not (whole and last >= next_last):
            found.append(hit)
    return found


def _own(act: Hit, begun: Sequence[Period]) -> Period | None:
    return next((period for period in begun if period.has(act.day)), None)


def _happened(act: Hit) -> tuple[object, int]:
    return day_in_helsinki(act.entry.occurred_at), act.version
