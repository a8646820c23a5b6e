"""Frequencies by the working day: something is open every one of them, holidays exempt, late entries counted."""

from __future__ import annotations

from typing import Any

from domain.episode.facts import MeetingKind
from domain.fact import Fact
from domain.rules.base import Breach
from domain.rules.case import Case
from domain.rules.frequency import Frequency
from tests.rules.story import closed, held, resumed, started, story, suspended


def every_working_day(**fields: Any) -> Frequency:
    """At least one meeting every working day from the start to the closure."""
    told: dict[str, Any] = {
        "id": "daily",
        "kind": "frequency",
        "strength": "must",
        "texts": {"fi": "f", "sv": "s", "en": "e"},
        "source": "own",
        "in_every": "working_day",
        "counts": {"fact": "meeting_held"},
        "since": {"fact": "episode_started"},
        "until": {"fact": "episode_closed"},
        "suspended_by": {"fact": "episode_suspended"},
        "resumed_by": {"fact": "episode_resumed"},
        "at_least": 1,
    }
    return Frequency.model_validate(told | fields)


def missing(rule: Frequency, *facts: Fact) -> list[str]:
    """The days on which there was too little."""
    return [found.apart for found in rule.find(Case(story(*facts))) if isinstance(found, Breach)]


def test_a_working_day_without_a_meeting_is_a_breach_by_its_date_at_the_entry_that_began() -> None:
    facts = [started("5.4."), held("5.4."), held("12.4.")]
    (one, *_) = (found for found in every_working_day().find(Case(story(*facts))) if isinstance(found, Breach))
    assert (one.entry, one.measured, one.limit, one.unit) == (1, 0, 1, "meetings in a working day")
    assert missing(every_working_day(), *facts) == ["2023-04-06", "2023-04-11"], "Easter is exempt"


def test_the_day_of_the_latest_entry_is_not_over() -> None:
    assert missing(every_working_day(), started("3.4."), held("3.4."), held("5.4.")) == ["2023-04-04"]
    assert missing(every_working_day(), started("3.4."), held("4.4.")) == ["2023-04-03"]


def test_a_late_entry_takes_the_breach_away() -> None:
    assert missing(every_working_day(), started("3.4."), held("5.4."), held("4.4."), held("3.4.")) == []


def test_the_last_day_counts_and_days_of_suspension_do_not() -> None:
    facts = [started("3.4."), held("3.4."), suspended("4.4."), resumed("6.4.")]
    assert missing(every_working_day(), *facts, closed("6.4.")) == ["2023-04-06"]


def test_too_many_in_a_day_are_a_breach_at_the_one_too_many() -> None:
    rule = every_working_day(at_least=None, at_most=1)
    negotiation = held("3.4.", MeetingKind.INTERIM_NEGOTIATION)
    facts = [started("3.4."), held("3.4."), negotiation, closed("4.4.")]
    found = [one for one in rule.find(Case(story(*facts))) if isinstance(one, Breach)]
    assert [(one.entry, one.measured, one.limit) for one in found] == [(3, 2, 1)]
