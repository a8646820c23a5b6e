"""Tests on what a fact says: the one machinery by which rules choose facts and ask something of them.

A condition names fields of a fact and what each must be. Fields and codes are checked against the fact classes
when a model is loaded. Must never hold: anything about a particular service.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Self, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError, model_validator

from domain.calendar import HELSINKI, day_in_helsinki, is_working_day
from domain.fact import Fact
from domain.registry import REGISTRY
from domain.strict import Strict

Scalar = bool | int | float | str
MINUTES = "minutes"
START_HOUR, END_HOUR, WORKING_DAY = "start_hour", "end_hour", "working_day"
BY_THE_CLOCK = frozenset({MINUTES, START_HOUR, END_HOUR, WORKING_DAY})
"""Fields that rules may ask for though no fact stores them, of whatever has a beginning and an end: how long it took,
the hours of the clock in Helsinki (7.5 is half past seven; past midnight they go on from 24), and whether it began on
a working day."""
INSIDE = "."
"""`interruptions.reason` asks what the parts of `interruptions` say as their `reason`: the values of those
that say it."""

_SPANS = (("started_at", "ended_at"), ("starts_at", "ends_at"))


def _facts_by_name() -> dict[str, type[Fact]]:
    acts = (fact for fact in REGISTRY.facts.values() if not fact.consequence and fact.stream is not None)
    return {fact.fact_name: fact for fact in sorted(acts, key=lambda fact: fact.fact_version)}


FACTS_BY_NAME: Mapping[str, type[Fact]] = _facts_by_name()
"""The acts that a rule may name, without their version: rules see facts brought up to date."""


class Test(Strict):
    """What one field must be; everything stated must hold. An absent value holds only for `present = false`."""

    __test__ = False  # not one of pytest's

    equals: Scalar | None = None
    one_of: tuple[Scalar, ...] | None = None
    at_least: int | float | None = None
    at_most: int | float | None = None
    present: bool | None = None
    contains: str | None = None
    """A code among several, or a part of a text."""
    contains_all: tuple[str, ...] | None = None
    """Codes that must all be among several, or parts of a text."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("a test must ask something: equals, one_of, at_least, at_most, present or contains(_all)")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is at least {self.at_least} and at most {self.at_most}")
        return self

    def holds(self, value: object) -> bool:
        """Whether `value` is as asked."""
        if self.present is not None and self.present != _is_present(value):
            return False
        if self.equals is not None and value != self.equals:
            return False
        if self.one_of is not None and value not in self.one_of:
            return False
        if self.contains is not None and not (isinstance(value, str | tuple) and self.contains in value):
            return False
        if self.contains_all is not None and not self._contains_all(self.contains_all, value):
            return False
        return (self.at_least is None and self.at_most is None) or self._within(value)

    @staticmethod
    def _contains_all(parts: tuple[str, ...], value: object) -> bool:
        return isinstance(value, str | tuple) and all(part in value for part in parts)

    def _within(self, value: object) -> bool:
        if not isinstance(value, int | float):
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def codes(self) -> tuple[Scalar, ...]:
        """The values that the test names."""
        return (*(() if self.equals is None else (self.equals,)), *(self.one_of or ()))


