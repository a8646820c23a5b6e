"""Durations without drift, meetings by the week, shares of minutes: each at its very limit."""

from __future__ import annotations

import pytest

from domain.episode.facts import MeetingKind, MeetingMode, PlanKind
from domain.fact import Fact
from domain.rules.judge import judge, measures
from tests.rules.models import K2, X9
from tests.rules.story import (
    answered,
    closed,
    contact,
    extension,
    held,
    negotiated,
    plan,
    planned,
    resumed,
    started,
    story,
    suspended,
)


def found(rule_id: str, *facts: Fact) -> dict[str, tuple[float | None, float | None]]:
    """The deviations from a rule: measured and limit, by key without the rule."""
    deviations = judge(X9, story(*facts)).deviations.values()
    mine = [deviation for deviation in deviations if deviation.rule_id == rule_id]
    return {one.key.removeprefix(f"{rule_id}/"): (one.measured, one.limit) for one in mine}


@pytest.mark.parametrize(
    ("start", "last"), [("1.1.", "31.3."), ("30.11.2022", "28.2."), ("31.1.", "30.4."), ("15.2.", "14.5.")]
)
def test_three_months_end_the_day_before_the_same_numbered_day(start: str, last: str) -> None:
    assert found("three-to-six-months", started(start), closed(last)) == {}
    assert found("at-least-three-months", started(start), closed(last)) == {}


def test_a_day_too_long_is_told_in_days() -> None:
    assert found("three-to-six-months", started("1.1."), closed("1.4.")) == {"2": (91, 90)}


def test_a_day_too_short_is_told_in_days() -> None:
    assert found("at-least-three-months", started("1.1."), closed("30.3.")) == {"2": (89, 90)}


def test_meetings_past_the_end_deviate_each() -> None:
    told = found("three-to-six-months", started("1.1."), held("31.3."), held("3.4."), held("4.4."))
    assert set(told) == {"3", "4"}


def test_extensions_add_months_to_the_original_start() -> None:
    extensions = [extension("30.4."), extension("30.5.")]
    assert found("three-to-six-months", started("31.1."), *extensions, closed("30.6.")) == {}


def test_an_extension_decided_late_deviates_by_the_days_between() -> None:
    assert found("three-to-six-months", started("1.1."), extension("4.4."), closed("30.4.")) == {"2/gap": (3, 0)}


def test_the_extension_that_would_pass_six_months_deviates() -> None:
    extensions = [extension("1.3."), extension("2.3."), extension("3.3."), extension("6.3.")]
    assert found("three-to-six-months", started("1.1."), *extensions) == {"5": (212, 181)}


def test_part_weeks_at_the_beginning_and_the_end_are_exempt() -> None:
    assert found("weekly", started("7.3."), planned("13.3."), closed("25.3.")) == {}


def test_a_whole_week_without_a_meeting_deviates_at_the_start_of_the_episode() -> None:
    told = found("weekly", started("6.3."), planned("6.3."), planned("20.3."), closed("26.3."))
    assert told == {"1/2023-W11": (0, 1)}


def test_a_week_that_a_suspension_touches_is_exempt() -> None:
    facts = [started("6.3."), planned("6.3."), suspended("17.3."), resumed("22.3."), closed("26.3.")]
    assert found("weekly", *facts) == {}


def test_a_week_that_nothing_tells_to_be_past_is_not_judged() -> None:
    assert found("weekly", started("6.3."), planned("6.3."), negotiated("17.3.")) == {}


def test_the_fourth_agreed_meeting_of_a_week_deviates_itself() -> None:
    plans = [planned(when) for when in ("6.3.", "7.3.", "8.3.", "9.3.")]
    assert found("weekly", started("6.3."), *plans, closed("12.3.")) == {"5": (4, 3)}


def test_exactly_a_fifth_of_the_client_minutes_may_be_remote() -> None:
    remote = held("6.3.", minutes=20, mode=MeetingMode.VIDEO)
    assert found("remote-share", held("3.3.", minutes=80), remote) == {}
    assert found("remote-share", held("3.3.", minutes=79), remote) == {"2": (20.2, 20)}


def test_negotiations_are_no_client_minutes() -> None:
    negotiation = held("7.3.", MeetingKind.CLOSING_NEGOTIATION, minutes=600)
    remote = held("6.3.", MeetingKind.PHONE_CALL, minutes=21, mode=MeetingMode.PHONE)
    assert set(found("remote-share", held("3.3.", minutes=80), remote, negotiation)) == {"2"}


@pytest.mark.parametrize(("remote", "deviates"), [(120, False), (121, True)])
def test_a_plan_above_the_share_deviates_at_the_plan(remote: int, deviates: bool) -> None:
    made = plan("3.3.", PlanKind.IMPLEMENTATION_PLAN, planned_minutes=600, planned_remote_minutes=remote)
    assert bool(found("remote-share", made)) is deviates


def test_the_waiting_time_is_measured_in_working_days_and_hours() -> None:
    rows = {row.rule_id: row for row in measures(K2, story(contact("3.2."), answered("6.2.")))}
    assert (rows["waiting-time"].value, rows["waiting-time"].unit) == (1, "working_days")
    assert rows["waiting-hours"].value == 73


def test_the_held_share_is_measured() -> None:
    rows = measures(X9, story(held("3.3.", minutes=90), held("6.3.", minutes=10, mode=MeetingMode.PHONE)))
    assert [(row.value, row.unit) for row in rows if row.rule_id == "remote-share"] == [(10, "percent")]
