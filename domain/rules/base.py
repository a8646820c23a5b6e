"""What every kind of rule has, and what a rule may find.

Rules never refuse: they find duties, breaches and warnings. Whoever executes a command decides what a breach
means to it. Must never hold: a service's own numbers; those are data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from string import Formatter
from typing import ClassVar, Literal, Self
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field, model_validator

from domain.rules.case import Case, Selector
from domain.strict import Strict

MOST_OF_A_RULE = 10_000
"""No number of a rule is above it: days, months, times. A day of our time and so many months is still a day."""
RULE_ID = r"^([A-Z][0-9]+[a-z]?\.)?[a-z0-9]+(-[a-z0-9]+)*$"
"""kebab-case; the rules of a frame bear its code before a full stop."""
PLACEHOLDERS = frozenset({"measured", "limit", "remaining", "day"})


class Strength(StrEnum):
    """How much a rule binds (domain book § 3)."""

    MUST = "must"
    NORM = "norm"
    INFO = "info"


class Texts(Strict):
    """The same in Finnish, Swedish and English."""

    fi: str = Field(min_length=1)
    sv: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Breach(msgspec.Struct, frozen=True, gc=False):
    """Entry `entry` breaks the rule. `apart` tells breaches of one rule at one entry from each other.
    `day`: the day that would keep it, such as the last one allowed.

    `forbids`: what the entry foresees may not be carried out so: the command that tells it is refused, as an
    authorisation is, where the rule is a must. `on`, `until`: the first and the last day of what it is of, where that
    is not the entry's.
    """

    entry: int
    measured: float | None = None
    limit: float | None = None
    unit: str | None = None
    apart: str = ""
    remaining: float | None = None
    forbids: bool = False
    day: dt.date | None = None
    on: dt.date | None = None
    until: dt.date | None = None


class Due(msgspec.Struct, frozen=True, gc=False):
    """Something must happen by `due_on`, because of entry `started_by`. `apart`: see Breach; such as a month."""

    started_by: int
    due_on: dt.date | None
    client_id: UUID | None = None
    met_by: int | None = None
    met_on: dt.date | None = None
    apart: str = ""
    opened_on: dt.date | None = None
    """When it came to be in the world, if not with the entry: the first day of a later period, or of its client."""
    until: dt.date | None = None
    """The last day of the period that it is of, or of the client's in it."""


class Warned(msgspec.Struct, frozen=True, gc=False):
    """Something planned would break the rule."""

    measured: float
    limit: float


Finding = Breach | Due | Warned


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure from one entry to another; open while there is no other."""

    rule_id: str
    from_entry: int
    to_entry: int | None
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class ShareTold:
    """A share with its numerator and denominator, in minutes: as the last plan foresees it, and as it was held."""

    rule_id: str
    basis: Literal["planned", "held"]
    entry: int
    part_minutes: int
    whole_minutes: int
    percent: float | None
    at_most_percent: int


class RuleBase(Strict):
    """A rule of a service model. `source` names the seed document or says "own"."""

    id: str = Field(pattern=RULE_ID)
    strength: Strength
    texts: Texts
    source: str = Field(min_length=1)
    remedy: str = ""
    """An English sentence: what would satisfy the rule. May hold {measured}, {limit}, {remaining} and {day}."""

    info_only: ClassVar[bool] = False

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        unknown = {name for _, name, _, _ in Formatter().parse(self.remedy) if name is not None} - PLACEHOLDERS
        if unknown:
            raise ValueError(f"the remedy has unknown places {sorted(unknown)}; known: {sorted(PLACEHOLDERS)}")
        if self.info_only and self.strength is not Strength.INFO:
            raise ValueError('a rule of this kind only informs: its strength must be "info"')
        streams = {selector.stream for selector in self.selectors()}
        if len(streams) > 1:
            told = " and ".join(sorted(str(stream) for stream in streams))
            raise ValueError(f"a rule looks at one stream, but this one names facts of {told}")
        return self

    def selectors(self) -> Iterator[Selector]:
        """Every selector that the rule names."""
        yield from _selectors_in(getattr(self, name) for name in type(self).model_fields)

    def awaits(self) -> Iterable[Selector]:
        """What it waits for: in a case with no entry of any of their facts it finds nothing, whatever else is there."""
        return self.selectors()

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The facts, by name, that it awaits."""
        return frozenset([selector.fact for selector in self.awaits()])

    def find(self, case: Case) -> Iterator[Finding]:
        """What the rule makes of the case."""
        raise NotImplementedError

    def goes_by_the_calendar(self) -> bool:
        """Whether time alone can make it find something more, with no entry recorded."""
        return False

    def measure(self, case: Case) -> Iterator[Measured]:
        """What the rule measures in the case; most measure nothing."""
        return iter(())

    def shares(self, case: Case) -> Iterator[ShareTold]:
        """The shares that the rule follows in the case; most follow none."""
        return iter(())

    def remedy_for(self, breach: Breach) -> str:
        """What would satisfy the rule, said of one breach."""
        said: Mapping[str, str] = {
            "measured": _number(breach.measured),
            "limit": _number(breach.limit),
            "remaining": _number(breach.remaining),
            "day": "unknown" if breach.day is None else breach.day.isoformat(),
        }
        return self.remedy.format_map(said) if self.remedy else self.texts.en


def _selectors_in(values: Iterable[object]) -> Iterator[Selector]:
    for value in values:
        if isinstance(value, Selector):
            yield value
        elif isinstance(value, tuple):
            yield from _selectors_in(value)
        elif isinstance(value, BaseModel):
            yield from _selectors_in(getattr(value, name) for name in type(value).model_fields)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
