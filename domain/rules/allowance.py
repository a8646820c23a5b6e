"""Allowances: how many of something belong to one period, and how an exception adds a period.

Counts families (encounters) unless it says `per = "client"`: then everybody whom a counted entry names has a
counter. The breach stands at the entry that took the count past the limit when it was recorded, so that a late
entry never moves the breaches of others. An exception counts from its own day on: it does not make an earlier
excess right.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.rules.base import MOST_OF_A_RULE, Breach, Finding, RuleBase, Warned
from domain.rules.case import Case, Hit, Selector, Selectors, clients_of
from domain.rules.spell import Spell, spells

Look = Callable[[int, Hit], Iterator[Finding]]


class Allowance(RuleBase):
    """`counts` entries, at least and at most so many in a period; every `extended_by` entry adds a period.

    `at_least` is judged at the entry that closes (`closed_by`), unless `resumed_by` followed. `new_spell` begins
    anew. `planned`: meetings still planned, of which a warning is given when they would go past the limit.
    """

    kind: Literal["allowance"]
    counts: Selectors
    unit: str
    at_least: int | None = Field(default=None, ge=0, le=MOST_OF_A_RULE)
    at_most: int | None = Field(default=None, ge=0, le=MOST_OF_A_RULE)
    per: Literal["family", "client"] = "family"
    extended_by: Selectors = ()
    closed_by: Selectors = ()
    resumed_by: Selectors = ()
    new_spell: Selectors = ()
    planned: Selectors = ()

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("an allowance needs at_least or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no count is at least {self.at_least} and at most {self.at_most}")
        if self.at_least is not None and not self.closed_by:
            raise ValueError("at_least is judged at a closure: say which entry closes (closed_by)")
        return self

    def awaits(self) -> Iterable[Selector]:
        """What is counted or still planned, and what closes: too few may be none at all."""
        return (*self.counts, *self.closed_by, *self.planned)

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches past the most, one at the closure for fewer than the least, a warning for plans."""
        for number, spell in enumerate(spells(case, self.new_spell)):
            counted, extensions = spell.of(case.select(self.counts)), spell.of(case.select(self.extended_by))
            for client, own in _counters(counted, self.per):
                yield from case.of_each(
                    (number, client), own, (extensions,), self._past_the_most(own, extensions, client)
                )
                yield from self._under_the_least(case, spell, own, extensions, client)
            if spell.next_opened is None:
                yield from self._planned_past_the_most(case, spell, counted, extensions)

    def _limit(self, extensions: Sequence[Hit], day: dt.date) -> int:
        assert self.at_most is not None  # noqa: S101 -- only asked where there is one
        return self.at_most * (1 + sum(extension.day <= day for extension in extensions))

    def _past_the_most(self, counted: list[Hit], extensions: list[Hit], client: UUID | None) -> Look:
        """What is past the most at each counted entry, with what was recorded up to there; asked of them in order."""
        days: list[dt.date] = []
        """Of what was recorded up to there, in the order of the calendar."""

        def at_one(place: int, hit: Hit) -> Iterator[Finding]:
            if self.at_most is None or place < self.at_most:
                return
            for one in counted[len(days) : place + 1]:
                insort(days, one.day)
            later = dict.fromkeys(days[bisect_left(days, hit.day) :])
            excess = [(bisect_right(days, day), self._limit(extensions, day)) for day in later]
            measured, limit = max(excess, key=_by_how_much)
            if measured > limit:
                yield Breach(hit.version, measured, limit, self.unit, apart=str(client or ""))

        return at_one

    def _under_the_least(
        self, case: Case, spell: Spell, counted: list[Hit], extensions: list[Hit], client: UUID | None
    ) -> Iterator[Finding]:
        closing = max(spell.of(case.select(self.closed_by)), key=lambda hit: hit.in_world, default=None)
        if self.at_least is None or closing is None:
            return
        if any(again.version > closing.version for again in case.select(self.resumed_by)):
            return
        limit = self.at_least * (1 + sum(extension.day <= closing.day for extension in extensions))
        measured = sum(hit.day <= closing.day for hit in counted)
        if measured < limit:
            yield Breach(closing.version, measured, limit, self.unit, apart=str(client or ""))

    def _planned_past_the_most(
        self, case: Case, spell: Spell, counted: list[Hit], extensions: list[Hit]
    ) -> Iterator[Finding]:
        planned = spell.of(case.still_planned(self.planned)) if self.at_most is not None else []
        if planned:
            measured, limit = len(counted) + len(planned), self._limit(extensions, planned[-1].day)
            if measured > limit:
                yield Warned(measured, limit)


def _by_how_much(excess: tuple[int, int]) -> int:
    measured, limit = excess
    return measured - limit


def _counters(counted: list[Hit], per: str) -> Iterator[tuple[UUID | None, list[Hit]]]:
    """One counter for the family, or one for each client whom the counted entries name."""
    if per == "family":
        yield None, counted
        return
    clients = dict.fromkeys(client for hit in counted for client in clients_of(hit.fact))
    for client in clients:
        yield client, [hit for hit in counted if client in clients_of(hit.fact)]
