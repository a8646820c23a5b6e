"""Preconditions: what must have happened before something else, by the days of the world.

Recording order does not matter: a late entry of what did happen in time satisfies the rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from domain.rules.base import MOST_OF_A_RULE, Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selector, Selectors, gone_on_after
from domain.rules.condition import check_field, value_of

Count = Annotated[int, Field(ge=1)]


class Precondition(RuleBase):
    """Entries matched by `before` (or only the `nth` in the world) need each of `needs`, on the same day or earlier.

    `overlap`: the first field of the entry names somebody or something that the second field of the need names (the
    workers of a meeting, the worker assigned). `strictly`: on an earlier day. `count`: so many of each need, or a
    number for each; those that say the same in the field `distinct` count once. `same`: alike in these fields.
    `ended_by`: what ends a need, alike in `ended_alike`; one that had ended by that day (the first day without) counts
    no more. `valid`: the fields of a need that tell from which day to which, both within, it holds; what is not told
    bounds nothing. `until`: nothing may come after such an entry, unless one of `resumed_by` came between.
    """

    kind: Literal["precondition"]
    before: Selectors
    nth: int | None = Field(default=None, ge=1, le=MOST_OF_A_RULE)
    needs: tuple[Selectors, ...] = ()
    count: Count | tuple[Count, ...] = 1
    distinct: str | None = None
    strictly: bool = False
    same: tuple[str, ...] = ()
    overlap: tuple[str, str] | None = None
    ended_by: Selectors = ()
    ended_alike: tuple[str, ...] = ()
    valid: tuple[str, str] | None = None
    until: Selectors = ()
    resumed_by: Selectors = ()

    def model_post_init(self, context: object, /) -> None:
        """Check that the facts have the fields that must overlap, and that there is a number for every need."""
        if isinstance(self.count, tuple) and len(self.count) != len(self.needs):
            raise ValueError(f"`count` gives {len(self.count)} numbers for {len(self.needs)} needs")
        if self.distinct is not None:
            for selector in (one for need in self.needs for one in need):
                check_field(selector.fact, self.distinct)
        if self.overlap is not None:
            for selector in self.before:
                check_field(selector.fact, self.overlap[0])
            for selector in (one for need in self.needs for one in need):
                check_field(selector.fact, self.overlap[1])
        if bool(self.ended_by) != bool(self.ended_alike):
            raise ValueError("`ended_by` and `ended_alike` go together: what ends a need, and which need it ends")
        for selector in (*self.ended_by, *(one for need in self.needs for one in need)):
            for field in self.ended_alike:
                check_field(selector.fact, field)
        for selector in (one for need in self.needs for one in need):
            for field in self.valid or ():
                check_field(selector.fact, field)

    def awaits(self) -> Iterable[Selector]:
        """The entries that something is needed before."""
        return self.before

    def find(self, case: Case) -> Iterator[Finding]:
        """A breach at every entry that came before what it needs, or after the end."""
        hits = case.in_world(self.before)
        if self.nth is not None:
            hits = hits[self.nth - 1 : self.nth]
        if not hits:
            return
        ends, resumptions, ended = map(case.select, (self.until, self.resumed_by, self.ended_by))
        needs = [case.select(need) for need in self.needs]
        counts = self.count if isinstance(self.count, tuple) else (self.count,) * len(needs)
        needed = tuple(zip(needs, counts, strict=True))

        def of_one(_: int, hit: Hit) -> Iterator[Finding]:
            gone_on = ends and gone_on_after(ends, resumptions, hit.day)
            if gone_on or not all(self._had(hit, others, count, ended) for others, count in needed):
                yield Breach(hit.version)

        yield from case.of_each("before", hits, (ends, resumptions, ended, *needs), of_one)

    def _had(self, hit: Hit, needed: list[Hit], count: int, ended: list[Hit]) -> bool:
        """Whether so many of what it needed had come by then, and were good still."""
        had: set[object] = set()
        for other in needed:
            if other.day > hit.day or (other.day == hit.day and self.strictly) or other.version == hit.version:
                continue
            if self._is_good(hit, other, ended):
                had.add(other.version if self.distinct is None else value_of(other.fact, self.distinct))
                if len(had) >= count:
                    return True
        return False

    def _is_good(self, hit: Hit, need: Hit, ended: list[Hit]) -> bool:
        return (
            (not self.same or agree(hit, need, self.same))
            and not (ended and self._ended(ended, need, hit.day))
            and (self.valid is None or _holds_on(hit.day, need, self.valid))
            and (self.overlap is None or bool(_named(hit, self.overlap[0]) & _named(need, self.overlap[1])))
        )

    def _ended(self, ended: list[Hit], need: Hit, day: dt.date) -> bool:
        return any(
            end.day <= day and end.version > need.version and agree(end, need, self.ended_alike) for end in ended
        )


def agree(one: Hit, other: Hit, fields: tuple[str, ...]) -> bool:
    """Whether both entries say the same in these fields."""
    return all(value_of(one.fact, field) == value_of(other.fact, field) for field in fields)


def _holds_on(day: dt.date, need: Hit, fields: tuple[str, str]) -> bool:
    """Whether the day lies within those that the need's fields tell."""
    first, last = (value_of(need.fact, field) for field in fields)
    return (not isinstance(first, dt.date) or first <= day) and (not isinstance(last, dt.date) or day <= last)


def _named(hit: Hit, field: str) -> frozenset[object]:
    """What the field names: one, several or none."""
    value = value_of(hit.fact, field)
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset() if value is None else frozenset((value,))
