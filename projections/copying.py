"""Values as PostgreSQL reads them in COPY's text format: several times faster than adapting each through the driver.

Must never hold: knowledge of tables. Only the kinds of value that a projection's row may hold are known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any
from uuid import UUID

NULL = "\\N"


def copy_text(value: Any) -> str:
    """One field of a row. Raises TypeError on a value of a kind that no row may hold."""
    try:
        return TEXT_OF_KIND[type(value)](value)
    except KeyError:
        to_text = TEXT_OF_KIND[type(value)] = _of_subclass(type(value))
        return to_text(value)


def copy_texts(values: Sequence[Any]) -> list[str]:
    """The same field of many rows. Raises TypeError on a value of a kind that no row may hold."""
    kinds = {type(value) for value in values}
    kinds.discard(type(None))
    if not kinds:
        return [NULL] * len(values)
    if len(kinds) > 1:
        return [copy_text(value) for value in values]
    (kind,) = kinds
    if kind not in TEXT_OF_KIND:
        TEXT_OF_KIND[kind] = _of_subclass(kind)
    to_text = TEXT_OF_KIND[kind]
    return [NULL if value is None else to_text(value) for value in values]


def _of_subclass(kind: type) -> Callable[[Any], str]:
    if issubclass(kind, str) and issubclass(kind, Enum):
        texts = {member: _escaped(member.value) for member in kind}
        return attrgetter("_value_") if all(text.isidentifier() for text in texts.values()) else texts.__getitem__
    raise TypeError(f"a projection's row cannot hold a {kind.__name__}")


def _escaped(text: str) -> str:
    if text.isalnum() or not ("\\" in text or "\t" in text or "\n" in text or "\r" in text):
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def array_literal(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes one; the elements are not null."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    kind = type(value)
    if kind is UUID:
        return _uuid(value)
    if kind is int:
        return str(value)
    text = value.value if isinstance(value, Enum) else str(value)
    return text if text.isidentifier() and text.lower() != "null" else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _array(values: Sequence[Any]) -> str:
    if not values:
        return "{}"
    kind = type(values[0])
    if kind is int:
        return "{" + ",".join(map(str, values)) + "}"
    if kind is UUID:
        return "{" + ",".join(map(_uuid, values)) + "}"
    return _escaped(array_literal(values))


_HEXADECIMAL = "%032x"


def _uuid(value: UUID) -> str:
    return _HEXADECIMAL % value.int


TEXT_OF_KIND: dict[type, Callable[[Any], str]] = {
    type(None): {None: NULL}.__getitem__,
    bool: {True: "t", False: "f"}.__getitem__,
    int: str,
    float: repr,
    str: _escaped,
    UUID: _uuid,
    dt.date: dt.date.isoformat,
    dt.datetime: dt.datetime.isoformat,
    tuple: _array,
    list: _array,
}
