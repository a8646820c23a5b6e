"""Which act stands for which calendar period, where an act may make up for a period that is over.

An act that names the period it stands for counts there. Any other counts for the oldest period that is still open and
was over not too long before, else for its own. A period whose duty was waived is open no more. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from domain.calendar import add_months, day_in_helsinki
from domain.rules.case import Hit
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


def _own(act: Hit, begun: Sequence[Period]) -> Period | None:
    return next((period for period in begun if period.has(act.day)), None)


def _happened(act: Hit) -> tuple[object, int]:
    return day_in_helsinki(act.entry.occurred_at), act.version
