"""Texts that people read, in Finnish, Swedish and English, kept in catalogues beside this file.

Never here: a text in code.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from babel.dates import format_date, format_time

from domain.calendar import HELSINKI
from domain.fact import Fact
from domain.withheld import Withheld

_PLACE = re.compile(r"\{(\w+)(?::(time))?\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_CODED = frozenset({"unit", "agreed_with"})
"""Fields that are codes, though of no closed kind: told in words where there are any."""


class Language(StrEnum):
    """The languages that are told."""

    FI = "fi"
    SV = "sv"
    EN = "en"


_LOCALES = {Language.FI: "fi_FI", Language.SV: "sv_FI", Language.EN: "en_GB"}
_DATES = {Language.SV: "d.M.y"}
_TIMES = {Language.SV: "H.mm"}
"""Swedish dates and times are written in Finland as Finnish ones are; the locale's own are those of Sweden."""


@cache
def history_texts() -> Mapping[str, Any]:
    """The catalogue of the trail: `sentence` by fact name and `words` by code, each by language."""
    found: Mapping[str, Any] = tomllib.loads((resources.files(__name__) / "history.toml").read_text("utf-8"))
    return found


@cache
def _account_texts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((resources.files(__name__) / "account.toml").read_text("utf-8"))
    return found


def account_text(table: str, name: str, language: Language) -> str | None:
    """A text of the readable account; None when there is none of that name."""
    text = _account_texts()[table].get(name, {}).get(language)
    return None if text is None else str(text)


def template(name: str) -> str:
    """A file of this folder that is filled in: a page's template, a script."""
    return (resources.files(__name__) / name).read_text("utf-8")


@cache
def page(name: str) -> str:
    """A page as it stands in its file."""
    return (resources.files(__name__) / f"{name}.html").read_text("utf-8")


def sentence(fact: Fact, language: Language, rule: str = "") -> str:
    """What the fact says, in plain fields only. `rule`: the text of the rule that it names, if it names one."""
    template = history_texts()["sentence"].get(fact.fact_name, {}).get(language)
    if template is None:
        return fact.fact_name
    values = {name: getattr(fact, name) for name in type(fact).model_fields if name not in fact.sensitive}
    values["rule"] = rule or values.get("rule_id")

    def fill(found: re.Match[str]) -> str:
        return told(values.get(found[1]), language, field=found[1], only_time=found[2] == "time")

    def optional(found: re.Match[str]) -> str:
        absent = any(values.get(name) in (None, ()) for name, _ in _PLACE.findall(found[1]))
        return "" if absent else found[1]

    return _PLACE.sub(fill, _OPTIONAL.sub(optional, template))


def withheld_word(why: Withheld, language: Language) -> str:
    """What stands where a part cannot be read."""
    return str(history_texts()["withheld"][why.value][language])


def told(value: Any, language: Language, *, field: str = "", only_time: bool = False) -> str:
    """A value as people write it: times in Finland, codes in words."""
    locale = _LOCALES[language]
    match value:
        case None:
            return "–"
        case bool():
            return _word(str(value).lower(), field, language)
        case StrEnum():
            return _word(value.value, field, language)
        case str() if field in _CODED:
            return _word(value, field, language)
        case dt.datetime():
            time = format_time(value, _TIMES.get(language, "short"), tzinfo=HELSINKI, locale=locale)
            day = value.astimezone(HELSINKI).date()
            return time if only_time else f"{told(day, language)} {time}"
        case dt.date():
            return format_date(value, _DATES.get(language, "medium"), locale=locale)
        case float():
            return f"{value:g}"
        case tuple() | list():
            return ", ".join(told(one, language, field=field) for one in value) or "–"
        case _:
            return str(value)


def _word(code: str, field: str, language: Language) -> str:
    words = history_texts()["words"]
    return str(words.get(f"{field}.{code}", words.get(code, {})).get(language, code))
