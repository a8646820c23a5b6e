"""Eligibility and content: what a fact itself must say. One of several alternatives must hold.

Eligibility asks it of decisions (who may get the service), content of any fact (what a record must tell).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import field_validator

from domain.fact import Fact
from domain.rules.base import Breach, Finding, RuleBase
from domain.rules.case import Case, Hit, Selector, Selectors
from domain.rules.condition import Condition, check_condition, satisfies, value_of


class Statement(RuleBase):
    """Of every entry matched by `of`, at least one of `any_of` must hold. None of them: the fact must not be."""

    kind: Literal["eligibility", "content"]
    of: Selectors
    any_of: tuple[Condition, ...]
    unit: str | None = None

    @field_validator("any_of")
    @classmethod
    def _not_empty_conditions(cls, any_of: tuple[Condition, ...]) -> tuple[Condition, ...]:
        if any(not condition for condition in any_of):
            raise ValueError("an alternative must ask something")
        return any_of

    def model_post_init(self, context: object, /) -> None:
        """Check the alternatives against the facts that they are asked of."""
        for selector in self.of:
            for condition in self.any_of:
                check_condition(selector.fact, condition)

    def awaits(self) -> Iterable[Selector]:
        """The entries that must say something."""
        return self.of

    def find(self, case: Case) -> Iterator[Finding]:
        """A breach at every entry of which no alternative holds."""
        return iter(case.of_each("of", case.select(self.of), (), self._of_one))

    def _of_one(self, _: int, hit: Hit) -> Iterator[Finding]:
        if not any(satisfies(hit.fact, condition) for condition in self.any_of):
            measured, limit = self._by_how_much(hit.fact)
            yield Breach(hit.version, measured, limit, self.unit if measured is not None else None)

    def _by_how_much(self, fact: Fact) -> tuple[float | None, float | None]:
        """The first number asked for and the bound that it does not keep."""
        for condition in self.any_of:
            for field, test in condition.items():
                value = value_of(fact, field)
                if not isinstance(value, int | float) or isinstance(value, bool):
                    continue
                if test.at_most is not None and value > test.at_most:
                    return value, test.at_most
                if test.at_least is not None and value < test.at_least:
                    return value, test.at_least
        return None, None
