"""What time alone can do: which models go by the calendar, and whether a day's being reached tells anything new.

Pure. Must never hold: a clock. Which day it is, the caller says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum

from domain.catalogue.model import ServiceModel
from domain.entry import Entry
from domain.fact import StreamKind
from domain.rules.base import RuleBase, Strength, Warned
from domain.rules.case import Case
from domain.rules.condition import CannotSee
from domain.rules.judge import key_of


class Reach(StrEnum):
    """For how long the calendar may open something in the streams of a model."""

    NEVER = "never"
    UNTIL_THE_END = "until_the_end"
    FOR_EVER = "for_ever"


def reach_of(model: ServiceModel, kind: StreamKind) -> Reach:
    """For how long the calendar may open something in the model's streams of that kind."""
    bound = [rule for rule in _bound(model) if any(selector.stream is kind for selector in rule.selectors())]
    if not bound:
        return Reach.NEVER
    return Reach.UNTIL_THE_END if all(getattr(rule, "until", ()) for rule in bound) else Reach.FOR_EVER


def reaching_tells(model: ServiceModel, entries_in_force: Iterable[Entry], day: dt.date) -> bool:
    """Whether that day, once the calendar has reached it, opens a duty or shows a breach that no entry shows yet.

    Only then is it worth recording.
    """
    rules = list(_bound(model))
    if not rules:
        return False
    entries = list(entries_in_force)
    now, then = Case(entries), Case(entries, reached_on=day)
    return any(_keys(rule, then) - _keys(rule, now) for rule in rules)


def _bound(model: ServiceModel) -> Iterable[RuleBase]:
    return (rule for rule in model.rules if rule.strength is not Strength.INFO and rule.goes_by_the_calendar())


def _keys(rule: RuleBase, case: Case) -> set[str]:
    try:
        return {key_of(rule, finding) for finding in rule.find(case) if not isinstance(finding, Warned)}
    except CannotSee:  # what is withheld tells nothing, on whatever day
        return set()
