"""What is stored plain is a code, an id or a public name: never words about somebody, which nobody could destroy.

A code is a word of small letters, digits and `_ . : / -`; an id may have capitals too; neither has a space in it. What
is known to everybody (an area, a unit, a producer, an act of law, a published instrument) has a public name, and may be
written as it is written elsewhere. Anything else that is to be told belongs in a sensitive field.
Never here: what is sensitive, which each fact says of its own fields; which codes there are, which the models say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.fact import Fact
from domain.refusal import WordsInTheClear
from domain.register.facts import LogRestored, ServiceModelPublished

CODE = re.compile(r"(?:[a-z0-9][a-z0-9_.:/-]{0,63})?")
IDENTIFIER = re.compile(r"(?:(?:[^\W_]|[+/])[\w.:/+=-]{0,127})?")
"""Nothing at all tells of nobody: whether something had to be said is for the service's rules. A root is base64, which
begins with `+` or `/` as often as with a letter."""
PUBLIC_NAME_CHARACTERS = 200
IDENTIFIERS = frozenset(
    {
        "service",
        "codes",
        "cost_centre",
        "origin",
        "reference",
        "channel",
        "restored_root",
        "sealed_root",
        "verifier_key",
    }
)
"""Fields of ids that their names do not tell; of the others the name ends in one of `ID_ENDINGS`."""
ID_ENDINGS = ("_id", "_ids", "_service", "_services", "_by", "_key", "_maker", "_reference")
PUBLIC_NAMES = frozenset(
    {"area", "from_area", "municipality", "unit_name", "register_name", "controller", "predecessor", "successor"}
    | {"producer", "purchaser", "issuer", "authority", "legal_basis", "instrument", "form", "system", "seed"}
)
"""Fields of what everybody may read on a web page: places of administration, organisations, law, instruments."""


def check_plain(fact: Fact) -> None:
    """Raises WordsInTheClear, naming the field, when a field that is stored plain holds what no code, id or name is."""
    if fact.consequence or isinstance(fact, (ServiceModelPublished, LogRestored)):
        return  # written by the ledger itself; a model and a signed restore are public as they stand
    for field, told in _texts(fact):
        if not _is_plain(field, told):
            raise WordsInTheClear(
                f"{field} is stored so that everybody can read it, for ever, and takes {_wanted(field)} only.",
                remedy="Send a code, and write what it does not say into a field of free text, such as the note.",
                field=field,
            )


def _texts(told: BaseModel) -> Iterator[tuple[str, str]]:
    sealed = told.sensitive if isinstance(told, Fact) else frozenset()
    fields = type(told).__pydantic_fields__  # `model_fields` says the same in forty times as long
    for field, value in vars(told).items():
        if field not in sealed and field in fields and type(value) not in _NO_TEXTS:
            yield from _texts_of(field, value)


def _texts_of(field: str, value: Any) -> Iterator[tuple[str, str]]:
    if type(value) is str:  # not an enumeration's
        yield field, value
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from _texts_of(field, one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts_of(field, key)
            yield from _texts_of(field, one)
    elif type(value) not in _NO_TEXTS and not isinstance(value, Enum) and isinstance(value, BaseModel):
        yield from _texts(value)


_NO_TEXTS = frozenset({NoneType, bool, int, float, UUID, dt.date, dt.datetime})


def _is_plain(field: str, told: str) -> bool:
    if field in PUBLIC_NAMES:
        return len(told) <= PUBLIC_NAME_CHARACTERS and told.isprintable()
    return bool((IDENTIFIER if _is_identifier(field) else CODE).fullmatch(told))


@lru_cache(maxsize=1024)  # fields have names of ours: not of a caller's choice
def _is_identifier(field: str) -> bool:
    return field in IDENTIFIERS or field.endswith(ID_ENDINGS)


def _wanted(field: str) -> str:
    if field in PUBLIC_NAMES:
        return f"a public name of at most {PUBLIC_NAME_CHARACTERS} characters on one line"
    if _is_identifier(field):
        return "an id without spaces"
    return "a code of small letters, digits and _ . : / -, at most 64,"
