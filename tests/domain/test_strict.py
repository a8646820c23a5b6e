"""What may be told of a field: JSON of its own kind, within bounds that fit wherever it is kept, and nothing twice."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from annotated_types import Ge, Le, Lt
from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from domain.catalogue.model import ServiceModel
from domain.commands import COMMANDS, ON_EVERY_STREAM
from domain.correction import EntryCorrected, MistakeKind
from domain.distinct import check_named_once, lists_of
from domain.fact import Fact
from domain.refusal import NamedTwice, Unreadable
from domain.register.commands.certify_destruction import CertifyDestruction
from domain.register.commands.certify_restriction import CertifyRestriction
from domain.registry import REGISTRY
from domain.strict import Strict
from tests.domain.test_registry import entry_of, sample_of

PROJECTIONS = Path(__file__).resolve().parents[2] / "projections"
INTEGER_COLUMN = re.compile(r"^    (\w+) +(?:integer|int4)\b(?! GENERATED)", re.M)
CERTIFYING = (CertifyDestruction, CertifyRestriction)
"""Commands that only the ledger gives itself."""

EVERY_COMMAND = sorted(
    {*ON_EVERY_STREAM, *(one for own in COMMANDS.values() for one in own)}, key=lambda one: one.__name__
)
_LATE = ("9999-12-31T23:59:59-12:00", "3000-01-02T00:00:00Z")
OTHER_KINDS: dict[Any, list[Any]] = {
    dt.date: [
        0,
        "0",
        "86400",
        "1e3",
        True,
        "2026-03-31T00:00:00Z",
        "20260331",
        "1899-12-31",
        "3000-01-01",
        "0001-01-01",
    ],
    AwareDatetime: [0, "0", "1700000000", "2026-03-31", "2026-03-31T10:00:00", "0001-01-01T00:00:00+14:00", *_LATE],
    int: [True, "3", 3.0, 3.5, "NaN"],
    float: [True, "3.5", float("nan"), float("inf"), -float("inf"), "NaN"],
    bool: [1, 0, "yes", "true"],
    str: [1, True],
    UUID: [1, "matti"],
    Enum: [1, True, "nothing of that name"],
}
"""Of each kind what a lenient reader would make something of, and what cannot be kept."""


def kinds(annotation: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each simple kind that values of the type hold, and where: what stands in a list is its first, `0`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is AwareDatetime:
        yield place, annotation
    elif origin is Annotated:
        yield from kinds(inner[0], place)
    elif origin in (Union, UnionType):
        told = [one for one in inner if one is not type(None)]
        if len(told) == 1:  # of others it must be told first which one is meant
            yield from kinds(told[0], place)
    elif origin is tuple:
        yield from kinds(inner[0], (*place, 0))
    elif origin is dict:
        yield from kinds(inner[1], (*place, "01890000-0000-7000-8000-000000000001"))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from kinds(field.annotation, (*place, name))
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield place, Enum
    elif annotation in OTHER_KINDS:
        yield place, annotation


def told_at(place: tuple[Any, ...], value: Any) -> Any:
    """JSON that holds the value at that place, and nothing else."""
    for part in reversed(place):
        value = [value] if part == 0 else {part: value}
    return value


def faults(kind: type[Strict], body: Any) -> dict[tuple[Any, ...], str]:
    """What reading the body as JSON finds wrong, and where."""
    try:
        kind.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        return {fault["loc"]: fault["msg"] for fault in error.errors(include_url=False)}
    return {}


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda one: one.command_name())
def test_a_field_of_a_command_is_read_from_json_of_its_own_kind_only(command: type[Strict]) -> None:
    for name, field in command.model_fields.items():
        for place, kind in kinds(field.annotation, (name,)):
            for wrong in OTHER_KINDS[kind]:
                found = faults(command, told_at(place, wrong))
                assert any(loc[: len(place)] == place for loc in found), (place, wrong)


class Kinds(Strict):
    """One field of each kind that has more than one way to be written."""

    day: dt.date | None = None
    moment: AwareDatetime | None = None
    who: UUID | None = None
    share: float | None = None


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("day", "2026-03-31", dt.date(2026, 3, 31)),
        ("day", "1900-01-01", dt.date(1900, 1, 1)),
        ("day", "2999-12-31", dt.date(2999, 12, 31)),
        ("moment", "2026-03-31T07:30:00Z", dt.datetime(2026, 3, 31, 7, 30, tzinfo=dt.UTC)),
        ("moment", "2026-03-31T07:30Z", dt.datetime(2026, 3, 31, 7, 30, tzinfo=dt.UTC)),
        ("moment", "2026-03-31 10:30:00.5+03:00", dt.datetime(2026, 3, 31, 7, 30, 0, 500_000, tzinfo=dt.UTC)),
        ("moment", "2026-03-31t10:30:00+0300", dt.datetime(2026, 3, 31, 7, 30, tzinfo=dt.UTC)),
        ("who", "01890000-0000-7000-8000-00000000000A", UUID(int=0x0189000000007000800000000000000A)),
        ("share", 4, 4.0),
    ],
)
def test_what_is_written_as_its_standard_has_it_is_read(field: str, written: Any, meant: Any) -> None:
    read = Kinds.model_validate_json(json.dumps({field: written}), strict=True)
    assert getattr(read, field) == meant
    assert type(getattr(read, field)) is type(meant)


def test_a_day_that_is_none_is_told_with_how_one_is_written() -> None:
    assert faults(Kinds, {"day": "0"}) == {("day",): "Should be a date, such as 2026-03-31, from 1900 to 2999"}
    right = "Should be a time with its offset, such as 2026-03-31T10:30:00+03:00, from 1900 to 2999"
    assert faults(Kinds, {"moment": "2026-03-31T10:30:00"}) == {("moment",): right}


def test_what_is_made_in_python_may_lie_behind_the_last_day_that_can_be_told() -> None:
    assert Kinds(day=dt.date(3049, 1, 1)).day == dt.date(3049, 1, 1)


def numbers(model: type[BaseModel]) -> Iterator[tuple[str, type, tuple[Any, ...]]]:
    """Each number that the model's fields hold, parts included: the field, its kind, what bounds it."""
    for name, field in model.model_fields.items():
        for kind, bounds in _numbers_of(field.annotation, tuple(field.metadata)):
            yield f"{model.__name__}.{name}", kind, bounds


