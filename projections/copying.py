"""Values as PostgreSQL reads them in COPY's text format: several times faster than adapting each through the driver.

Must never hold: knowledge of tables. Only the kinds of value that a projection's row may hold are known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any
from uuid import UUID


def copy_line(values: Iterable[Any]) -> str:
    """One row, tab-separated, with its newline. Raises TypeError on a value of a kind that no row may hold."""
    return "\t".join([_text(value) for value in values]) + "\n"


def _text(value: Any) -> str:
    to_text = _KINDS.get(type(value))
    if to_text is None:
        to_text = _KINDS[type(value)] = _of_subclass(type(value))
    return to_text(value)


def _of_subclass(kind: type) -> Callable[[Any], str]:
    if issubclass(kind, str) and issubclass(kind, Enum):
        return lambda value: _escaped(value.value)
    raise TypeError(f"a projection's row cannot hold a {kind.__name__}")


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def array_literal(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes one; the elements are not null."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if isinstance(value, int | UUID):
        return str(value)
    text = value.value if isinstance(value, Enum) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _array(values: Iterable[Any]) -> str:
    return _escaped(array_literal(values))


def _positions(values: tuple[Any, ...]) -> str:
    if len(values) == 1 and type(values[0]) is int:
        return f"{{{values[0]}}}"
    return _array(values)


_KINDS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    str: _escaped,
    UUID: lambda value: value.hex,
    dt.date: dt.date.isoformat,
    dt.datetime: dt.datetime.isoformat,
    tuple: _positions,
    list: _array,
}
