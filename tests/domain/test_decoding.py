"""Stored facts are decoded the short way, unvalidated: what comes out is what validation would have given."""

from __future__ import annotations

import datetime as dt
import json
import types
from enum import Enum
from itertools import chain
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from annotated_types import Ge, Le
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json, to_json

from domain.correction import EntryCorrected
from domain.decoding import Told, decoder_of
from domain.entry import Entry
from domain.fact import Fact, JsonObject
from domain.registry import REGISTRY
from domain.withheld import Opened, Withheld
from tests.domain.test_registry import STREAM, entry_of, golden

SHORT = sorted(name for name, kind in REGISTRY.facts.items() if kind is not EntryCorrected)
OFFSETS = some.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: dt.timedelta(minutes=minutes))
MOMENTS = some.builds(
    lambda moment, offset: moment.replace(tzinfo=dt.timezone(offset)),
    some.datetimes(min_value=dt.datetime(1900, 1, 2), max_value=dt.datetime(2100, 1, 1)),  # noqa: DTZ001 -- the zone is drawn beside
    OFFSETS,
)
SIMPLE: dict[Any, some.SearchStrategy[Any]] = {
    UUID: some.uuids(),
    int: some.integers(min_value=-(2**40), max_value=2**40),
    float: some.floats(allow_nan=False, allow_infinity=False),
    bool: some.booleans(),
    str: some.text(max_size=12),
    dt.date: some.dates(),
    AwareDatetime: MOMENTS,
    Any: some.none() | some.integers(-9, 9) | some.text(max_size=5),
}


def values(annotation: Any, metadata: tuple[Any, ...] = ()) -> some.SearchStrategy[Any]:
    """Values of the type, within the bounds of its numbers."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return some.one_of(some.none(), *(values(one, metadata) for one in inner if one is not type(None)))
    if origin is Annotated:
        told = (one.metadata if isinstance(one, FieldInfo) else [one] for one in inner[1:])
        return values(inner[0], (*metadata, *chain.from_iterable(told)))
    if origin is tuple:
        return some.lists(values(inner[0]), min_size=1, max_size=3).map(tuple)
    if origin is dict:
        return some.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return some.sampled_from(list(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return facts(annotation)
    low: list[Any] = [bound.ge for bound in metadata if isinstance(bound, Ge)]
    high: list[Any] = [bound.le for bound in metadata if isinstance(bound, Le)]
    if low or high:
        numbers = some.floats if annotation is float else some.integers
        return numbers(min_value=max(low, default=-9), max_value=min(high, default=2**31))
    return SIMPLE[annotation]


def facts(kind: type[BaseModel]) -> some.SearchStrategy[Any]:
    """Facts (or parts of one) of the class; None where the values drawn cannot stand together."""

    def made(fields: dict[str, Any]) -> Any:
        try:
            return kind(**fields)
        except ValidationError:
            return None

    told = kind.model_fields.items()
    return some.fixed_dictionaries({name: values(one.annotation, tuple(one.metadata)) for name, one in told}).map(made)


def check_same(short: Fact, long: Fact) -> None:
    """Equal in class, fields, their order, and in what would be stored of them."""
    assert type(short) is type(long)
    assert short == long
    assert list(vars(short)) == list(vars(long))
    assert [type(value) for value in vars(short).values()] == [type(value) for value in vars(long).values()]
    assert short.withheld == long.withheld
    assert to_json(short.split()) == to_json(long.split())
    shown, as_shown = dict(short.__repr_args__()), dict(long.__repr_args__())
    assert [shown[field] for field in short.sensitive] == [as_shown[field] for field in long.sensitive]
    assert short.model_copy() == long


def both_ways(fact: Fact, hidden: JsonObject, withheld: dict[str, Withheld]) -> tuple[Fact, Fact]:
    """What was stored of the fact, read the short way and the validated way."""
    plain, _ = fact.split()
    name = fact.stored_name()
    state = to_json({**REGISTRY.parts(entry_of(fact))[0], "plain": plain})
    told = REGISTRY.told(name, state)
    assert isinstance(told, Told), "it went the long way"
    short = REGISTRY.decode(name, told, stream_id=STREAM, version=1, opened=Opened(hidden, withheld)).fact
    return short, type(fact).join(from_json(to_json(plain)), hidden, withheld)


@pytest.mark.parametrize("name", SHORT)
def test_every_golden_state_goes_the_short_way_and_comes_out_as_validated(name: str) -> None:
    stored = json.loads(golden(name))
    hidden = stored.pop("sensitive", {})
    state = json.dumps(stored).encode()
    assert isinstance(REGISTRY.told(name, state), Told)
    seen: dict[str, Any] = {"stream_id": STREAM, "version": 1, "opened": Opened(hidden, {})}
    short: Entry = REGISTRY.decode(name, state, **seen)
    long: Entry = REGISTRY.decode(name, REGISTRY.parse(state), **seen)
    check_same(short.fact, long.fact)
    assert short == long


@pytest.mark.parametrize("name", SHORT)
@settings(max_examples=12)
@given(drawn=some.data())
def test_every_random_fact_comes_out_as_validated_whatever_of_it_is_withheld(name: str, drawn: some.DataObject) -> None:
    fact = drawn.draw(facts(REGISTRY.facts[name]))
    assume(fact is not None)
    _, sensitive = fact.split()
    hidden = from_json(to_json(sensitive))
    lost = drawn.draw(some.sets(some.sampled_from(sorted(hidden)))) if hidden else set()
    withheld = {field: drawn.draw(some.sampled_from(list(Withheld))) for field in sorted(lost)}
    left = {field: value for field, value in hidden.items() if field not in lost}
    check_same(*both_ways(fact, left, withheld))


def test_a_correction_and_what_has_to_be_brought_up_to_date_go_the_long_way() -> None:
    assert decoder_of(EntryCorrected) is None
    for name in (EntryCorrected.stored_name(), *REGISTRY.upcasters):
        assert not isinstance(REGISTRY.told(name, golden(name).replace(b'"sensitive":', b'"sealed_by":')), Told)


@pytest.mark.parametrize(
    "hidden", [{}, {"reason": 7}, {"reason": None}, {"reason": "so", "unheard_of": "words"}, {"reason": ["so"]}]
)
def test_a_sensitive_part_that_does_not_fit_is_told_as_validation_tells_it(hidden: JsonObject) -> None:
    stored = json.loads(golden("duty_waived.1"))
    stored.pop("sensitive")
    state = json.dumps(stored).encode()
    with pytest.raises(ValidationError):
        REGISTRY.decode("duty_waived.1", state, stream_id=STREAM, version=1, opened=Opened(hidden, {}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("started_at", "2022-03-10T10:30:00"),
        ("worker_ids", "O1"),
        ("mode", "by pigeon"),
        ("meeting_id", "not a UUID"),
        ("note", {"in": "the clear"}),
        ("unheard_of", 1),
    ],
)
def test_a_plain_part_that_does_not_fit_is_an_error_that_shows_nothing_of_it(field: str, value: object) -> None:
    stored = json.loads(golden("meeting_held.1"))
    stored.pop("sensitive")
    stored["plain"][field] = value
    with pytest.raises(ValidationError) as told:
        REGISTRY.decode("meeting_held.1", json.dumps(stored).encode(), stream_id=STREAM, version=1)
    assert "pigeon" not in str(told.value)
