"""A late act meets the duty of the period that it names, else of the oldest one that is still open, within bounds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clock import CalendarReached
from domain.consequence import DutyWaived
from domain.fact import Fact
from domain.rules.duty import Duty
from tests.rules.story import day, held, reported, started
from tests.rules.test_calendar_periods import duty, found, told


def quarterly(within: int = 3, **fields: Any) -> Duty:
    """A meeting every quarter, which can be made up for."""
    return duty(every="quarter", made_up_within_months=within, **fields)


def reached(when: str) -> Fact:
    return CalendarReached(reached_on=day(when))


def met_days(rule: Duty, *facts: Fact) -> dict[str, dt.date | None]:
    """When each period's duty was met."""
    return {due.apart: due.met_on for due in found(rule, *facts)}


def test_a_late_act_meets_the_oldest_open_period_late_and_leaves_its_own_open() -> None:
    first, second = found(quarterly(), started("15.1."), held("4.4."))
    assert (first.apart, first.met_on, first.due_on) == ("2023-Q1", day("4.4."), day("31.3."))
    assert (second.apart, second.met_by) == ("2023-Q2", None)


def test_the_next_act_then_meets_its_own() -> None:
    story = (started("15.1."), held("4.4."), held("5.6."), reached("1.7."))
    assert met_days(quarterly(), *story) == {"2023-Q1": day("4.4."), "2023-Q2": day("5.6."), "2023-Q3": None}


def test_without_the_bound_an_act_meets_only_the_period_in_which_it_happened() -> None:
    assert told(duty(every="quarter"), started("15.1."), held("4.4.")) == [("2023-Q1", False), ("2023-Q2", True)]


def test_a_period_that_ended_too_long_ago_is_not_made_up_for() -> None:
    assert met_days(quarterly(1), started("15.1."), held("30.4."))["2023-Q1"] == day("30.4.")
    assert met_days(quarterly(1), started("15.1."), held("1.5.")) == {"2023-Q1": None, "2023-Q2": day("1.5.")}


def test_a_waived_period_is_open_no_more() -> None:
    waived = DutyWaived(duty_key="calendar/1/2023-Q1", waived_on=day("3.4."), reason="x")
    story = (started("15.1."), waived, held("4.4."))
    assert met_days(quarterly(), *story) == {"2023-Q1": None, "2023-Q2": day("4.4.")}


def test_an_act_of_the_period_itself_that_is_entered_late_goes_before_what_would_make_up_for_it() -> None:
    story = (started("15.1."), held("4.4."), held("20.3."))
    assert met_days(quarterly(), *story) == {"2023-Q1": day("20.3."), "2023-Q2": day("4.4.")}


def test_an_act_that_names_its_period_counts_there_and_nowhere_else() -> None:
    rule = quarterly(met_by=[{"fact": "report_written", "at": "covers_to"}, {"fact": "meeting_held"}])
    named = reported("9.5.").model_copy(update={"covers_from": day("1.2."), "covers_to": day("28.2.")})
    assert met_days(rule, started("15.1."), named) == {"2023-Q1": day("9.5."), "2023-Q2": None}
    own = reported("9.5.")  # it covers May: the first quarter stays open, though it could be made up for
    assert met_days(rule, started("15.1."), own) == {"2023-Q1": None, "2023-Q2": day("9.5.")}


def test_of_so_many_a_year_the_missing_ones_can_be_made_up_for() -> None:
    rule = duty(every="year", times=2, made_up_within_months=2)
    story = (started("15.1."), held("1.3."), held("10.1.2024"), held("11.1.2024"))
    assert met_days(rule, *story) == {"2023": day("10.1.2024"), "2024": None}


def test_what_covers_a_period_names_it_and_needs_no_bound() -> None:
    with pytest.raises(ValidationError, match="names it"):
        duty(
            every="month",
            on_day_of_next_month=10,
            met_by={"fact": "report_written"},
            covers=("covers_from", "covers_to"),
            made_up_within_months=1,
        )