def _is_present(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ((), {})


def _as_test(value: object) -> object:
    if isinstance(value, bool | int | float | str):
        return {"equals": value}
    return {"one_of": value} if isinstance(value, list) else value


Condition = dict[str, Annotated[Test, BeforeValidator(_as_test)]]
"""Fields and what each must be: a scalar, a list (any of) or a test."""


class CannotSee(Exception):
    """A rule asks for a field whose content is withheld: what it would say is not known, and is not guessed."""


def value_of(fact: Fact, field: str) -> object:
    """The value of a field, or of what is reckoned from others. Raises CannotSee."""
    if field in _told_plainly(type(fact)):
        return getattr(fact, field)
    whole = field.partition(INSIDE)[0] if INSIDE in field else field
    if whole in fact.sensitive and whole in fact.withheld:
        raise CannotSee(field)
    if field in type(fact).model_fields:
        return getattr(fact, field)
    if INSIDE in field:
        inside = field.partition(INSIDE)[2]
        said = (getattr(part, inside) for part in getattr(fact, whole) or ())
        return tuple(value for value in said if _is_present(value))
    return minutes_of(fact) if field == MINUTES else _by_the_clock(fact, field)


@cache
def _told_plainly(kind: type[Fact]) -> frozenset[str]:
    """The fields that such a fact has, and that nobody is kept from."""
    return frozenset(kind.model_fields) - kind.sensitive


def _span_of(fact: Fact) -> tuple[dt.datetime, dt.datetime] | None:
    for start, end in _SPANS:
        begun, ended = fact.said_in(start), fact.said_in(end)
        if isinstance(begun, dt.datetime) and isinstance(ended, dt.datetime):
            return begun, ended
    return None


def _by_the_clock(fact: Fact, field: str) -> float | bool | None:
    """What the clock and the calendar in Helsinki say of it; None when beginning or end is not told."""
    span = _span_of(fact)
    if span is None:
        return None
    day = day_in_helsinki(span[0])
    if field == WORKING_DAY:
        return is_working_day(day)
    moment = span[0 if field == START_HOUR else 1].astimezone(HELSINKI)
    return 24 * (moment.date() - day).days + moment.hour + moment.minute / 60


def minutes_of(fact: Fact) -> int | None:
    """Whole minutes from beginning to end, also over a change of the clocks; None when either is not told."""
    span = _span_of(fact)
    if span is None:
        return None
    return int((span[1].astimezone(dt.UTC) - span[0].astimezone(dt.UTC)).total_seconds() // 60)


def satisfies(fact: Fact, condition: Condition) -> bool:
    """Whether everything in the condition holds."""
    for field, test in condition.items():  # noqa: SIM110 -- the innermost loop of judging: all() takes twice as long
        if not test.holds(value_of(fact, field)):
            return False
    return True


def check_fact(fact_name: str) -> type[Fact]:
    """The class of a fact. Raises ValueError in a service designer's words."""
    cls = FACTS_BY_NAME.get(fact_name)
    if cls is None:
        raise ValueError(f'there is no fact "{fact_name}"{nearest(fact_name, FACTS_BY_NAME)}')
    return cls


def check_field(fact_name: str, field: str) -> type[Fact]:
    """The class of a fact that has the field. Raises ValueError in a service designer's words."""
    cls = check_fact(fact_name)
    if INSIDE in field:
        _check_inside(cls, field)
        return cls
    spans = any(start in cls.model_fields and end in cls.model_fields for start, end in _SPANS)
    if field not in cls.model_fields and not (field in BY_THE_CLOCK and spans):
        raise ValueError(f'the fact "{fact_name}" has no field "{field}"{nearest(field, cls.model_fields)}')
    return cls


def _check_inside(cls: type[Fact], field: str) -> None:
    whole, _, inside = field.partition(INSIDE)
    if whole not in cls.model_fields:
        raise ValueError(f'the fact "{cls.fact_name}" has no field "{whole}"{nearest(whole, cls.model_fields)}')
    known = _fields_of_parts(cls.model_fields[whole].annotation)
    if inside not in known:
        hint = nearest(inside, known)
        raise ValueError(f'the parts of "{whole}" of "{cls.fact_name}" have no field "{inside}"{hint}')


def _fields_of_parts(annotation: object) -> frozenset[str]:
    """The fields of the parts of which a field holds several; none when it holds something else."""
    if get_origin(annotation) is tuple:
        (part, *_) = get_args(annotation)
        return frozenset(part.model_fields) if isinstance(part, type) and issubclass(part, BaseModel) else frozenset()
    return frozenset().union(*map(_fields_of_parts, get_args(annotation)))


def check_condition(fact_name: str, condition: Condition) -> None:
    """That every field exists and every code is one that the field can have. Raises ValueError."""
    for field, test in condition.items():
        cls = check_field(fact_name, field)
        if INSIDE in field and not test.model_fields_set <= {"present", "contains", "contains_all"}:
            raise ValueError(f'"{field}" is told by several parts: ask whether it is present or what it contains')
        if field not in cls.model_fields:
            continue
        for code in test.codes():
            try:
                _adapter_of(cls, field).validate_json(json.dumps(code), strict=True)
            except ValidationError as error:
                known = error.errors()[0].get("ctx", {}).get("expected", "")
                hint = f"; known values: {known}" if known else ""
                raise ValueError(f'"{field}" of "{fact_name}" cannot be {json.dumps(code)}{hint}') from None


@cache
def _adapter_of(cls: type[Fact], field: str) -> TypeAdapter[object]:
    """What the field can be. Made once: the models of a register ask for the same few fields a thousand times."""
    return TypeAdapter(cls.model_fields[field].rebuild_annotation())


def nearest(word: str, known: Iterable[str]) -> str:
    """ " (did you mean …?)" when a known word is close."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only needed when something is wrong

    close = get_close_matches(word, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
