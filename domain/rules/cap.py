"""Caps: the most of something in one spell of work, over every period and the work that led to it.

Both what was held and what would be authorised are held against the cap: a held meeting past it is a breach at
that meeting, an authorisation that takes the spell past it is a breach at that decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field, field_validator

from domain.rules.base import MOST_OF_A_RULE, Breach, Finding, RuleBase, Warned
from domain.rules.case import Case, Hit, Selector, Selectors
from domain.rules.condition import check_field, value_of
from domain.rules.spell import Spell, spells


class Cap(RuleBase):
    """At most `at_most` of `counts` in a spell of work, with what was held in the spell before this episode.

    `authorised_by`: decisions whose `granted_field` may not take the spell past the cap, and whose
    `before_field` tells what was held in the spell before this episode; `new_spell` begins anew.
    """

    kind: Literal["cap"]
    counts: Selectors
    unit: str
    at_most: int = Field(ge=1, le=MOST_OF_A_RULE)
    authorised_by: Selectors = ()
    granted_field: str = "meetings_granted"
    before_field: str = "meetings_before"
    new_spell: Selectors = ()
    planned: Selectors = ()

    @field_validator("before_field", "granted_field")
    @classmethod
    def _is_a_number_of_a_decision(cls, field: str) -> str:
        check_field("decision_made", field)
        return field

    def awaits(self) -> Iterable[Selector]:
        """What is held, authorised or still planned."""
        return (*self.counts, *self.authorised_by, *self.planned)

    def find(self, case: Case) -> Iterator[Finding]:
        """Breaches at held entries past the cap and at decisions that would go past it; a warning for plans."""
        for spell in spells(case, self.new_spell):
            decisions = spell.of(case.select(self.authorised_by))
            held, before = spell.of(case.select(self.counts)), self._before(spell, decisions)
            room = max(0, self.at_most - before)
            for number, hit in enumerate(held[room:], start=before + room + 1):
                yield Breach(hit.version, number, self.at_most, self.unit, remaining=0)
            yield from self._authorised(spell, decisions, held)
            planned = case.still_planned(self.planned) if spell.next_opened is None else []
            total = before + len(held) + len(spell.of(planned))
            if planned and total > self.at_most:
                yield Warned(total, self.at_most)

    def _before(self, spell: Spell, decisions: list[Hit]) -> int:
        """What was held in the spell before this episode: the most that its decisions tell of."""
        if spell.opened is not None:
            return 0
        told = [_number(hit, self.before_field) for hit in decisions]
        return max(told, default=0)

    def _authorised(self, spell: Spell, decisions: list[Hit], held: list[Hit]) -> Iterator[Finding]:
        for index, decision in enumerate(decisions):
            before = self._before(spell, decisions[: index + 1])
            still_granted = sum(_number(earlier, self.granted_field) for earlier in decisions[:index])
            already = before + max(still_granted, sum(hit.version < decision.version for hit in held))
            granted = _number(decision, self.granted_field)
            if granted and already + granted > self.at_most:
                remaining = max(0, self.at_most - already)
                yield Breach(decision.version, already + granted, self.at_most, self.unit, remaining=remaining)


def _number(hit: Hit, field: str) -> int:
    value = value_of(hit.fact, field)
    return value if isinstance(value, int) else 0
