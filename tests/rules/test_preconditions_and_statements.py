"""Preconditions go by the days of the world; statements tell what was measured and what would satisfy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.entry import Provenance
from domain.episode.facts import DecisionKind
from domain.rules.judge import judge
from tests.rules.models import K2, L0
from tests.rules.story import (
    assessed,
    closed,
    day,
    decided,
    granted,
    held,
    plan,
    proposed,
    reopened,
    started,
    story,
)


def test_a_start_is_in_order_when_the_earlier_grant_is_entered_after_it() -> None:
    assert "decision-before-work/1" not in judge(K2, story(started("2.3."), granted("2.3."))).deviations


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "in_order"),
    [
        (None, None, True),
        ("2.3.", "2.3.", True),
        ("1.3.", None, True),
        (None, "3.3.", True),
        ("3.3.", None, False),
        (None, "1.3.", False),
    ],
)
def test_a_start_is_in_order_on_the_days_for_which_the_service_is_granted(
    valid_from: str | None, valid_to: str | None, *, in_order: bool
) -> None:
    days = {"valid_from": valid_from and day(valid_from), "valid_to": valid_to and day(valid_to)}
    found = judge(K2, story(granted("1.3.", **days), started("2.3."))).deviations
    assert ("decision-before-work/2" not in found) is in_order


@pytest.mark.parametrize(("ended", "in_order"), [("1.3.", False), ("2.3.", False), ("3.3.", True)])
def test_a_service_that_was_decided_to_end_does_not_start(ended: str, *, in_order: bool) -> None:
    entries = story(granted("1.3."), decided(DecisionKind.END, ended), started("2.3."))
    assert ("decision-before-work/3" not in judge(K2, entries).deviations) is in_order


def test_a_plan_of_the_second_meetings_day_is_in_time_by_the_duty_and_by_the_rule_alike() -> None:
    in_time = judge(K2, story(started("1.3."), held("3.3."), held("7.3."), plan("7.3.")))
    assert "plan-before-second-meeting/3" not in in_time.deviations
    assert in_time.duties["plan/1"].met_on == in_time.duties["plan/1"].due_on
    late = judge(K2, story(held("3.3."), held("7.3."), plan("8.3.")))
    assert late.deviations["plan-before-second-meeting/2"].strength == "must"


def test_only_the_second_meeting_deviates_for_want_of_a_plan() -> None:
    judgement = judge(K2, story(held("8.3."), held("3.3."), held("6.3.")))
    assert [key for key in judgement.deviations if key.startswith("plan-before")] == ["plan-before-second-meeting/3"]


def test_a_meeting_on_the_day_of_the_closure_is_within_the_work() -> None:
    told = story(started("2.3."), held("6.3."), closed("6.3."))
    assert "meetings-within-work/2" not in judge(K2, told).deviations


def test_a_meeting_between_the_closure_and_the_reopening_is_outside_the_work() -> None:
    told = story(started("2.3."), closed("6.3."), held("7.3."), reopened("8.3."), held("8.3."))
    keys = {key for key in judge(K2, told).deviations if key.startswith("meetings-within-work")}
    assert keys == {"meetings-within-work/3"}


@pytest.mark.parametrize(
    ("age", "expecting", "deviations"),
    [
        (8, False, set()),
        (9, False, {"target-age/1"}),
        (12, False, {"target-age/1"}),
        (13, False, {"target-age/1", "age/1"}),
        (None, False, {"target-age/1", "age/1"}),
        (31, True, set()),
        (None, True, set()),
    ],
)
def test_the_grant_is_for_a_child_under_thirteen_or_an_expecting_mother(
    age: int | None, expecting: bool, deviations: set[str]
) -> None:
    judgement = judge(K2, story(granted(age_years=age, expecting=expecting)))
    assert set(judgement.deviations) == deviations


@pytest.mark.parametrize("imported", [True, False])
@pytest.mark.parametrize("with_family", [True, False, None])
def test_a_plan_is_with_the_family_when_it_says_so_and_only_an_imported_one_may_leave_it_unsaid(
    with_family: bool | None, imported: bool
) -> None:
    (entry,) = story(plan("3.3.", with_family=with_family))
    told = replace(entry, provenance=Provenance(system="old", file="plans.csv", row_id="1") if imported else None)
    deviates = with_family is False or (with_family is None and not imported)
    assert ("plan-together/1" in judge(K2, [told]).deviations) is deviates


def test_the_remedy_tells_the_age_and_what_it_should_be() -> None:
    judgement = judge(K2, story(granted(age_years=14)))
    deviation = judgement.deviations["age/1"]
    assert (deviation.measured, deviation.limit, deviation.unit) == (14, 12, "years")
    assert judgement.remedies["age/1"].endswith("the age was 14.")


def test_a_grant_that_wants_everything_of_the_frame_breaks_each_of_its_rules_once() -> None:
    judgement = judge(L0, story(granted("1.3."), proposed("2.3."), assessed("2.3.")))
    assert set(judgement.deviations) == {"preparation/1", "proposal-before-decision/1"}


def test_every_deviation_has_a_remedy() -> None:
    judgement = judge(
        K2, story(granted(age_years=14, legal_basis="none"), started("1.2."), held("1.1."), closed("2.2."))
    )
    assert judgement.deviations
    assert set(judgement.remedies) == set(judgement.deviations)
    assert all(judgement.remedies.values())
