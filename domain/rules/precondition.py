"""Preconditions: what must have happened before something else, by the days of the world.

Recording order does not matter: a late entry of what did happen in time satisfies the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from domain.rules.base import Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selectors, gone_on_after
from domain.rules.condition import value_of


class Precondition(RuleBase):
    """Entries matched by `before` (or only the `nth` in the world) need each of `needs`, on the same day or earlier.

    `strictly`: on an earlier day. `count`: so many of each need. `same`: alike in these fields. `until`: nothing
    may come after such an entry, unless one of `resumed_by` came between.
    """

    kind: Literal["precondition"]
    before: Selectors
    nth: int | None = Field(default=None, ge=1)
    needs: tuple[Selectors, ...] = ()
    count: int = Field(default=1, ge=1)
    strictly: bool = False
    same: tuple[str, ...] = ()
    until: Selectors = ()
    resumed_by: Selectors = ()

    def find(self, case: Case) -> Iterator[Finding]:
        """A breach at every entry that came before what it needs, or after the end."""
        hits = case.in_world(self.before)
        if self.nth is not None:
            hits = hits[self.nth - 1 : self.nth]
        ends, resumptions = case.select(self.until), case.select(self.resumed_by)
        for hit in hits:
            if gone_on_after(ends, resumptions, hit.day) or not all(self._had(case, need, hit) for need in self.needs):
                yield Breach(hit.version)

    def _had(self, case: Case, need: Selectors, hit: Hit) -> bool:
        had = (
            other
            for other in case.select(need)
            if other.version != hit.version
            and (other.day < hit.day or (other.day == hit.day and not self.strictly))
            and agree(hit, other, self.same)
        )
        return sum(1 for _ in had) >= self.count


def agree(one: Hit, other: Hit, fields: tuple[str, ...]) -> bool:
    """Whether both entries say the same in these fields."""
    return all(value_of(one.fact, field) == value_of(other.fact, field) for field in fields)
