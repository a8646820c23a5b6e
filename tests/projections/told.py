"""Whatever a caller may send: bodies of any command, as JSON, of the kinds that its fields have, at their bounds too.

Ids come from a small number of them, so that what is told names what is there, or the same twice. Never here: what
should come of it.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum
from random import Random
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

IDS = [UUID(f"01890000-0000-7000-8000-00000000000{number}") for number in range(1, 5)]
"""Of clients, and of whatever a body names."""
WORKERS = ["O1", "O2"]
DAYS = ["2026-03-08"] * 4 + ["2026-03-09", "2026-04-01", "2026-06-30", "2026-09-30"] * 2
ODD_DAYS = ["1900-01-01", "2999-12-31", "2024-02-29", "2026-03-01"]
MOMENTS = ["2026-03-08T10:00:00Z", "2026-03-08T12:30:00.123456+02:00", "2026-04-01T10:00:00+03:00"]
ODD_MOMENTS = ["1900-01-02T00:00:00+23:59", "2026-03-10T00:00:00-23:59", "2999-12-30T23:59:59Z"]
TEXTS = ["a", "two", "ä\u202e😀", "\x7f\x01", "'; --", "\\u0000", "x" * 3000, "{}", "\u2028", ""]
CODES = ["a", "b", "own_goals", "day_care", "z" * 64]
SERVICES = ["K1", "K2", "K2", "F4", "F5", "F2", "P1", "P2", "L1", "H1"]
ODD = 0.06
"""How often a value is one that few would send."""


def body_of(kind: type[BaseModel], draw: Random) -> dict[str, Any]:
    """A body with the fields that must be told, and half of the others."""
    fields = [name for name, field in kind.model_fields.items() if field.is_required() or draw.random() < 0.4]
    return {name: value_of(kind, name, draw) for name in fields}


def value_of(kind: type[BaseModel], name: str, draw: Random) -> Any:
    """Any value of the kind that the field has, as JSON."""
    field = kind.model_fields[name]
    return _value(field.annotation, tuple(field.metadata), name, draw)


def _value(annotation: Any, bounds: tuple[Any, ...], name: str, draw: Random) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is AwareDatetime:
        return draw.choice(ODD_MOMENTS if draw.random() < ODD else MOMENTS)
    if origin is Annotated:
        told = [rule for one in inner[1:] for rule in (one.metadata if isinstance(one, FieldInfo) else [one])]
        return _value(inner[0], (*bounds, *told), name, draw)
    if origin in (Union, UnionType):
        return _value(inner[0], bounds, name, draw)
    if origin is tuple:
        return [_value(inner[0], (), name, draw) for _ in range(draw.choice([1, 1, 2, 3]))]
    if origin is dict:
        return {
            str(_value(inner[0], (), name, draw)): _value(inner[1], (), name, draw) for _ in range(draw.choice([1, 2]))
        }
    return _simple(annotation, bounds, name, draw)


def _simple(annotation: Any, bounds: tuple[Any, ...], name: str, draw: Random) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return draw.choice(list(annotation)).value
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return body_of(annotation, draw)
    if annotation in (int, float):
        lows: list[Any] = [one.ge for one in bounds if isinstance(one, Ge)]
        highs: list[Any] = [one.le for one in bounds if isinstance(one, Le)]
        low, high = max(lows, default=-9), min(highs, default=9)
        return draw.choice([low, high]) if draw.random() < ODD else min(high, max(low, draw.randint(1, 4)))
    choices: dict[Any, list[Any]] = {
        dt.date: ODD_DAYS if draw.random() < ODD else DAYS,
        UUID: [str(one) for one in IDS],
        bool: [True, False],
        str: _texts(name, draw),
    }
    return draw.choice(choices.get(annotation, [None, 1, 1.5, "x", [1], {"a": 1}]))


def _texts(name: str, draw: Random) -> list[str]:
    if draw.random() < ODD:
        return TEXTS
    if name.endswith(("_id", "_ids", "_by", "_maker")):
        return WORKERS
    return SERVICES if "service" in name else CODES
