"""Duties: when they are due, what meets them, and when they are due no more."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.consequence import Duty
from domain.episode.facts import PlanKind
from domain.fact import Fact
from domain.rules.judge import judge
from tests.rules.models import CATALOGUE, K2, L0, X9
from tests.rules.story import (
    CHILD,
    SIBLING,
    answered,
    at,
    cancelled,
    closed,
    contact,
    day,
    evaluated,
    feedback,
    held,
    meeting,
    negotiated,
    plan,
    planned,
    referral,
    reopened,
    reported,
    started,
    story,
)


def duties(rule_id: str, *facts: Fact) -> list[Duty]:
    """The duties of a rule in the model that has it."""
    model = next(model for model in (K2, X9, L0) if model.rule(rule_id))
    return [duty for duty in judge(model, story(*facts)).duties.values() if duty.rule_id == rule_id]


def due(rule_id: str, *facts: Fact) -> list[dt.date | None]:
    return [duty.due_on for duty in duties(rule_id, *facts)]


def test_the_plan_has_no_due_date_before_there_is_a_second_meeting() -> None:
    (duty,) = duties("plan", started(), held("3.3."))
    assert (duty.key, duty.due_on, duty.met_by) == ("plan/1", None, None)


def test_the_plan_is_due_on_the_day_of_the_planned_second_meeting() -> None:
    assert due("plan", started(), held("3.3."), planned("10.3.")) == [day("10.3.")]


def test_a_cancelled_meeting_is_not_the_second() -> None:
    assert due("plan", started(), held("3.3."), planned("10.3."), cancelled("10.3.")) == [None]


def test_the_second_meeting_is_on_the_day_agreed_last_in_whatever_order_it_was_told() -> None:
    anew, before = planned("17.3.", planned_at=at("4.3.")), planned("10.3.", meeting_id=meeting("client_meeting17.3."))
    assert due("plan", started(), held("3.3."), anew, before) == [day("17.3.")]


def test_a_calling_off_leaves_what_was_agreed_after_it() -> None:
    before, anew = planned("10.3."), planned("17.3.", planned_at=at("9.3."), meeting_id=meeting("client_meeting10.3."))
    called_off = cancelled("10.3.", cancelled_at=at("8.3."))
    assert due("plan", started(), held("3.3."), before, anew, called_off) == [day("17.3.")]


def test_a_meeting_that_was_planned_and_held_is_one_meeting() -> None:
    assert due("plan", started(), planned("3.3."), held("3.3.")) == [None]


def test_a_plan_made_before_the_start_meets_the_duty() -> None:
    (duty,) = duties("plan", plan("1.3."), started("2.3."))
    assert (duty.met_by, duty.met_on) == (1, day("1.3."))


def test_a_plan_of_another_kind_does_not_meet_the_duty() -> None:
    (duty,) = duties("plan", started(), plan("3.3.", PlanKind.CLIENT_PLAN))
    assert duty.met_by is None


def test_a_plan_is_due_no_more_when_the_work_ended_before_a_second_meeting() -> None:
    assert duties("plan", started(), held("3.3."), closed("6.3.")) == []


def test_a_plan_is_due_again_when_the_episode_is_reopened() -> None:
    assert due("plan", started(), held("3.3."), closed("6.3."), reopened("7.3.")) == [None]


def test_a_plan_that_was_due_before_the_end_stays_due_after_it() -> None:
    assert due("plan", started(), held("3.3."), held("6.3."), closed("7.3.")) == [day("6.3.")]


def test_the_evaluation_is_due_on_the_day_of_the_closure_and_an_earlier_one_counts() -> None:
    (duty,) = duties("evaluation", evaluated("30.3."), closed("1.4."))
    assert (duty.due_on, duty.met_on, duty.started_by) == (day("1.4."), day("30.3."), 2)


@pytest.mark.parametrize(
    ("arrival", "answer_by"),
    [
        ("1.2.", "3.2."),  # Wednesday to Friday
        ("3.2.", "7.2."),  # Friday to Tuesday
        ("4.2.", "7.2."),  # Saturday to Tuesday
        ("21.6.", "26.6."),  # over Midsummer
        ("22.12.", "28.12."),  # over Christmas
        ("4.12.", "7.12."),  # over Independence Day
    ],
)
def test_in_two_working_days_does_not_count_the_day_of_arrival(arrival: str, answer_by: str) -> None:
    assert due("answer", contact(arrival)) == [day(answer_by)]


def test_feedback_is_met_by_the_responsible_worker_only() -> None:
    assert [duty.met_by for duty in duties("feedback", closed("3.4."), feedback("4.4.", "family"))] == [None]
    assert due("feedback", closed("3.4.")) == [day("19.4.")]  # over Easter


def test_the_first_monthly_negotiation_is_due_a_month_after_the_start() -> None:
    assert due("monthly-negotiation", started("31.1.")) == [day("28.2.")]


def test_each_negotiation_opens_the_next_a_month_after_itself() -> None:
    told = duties("monthly-negotiation", started("31.1."), negotiated("20.2."), negotiated("17.3."))
    assert [(duty.started_by, duty.due_on, duty.met_by) for duty in told] == [
        (1, day("28.2."), 2),
        (2, day("20.3."), 3),
        (3, day("17.4."), None),
    ]


def test_the_next_negotiation_is_not_due_when_the_work_ended_before_it() -> None:
    told = duties("monthly-negotiation", started("31.1."), negotiated("20.2."), closed("20.3."))
    assert [duty.started_by for duty in told] == [1]


def test_a_negotiation_that_was_late_when_the_work_ended_stays_due() -> None:
    told = duties("monthly-negotiation", started("31.1."), negotiated("20.2."), closed("21.3."))
    assert [duty.met_by for duty in told] == [2, None]


def test_a_monthly_report_is_due_for_each_client_on_the_tenth_of_the_next_month() -> None:
    told = duties("monthly-report", referral(clients=(CHILD, SIBLING)), started("31.1."), reported("6.2.", SIBLING))
    open_ones = {duty.client_id: duty.due_on for duty in told if duty.met_by is None}
    assert open_ones == {CHILD: day("10.2."), SIBLING: day("10.3.")}
    assert f"monthly-report/2/{CHILD}" in {duty.key for duty in told}


def test_a_month_with_a_day_of_the_service_is_reported_though_it_ended_in_it() -> None:
    told = duties("monthly-report", referral(), started("2.3."), reported("28.3."), closed("3.4."))
    assert [duty.due_on for duty in told] == [day("10.4."), day("10.5.")]


def test_a_month_without_a_day_of_the_service_is_not_reported() -> None:
    told = duties("monthly-report", referral(), started("2.3."), reported("28.3."), closed("31.3."))
    assert [duty.due_on for duty in told] == [day("10.4.")]


def test_what_happened_before_the_duty_was_opened_does_not_meet_it() -> None:
    assert [duty.met_by for duty in duties("answer", contact("3.2."), answered("2.2."))] == [None]


def test_a_negotiation_that_would_be_due_while_the_episode_was_closed_is_due_a_month_after_the_reopening() -> None:
    told = duties("monthly-negotiation", started("31.1."), negotiated("20.2."), closed("17.3."), reopened("1.9."))
    assert [(duty.started_by, duty.due_on) for duty in told if not duty.met_by] == [(4, day("1.10."))]
    told = duties("monthly-negotiation", started("31.1."), closed("17.2."), reopened("1.9."), negotiated("25.9."))
    assert [(duty.started_by, duty.due_on, duty.met_by) for duty in told] == [
        (3, day("1.10."), 4),
        (4, day("25.10."), None),
    ]


def test_a_negotiation_that_was_held_in_time_or_late_before_the_closure_stays_as_it_was() -> None:
    short = [negotiated("20.2."), closed("17.3."), reopened("21.3.")]
    assert due("monthly-negotiation", started("31.1."), *short) == [day("28.2."), day("21.4.")]
    assert due("monthly-negotiation", started("10.1."), *short) == [day("10.2."), day("21.4.")]
    assert due("monthly-negotiation", started("31.1."), *short[:1], closed("3.3."), reopened("20.3.")) == [
        day("28.2."),
        day("20.3."),
    ]


def test_one_that_was_late_when_the_episode_was_closed_stays_so_after_the_reopening() -> None:
    (duty,) = duties("monthly-negotiation", started("31.1."), closed("17.4."), reopened("1.9."))
    assert (duty.started_by, duty.due_on) == (1, day("28.2."))


def test_what_is_due_on_a_day_off_and_was_not_late_by_the_end_is_due_no_more() -> None:
    assert due("monthly-negotiation", started("15.3."), closed("17.4.")) == []  # Saturday 15.4., to Monday
    assert due("monthly-negotiation", started("15.3."), closed("18.4.")) == [day("15.4.")]


@pytest.mark.parametrize("service", ["P7", "P8"])
def test_the_implementation_plan_is_due_ten_working_days_after_the_client_plan_or_the_start_whichever_was_later(
    service: str,
) -> None:
    model = next(model for model in CATALOGUE if model.service == service)
    old = plan("1.9.2022", PlanKind.CLIENT_PLAN)

    def told(*facts: Fact) -> list[tuple[dt.date | None, int | None]]:
        standing = judge(model, story(*facts)).duties.values()
        return [(duty.due_on, duty.met_by) for duty in standing if duty.rule_id == "implementation-plan"]

    assert told(old) == [(None, None)]
    assert told(old, started("8.3.")) == [(day("22.3."), None)]
    assert told(started("8.3."), plan("15.3.", PlanKind.CLIENT_PLAN)) == [(day("29.3."), None)]
    assert told(old, plan("7.3.", PlanKind.IMPLEMENTATION_PLAN), started("8.3.")) == [(day("22.3."), 2)]
    assert told(old, closed("9.3.")) == []