def _numbers_of(annotation: Any, bounds: tuple[Any, ...]) -> Iterator[tuple[type, tuple[Any, ...]]]:
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        told = (one.metadata if isinstance(one, FieldInfo) else [one] for one in inner[1:])
        yield from _numbers_of(inner[0], (*bounds, *chain.from_iterable(told)))
    elif annotation in (int, float):
        yield annotation, bounds
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is not ServiceModel and not issubclass(annotation, Fact):
            yield from ((kind, within) for _, kind, within in numbers(annotation))
    else:
        for one in inner:
            yield from _numbers_of(one, bounds)


def lowest_and_highest(bounds: tuple[Any, ...]) -> tuple[float, float]:
    """Between what the bounds keep a number."""
    low: list[Any] = [one.ge for one in bounds if isinstance(one, Ge)]
    high: list[Any] = [one.le for one in bounds if isinstance(one, Le)]
    below: list[Any] = [one.lt for one in bounds if isinstance(one, Lt)]
    high += [bound - 1 for bound in below]
    assert low, "no lowest"
    assert high, "no highest"
    return max(low), min(high)


EVERY_MODEL = [*REGISTRY.facts.values(), *EVERY_COMMAND, *CERTIFYING]


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda one: one.__name__)
def test_every_number_of_a_fact_or_command_has_a_lowest_and_a_highest_value(model: type[Strict]) -> None:
    assert issubclass(model, Strict)
    for name, _, bounds in numbers(model):
        low, high = lowest_and_highest(bounds)
        assert low < high, name
        assert high < 2**63, f"{name} would fit no column"


def test_a_number_that_a_command_takes_is_one_that_its_fact_takes() -> None:
    compared = 0
    for command in EVERY_COMMAND:
        fact = getattr(command, "tells", None)
        taken = {name.partition(".")[2]: bounds for name, _, bounds in numbers(fact)} if fact else {}
        for name, _, bounds in numbers(command):
            if (field := name.partition(".")[2]) in taken:
                low, high = lowest_and_highest(taken[field])
                assert low <= lowest_and_highest(bounds)[0], name
                assert high >= lowest_and_highest(bounds)[1], name
                compared += 1
    assert compared > 10


def test_a_number_that_is_kept_in_an_integer_column_fits_it() -> None:
    kept = {name for page in PROJECTIONS.glob("*.sql") for name in INTEGER_COLUMN.findall(page.read_text("utf-8"))}
    told = [(name, lowest_and_highest(bounds)) for fact in REGISTRY.facts.values() for name, _, bounds in numbers(fact)]
    held = [(name, low, high) for name, (low, high) in told if name.partition(".")[2] in kept]
    assert len(held) > 30
    assert [name for name, low, high in held if low < -(2**31) or high >= 2**31] == []


def test_what_could_be_written_but_not_read_is_not_stored() -> None:
    deviation = REGISTRY.facts["deviation_noted.1"]
    fact = sample_of(deviation)
    vars(fact)["measured"] = float("nan")
    with pytest.raises(Unreadable):
        REGISTRY.encode(entry_of(fact))


def test_a_correction_to_what_could_not_be_read_is_not_stored() -> None:
    content = sample_of(REGISTRY.facts["deviation_noted.1"])
    vars(content)["measured"] = float("inf")
    correction = EntryCorrected(entry=1, mistake=MistakeKind.TYPING_ERROR, content=content, reason="x")
    with pytest.raises(Unreadable):
        REGISTRY.encode(entry_of(correction), lambda _entry, _hidden: [])


LISTS = [(fact, field) for fact in REGISTRY.facts.values() for field, _ in lists_of(fact)]


@pytest.mark.parametrize(("fact", "field"), LISTS, ids=lambda one: getattr(one, "__name__", one))
def test_nothing_is_named_twice_in_one_list(fact: type[Fact], field: str) -> None:
    once = sample_of(fact)
    check_named_once(once)
    twice = once.model_copy(update={field: getattr(once, field) * 2})
    with pytest.raises(NamedTwice) as refused:
        check_named_once(twice)
    assert refused.value.details["field"] == field


def test_what_is_no_list_of_ids_or_choices_may_come_twice() -> None:
    held = sample_of(REGISTRY.facts["meeting_held.1"])
    check_named_once(held.model_copy(update={"participants": ("sibling", "sibling")}))
