"""Nobody and nothing is named twice in one list: who is there twice would be counted twice.

Held are lists of ids, of choices, and of parts that bear an id or code of their own. Words and plain codes may come
twice, two siblings were there; and so may choices that say what those present were. Never here: who may be named, which
the commands say.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from domain.fact import Fact
from domain.refusal import NamedTwice

SIGNS = ("code", "system", "reference", "version")
"""What tells a part of a list from the others besides its ids."""
OF_THOSE_PRESENT = frozenset({"professions", "organisations"})
"""Two teachers came, of two schools."""


def check_named_once(fact: Fact) -> None:
    """Raises NamedTwice, naming the field."""
    for field, sign_of in lists_of(type(fact)):
        named = getattr(fact, field)
        if named and len(named) > 1 and len(named) > len({*map(sign_of, named)} if sign_of else {*named}):
            raise NamedTwice(
                f"{field} names somebody or something twice.",
                remedy="Name each once: who is in a list twice would be counted twice.",
                field=field,
            )


@cache
def lists_of(kind: type[Fact]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """The fields in which nothing may come twice, and what tells one of a list from another; None: it does itself."""
    lists: list[tuple[str, Callable[[Any], Any] | None]] = []
    for name, field in kind.model_fields.items():
        one = _one_of(field.annotation)
        is_choice = isinstance(one, type) and issubclass(one, Enum) and name not in OF_THOSE_PRESENT
        if one is UUID or name.endswith("_ids") or is_choice:
            lists.append((name, None))
        elif isinstance(one, type) and issubclass(one, BaseModel):
            signs = [part for part in one.model_fields if part.endswith("_id") or part in SIGNS]
            lists += [(name, attrgetter(*signs))] if signs else []
    return tuple(lists)


def _one_of(annotation: Any) -> Any:
    """What a list of that type holds; None for what is no list."""
    if get_origin(annotation) is Annotated:
        return _one_of(get_args(annotation)[0])
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0]
    inner = [one for one in get_args(annotation) if one is not NoneType]
    return _one_of(inner[0]) if len(inner) == 1 else None
