"""A rule's limits and dates in words: how many, how long, by when.

Never here: the words (catalogue.toml beside this file); a service's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.rules.base import RuleBase
from domain.rules.measure import Measure
from domain.rules.statement import Statement
from scripts.commandline.labels import label

Word = Callable[[str, str], str]
"""The words for a name of a section, in the language that is read."""

LIMITS = (
    "every", "times", "months", "made_up_within_months", "at_least", "at_most", "at_most_percent", "at_least_months",
    "at_most_months", "extension_months", "cap_months", "one_extension_at_a_time", "follow_on", "same_day",
    "within_days", "within_working_days", "within_months", "on_day_of_next_month", "by_nth", "due_field",
    "months_field", "recurring", "nth", "strictly", "count",
)  # fmt: skip
"""The fields of rules that set a limit or a date, in the order in which they are told."""
ONCE = frozenset({"times", "count"})
"""Of these, 1 is what nobody needs to be told."""
SINGULAR = frozenset({"within_days", "within_working_days", "within_months", "extension_months"})
"""Of these, 1 has words of its own."""


def words_in(lang: str) -> Word:
    """The words of the catalogue's pages in a language."""
    return lambda section, name: label(section, name, lang, page="catalogue")


def limits(rule: RuleBase, word: Word) -> list[str]:
    """What the rule limits, each in words; most rules that ask for a statement limit nothing."""
    told = [_told(rule, name, getattr(rule, name, None), word) for name in LIMITS]
    if isinstance(rule, Statement):
        told += dict.fromkeys(_bounds(rule, word))
    if getattr(rule, "per", None) == "client":
        told.append(word("limit", "per_client"))
    if isinstance(rule, Measure):
        told.append(word("limit", "measured").format(unit=_unit(rule, word)))
    return [words for words in told if words]


def _told(rule: RuleBase, name: str, value: object, word: Word) -> str:
    if value is None or value is False or (name in ONCE and value == 1):
        return ""
    if name == "every":
        value = word("every", str(value))
    elif name in SINGULAR and value == 1:
        name = f"one_{name}"
    elif name == "by_nth":
        value = getattr(value, "n", value)
    elif isinstance(value, tuple):
        value = "–".join(map(str, value))
    return word("limit", name).format(value, unit=_unit(rule, word)).strip()


def _bounds(rule: Statement, word: Word) -> Iterator[str]:
    """The numbers that a statement may hold, where the rule says of what unit they are."""
    if rule.unit is None:
        return
    for condition in rule.any_of:
        for test in condition.values():
            for name, bound in (("at_least", test.at_least), ("at_most", test.at_most)):
                if bound is not None:
                    yield word("limit", name).format(_number(bound), unit=_unit(rule, word)).strip()


def _unit(rule: RuleBase, word: Word) -> str:
    unit = getattr(rule, "in_every", None) or getattr(rule, "unit", None)
    return word("unit", unit) if unit else ""


def _number(bound: float) -> str:
    return f"{bound:g}".replace(".", ",")
