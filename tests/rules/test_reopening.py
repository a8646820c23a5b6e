"""A closure that was taken back is no end: durations, frequencies and what an end asks for."""

from __future__ import annotations

import pytest

from domain.consequence import Judgement
from domain.episode.facts import MeetingKind, PlanKind
from domain.fact import Fact
from domain.rules.duty import Duty
from domain.rules.judge import judge
from tests.rules.models import CATALOGUE
from tests.rules.story import closed, day, evaluated, feedback, held, plan, reopened, started, story

MODELS = {model.service: model for model in CATALOGUE}


def judged(service: str, *facts: Fact) -> Judgement:
    return judge(MODELS[service], story(*facts))


def deviating(service: str, rule_id: str, *facts: Fact) -> set[str]:
    """The keys of the rule's deviations, without the rule."""
    found = judged(service, *facts).deviations.values()
    return {one.key.removeprefix(f"{rule_id}/") for one in found if one.rule_id == rule_id}


@pytest.mark.parametrize(("service", "rule_id"), [("L2", "at-least-three-months"), ("P2", "three-to-twelve-months")])
def test_a_closure_that_was_taken_back_is_not_too_early(service: str, rule_id: str) -> None:
    early = [started("10.3."), closed("1.4.")]
    assert deviating(service, rule_id, *early) == {"2"}
    assert deviating(service, rule_id, *early, reopened("3.4.")) == set()
    assert deviating(service, rule_id, *early, reopened("3.4."), closed("8.6.")) == {"4"}
    assert deviating(service, rule_id, *early, reopened("3.4."), closed("9.6.")) == set()


def test_weeks_while_the_episode_was_closed_are_exempt_and_those_after_it_went_on_are_judged() -> None:
    weeks = [started("6.3."), held("7.3."), closed("15.3.")]
    assert deviating("H1", "frequency", *weeks, reopened("5.4."), held("20.4.")) == {"1/2023-W15"}
    assert deviating("H1", "frequency", *weeks, reopened("5.4."), held("12.4."), closed("16.4.")) == set()


def test_a_week_between_the_closure_and_a_later_entry_is_not_judged() -> None:
    assert deviating("H1", "frequency", started("6.3."), held("7.3."), closed("12.3."), evaluated("30.4.")) == set()


@pytest.mark.parametrize(
    ("service", "rule_id", "kind"),
    [("K2", "evaluation", None), ("L2", "L0.goals-assessed", None), ("P6", "P0.goals-assessed", None),
     ("H1", "closing-negotiation", MeetingKind.CLOSING_NEGOTIATION)],
)  # fmt: skip
def test_the_second_end_asks_anew_for_what_the_first_one_had(
    service: str, rule_id: str, kind: MeetingKind | None
) -> None:
    def done(when: str) -> Fact:
        return held(when, kind) if kind else evaluated(when)

    twice = [started("10.3."), done("1.4."), closed("2.4."), reopened("5.4."), closed("9.6.")]
    first, second = (judged(service, *twice).duties[f"{rule_id}/{entry}"] for entry in (3, 5))
    assert (first.met_by, second.met_by) == (2, None)
    again = [*twice[:4], done("8.6."), twice[4]]
    assert judged(service, *again).duties[f"{rule_id}/6"].met_by == 5


def test_every_duty_that_a_closure_opens_is_undone_by_the_reopening() -> None:
    rules = [rule for model in CATALOGUE for rule in model.rules if isinstance(rule, Duty)]
    of_closures = [rule for rule in rules if any(one.fact == "episode_closed" for one in rule.opens_on)]
    assert of_closures
    assert [rule.id for rule in of_closures if {one.fact for one in rule.undone_by} != {"episode_reopened"}] == []


def test_a_reopening_takes_back_what_the_closure_had_opened_but_for_what_was_met_by_then() -> None:
    def told(*facts: Fact) -> list[tuple[int, int | None]]:
        standing = judged("P2", started("10.3."), *facts).duties.values()
        return [(duty.started_by, duty.met_by) for duty in standing if duty.rule_id == "partner-feedback"]

    twice = [closed("12.4."), reopened("20.4."), closed("20.10.")]
    assert told(*twice[:1]) == [(2, None)]
    assert told(*twice[:2]) == []
    assert told(*twice) == [(4, None)]
    assert told(*twice, feedback("20.4.", "partner")) == [(4, None)]
    assert told(*twice, feedback("19.4.", "partner")) == [(2, 5), (4, None)]  # entered late
    assert told(*twice, feedback("23.10.", "partner")) == [(4, 5)]


@pytest.mark.parametrize(("service", "rule_id", "due_on"), [
    ("P1", "plan", "16.5."), ("P2", "personal-plan", "9.5."), ("P6", "plan", "16.5."),
    ("P7", "implementation-plan", "16.5."), ("P8", "implementation-plan", "16.5."),
])  # fmt: skip
def test_a_plan_that_was_not_due_by_the_closure_is_due_anew_from_the_reopening(
    service: str, rule_id: str, due_on: str
) -> None:
    begun = [started("10.3."), plan("10.3.", PlanKind.CLIENT_PLAN), closed("13.3.")]
    assert f"{rule_id}/4" not in judged(service, *begun).duties
    assert judged(service, *begun, reopened("2.5.")).duties[f"{rule_id}/4"].due_on == day(due_on)
