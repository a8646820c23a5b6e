"""Shares: how much of some minutes may be of one sort, such as the remote share of the client hours.

Exactly the limit is allowed. A plan above it is a breach at the plan that forbids it: the plan is refused, since it is
not yet a fact what it foresees. The held share is followed; above the limit it is a breach at the last counted entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import Field

from domain.rules.base import Breach, Finding, Measured, RuleBase, ShareTold
from domain.rules.case import Case, Hit, Selector, Selectors
from domain.rules.condition import MINUTES, check_field, minutes_of, value_of

PERCENT = "percent"


class Share(RuleBase):
    """The minutes of `part` in those of `whole`, at most `at_most_percent`; and as `plans` foresee them."""

    kind: Literal["share"]
    part: Selectors
    whole: Selectors
    at_most_percent: int = Field(ge=0, le=100)
    plans: Selectors = ()
    plan_part: str = "planned_remote_minutes"
    plan_whole: str = "planned_minutes"

    def model_post_init(self, context: object, /) -> None:
        """Check that the counted facts have minutes and the plans the planned ones."""
        for selector in (*self.part, *self.whole):
            check_field(selector.fact, MINUTES)
        for plan in self.plans:
            check_field(plan.fact, self.plan_part)
            check_field(plan.fact, self.plan_whole)

    def awaits(self) -> Iterable[Selector]:
        """The plans, and what is held."""
        return (*self.plans, *self.whole)

    def find(self, case: Case) -> Iterator[Finding]:
        """A breach at each plan above the limit, and at the last counted entry while the held share is above it."""
        for plan in case.select(self.plans):
            part, whole = value_of(plan.fact, self.plan_part), value_of(plan.fact, self.plan_whole)
            if isinstance(part, int) and isinstance(whole, int):
                yield from self._above(plan, part, whole, forbids=True)
        counted = case.select(self.whole)
        if counted:
            yield from self._above(counted[-1], *self.minutes(case))

    def minutes(self, case: Case) -> tuple[int, int]:
        """Numerator and denominator of the held share: always shown both."""
        return _sum(case.select(self.part)), _sum(case.select(self.whole))

    def measure(self, case: Case) -> Iterator[Measured]:
        """The held share, from the first counted entry to the last."""
        counted = case.select(self.whole)
        part, whole = self.minutes(case)
        if whole:
            yield Measured(self.id, counted[0].version, counted[-1].version, round(100 * part / whole, 2), PERCENT)

    def shares(self, case: Case) -> Iterator[ShareTold]:
        """As the last plan that tells of it foresees it, and as it was held."""
        for plan in reversed(case.in_world(self.plans)):
            part, whole = value_of(plan.fact, self.plan_part), value_of(plan.fact, self.plan_whole)
            if isinstance(part, int) and isinstance(whole, int):
                yield self._told("planned", plan, part, whole)
                break
        counted = case.select(self.whole)
        if counted:
            yield self._told("held", counted[-1], *self.minutes(case))

    def _told(self, basis: Literal["planned", "held"], hit: Hit, part: int, whole: int) -> ShareTold:
        percent = round(100 * part / whole, 2) if whole else None
        return ShareTold(self.id, basis, hit.version, part, whole, percent, self.at_most_percent)

    def _above(self, hit: Hit, part: int, whole: int, *, forbids: bool = False) -> Iterator[Finding]:
        if part * 100 > self.at_most_percent * whole:
            measured = round(100 * part / whole, 2) if whole else 100.0
            yield Breach(hit.version, measured, self.at_most_percent, PERCENT, forbids=forbids)


def _sum(hits: Sequence[Hit]) -> int:
    return sum(minutes_of(hit.fact) or 0 for hit in hits)
