"""Duties and deviations: what an act caused goes and comes with it, and only that."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from domain.amend.explain_deviation import ExplainDeviation
from domain.amend.waive_duty import WaiveDuty
from domain.consequence import (
    Concluded,
    DeviationExplained,
    DeviationNoted,
    DeviationWithdrawn,
    Duty,
    DutyMet,
    DutyMoved,
    DutyOpened,
    DutyReopened,
    DutyWaived,
    DutyWithdrawn,
    Judgement,
    ModelReference,
    conclude,
)
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import DecisionKind, DecisionMade, EpisodeClosed, EpisodeStarted, MeetingHeld, PlanMade
from domain.fact import Fact, StreamKind
from domain.ledger.identity import new_id
from domain.refusal import OutOfOrder, Unknown, UnknownDeviation, UnknownDuty
from domain.register.commands.publish_service_model import PublishServiceModel
from tests.domain.desk import (
    DECIDED_ON,
    STARTED_ON,
    TODAY,
    TOMORROW,
    WORKER,
    Desk,
    at,
    grant,
    meeting,
    meeting_day,
    plan,
    the,
)
from tests.domain.marks import covers, refuses
from tests.domain.test_amendments import correct, strike
from tests.domain.test_course import CLOSED_ON, closing
from tests.domain.test_decisions import decision
from tests.domain.test_register import second_version

REASON = "the family asked for it"


def begun(desk: Desk) -> UUID:
    """Short change work that has begun without its plan: one duty is open."""
    episode_id = desk.granted()
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    return episode_id


def closed(desk: Desk) -> UUID:
    """Short change work that was closed and not evaluated."""
    episode_id = desk.started(meetings=5)
    desk.do(episode_id, closing())
    return episode_id


def duty(desk: Desk, stream_id: UUID, rule_id: str) -> Duty | None:
    """The duty of that rule that the stream has recorded."""
    duties = desk.book.state(stream_id, StreamKind.EPISODE).concluded.duties.values()
    return next((one for one in duties if one.rule_id == rule_id), None)


def the_duty(desk: Desk, stream_id: UUID, rule_id: str) -> Duty:
    found = duty(desk, stream_id, rule_id)
    assert found is not None
    return found


def test_the_start_of_short_change_work_opens_the_duty_of_a_plan(desk: Desk) -> None:
    episode_id = desk.granted()
    outcome = desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    opened = outcome.opened_duties[0]
    assert (opened.rule_id, opened.service, opened.model_version) == ("plan", "K2", 1)
    assert (opened.strength, opened.started_by, opened.due_on) == ("must", outcome.entries[0].version, None)
    assert opened.calendar == "fi-working-days"


def test_the_second_meeting_gives_the_duty_of_a_plan_its_day(desk: Desk) -> None:
    episode_id = begun(desk)
    desk.do(episode_id, meeting(1))
    moved = the(desk.do(episode_id, meeting(2)).facts(), DutyMoved)
    assert (moved.due_on, moved.was_due_on) == (meeting_day(2), None)


def test_the_plan_meets_the_duty_on_its_own_day(desk: Desk) -> None:
    episode_id = begun(desk)
    outcome = desk.do(episode_id, plan(STARTED_ON))
    met = outcome.met_duties[0]
    assert (met.met_by, met.met_on) == (outcome.entries[0].version, STARTED_ON)
    assert met.duty_key == the_duty(desk, episode_id, "plan").key


def test_the_closing_opens_the_duty_of_an_evaluation_which_the_evaluation_meets(desk: Desk) -> None:
    episode_id = desk.started(meetings=5)
    opened = desk.do(episode_id, closing()).opened_duties[0]
    assert (opened.rule_id, opened.due_on) == ("evaluation", CLOSED_ON)
    met = desk.do(episode_id, EvaluatePlan(evaluated_on=CLOSED_ON, worker_id=WORKER)).met_duties[0]
    assert met.duty_key == opened.duty_key


def test_a_correction_of_what_started_the_clock_moves_the_duty_and_says_from_when(desk: Desk) -> None:
    episode_id, day = closed(desk), CLOSED_ON + dt.timedelta(days=10)
    number = desk.number(episode_id, EpisodeClosed)
    moved = the(desk.do(episode_id, correct(number, closed_on=day.isoformat())).facts(), DutyMoved)
    assert (moved.due_on, moved.was_due_on) == (day, CLOSED_ON)
    back = desk.do(episode_id, strike(desk.episode(episode_id).version - 1))
    assert the(back.facts(), DutyMoved).due_on == CLOSED_ON


@pytest.mark.parametrize("opened_on", [dt.date(2023, 4, 1), None])
def test_a_periods_duty_whose_clock_has_another_start_now_is_moved_to_when_it_comes_to_be_so(
    opened_on: dt.date | None,
) -> None:
    model, due_on = ModelReference("P7", 1), dt.date(2023, 6, 30)

    def told(began: dt.date | None) -> Judgement:
        one = Duty("r/3/2023-Q2", model, "r", "norm", 3, due_on=due_on, opened_on=began)
        return Judgement(model, {one.key: one})

    recorded = Concluded()
    for fact in conclude(told(dt.date(2023, 5, 4) if opened_on is None else None), recorded):
        recorded.evolve(fact)
    (moved,) = conclude(told(opened_on), recorded)
    assert isinstance(moved, DutyMoved)
    assert (moved.opened_on, moved.due_on) == (opened_on, due_on)
    recorded.evolve(moved)
    assert conclude(told(opened_on), recorded) == []


def test_striking_what_started_the_clock_withdraws_the_duty_and_bringing_it_back_opens_it_again(desk: Desk) -> None:
    episode_id = closed(desk)
    struck = desk.do(episode_id, strike(desk.number(episode_id, EpisodeClosed)))
    assert the(struck.facts(), DutyWithdrawn)
    assert duty(desk, episode_id, "evaluation") is None
    back = desk.do(episode_id, strike(struck.entries[0].version))
    assert the(back.facts(), DutyOpened).rule_id == "evaluation"


def test_striking_what_met_a_duty_reopens_it(desk: Desk) -> None:
    episode_id = desk.started()
    struck = desk.do(episode_id, strike(desk.number(episode_id, PlanMade)))
    assert the(struck.facts(), DutyReopened).duty_key == the_duty(desk, episode_id, "plan").key
    assert the_duty(desk, episode_id, "plan").met_by is None


def test_striking_what_broke_a_rule_withdraws_the_deviation_and_only_that(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    eighth = desk.number(episode_id, MeetingHeld, 8)
    struck = desk.do(episode_id, strike(eighth))
    assert [type(fact).__name__ for fact in struck.facts()] == ["EntryStruckOut", "DeviationWithdrawn"]
    assert desk.deviations(episode_id) == {}
    back = desk.do(episode_id, strike(struck.entries[0].version))
    assert the(back.facts(), DeviationNoted).entry == eighth


def test_striking_an_earlier_meeting_takes_the_excess_away_too(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    struck = desk.do(episode_id, strike(desk.number(episode_id, MeetingHeld, 3)))
    assert the(struck.facts(), DeviationWithdrawn)


def test_striking_the_grant_withdraws_all_that_its_model_had_concluded(desk: Desk) -> None:
    episode_id = desk.referred(desk.client(age=9))
    desk.do(episode_id, grant())
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    struck = desk.do(episode_id, strike(desk.number(episode_id, DecisionMade)))
    kinds: set[type[Fact]] = {type(fact) for fact in struck.facts()}
    assert kinds.issuperset((DeviationWithdrawn, DutyWithdrawn))
    concluded = desk.episode(episode_id).concluded
    assert (concluded.duties, concluded.deviations) == ({}, {})
    back = desk.do(episode_id, strike(struck.entries[0].version))
    assert back.facts(DeviationNoted)
    assert back.facts(DutyOpened)


def moved(desk: Desk, episode_id: UUID) -> int:
    """The entry by which the episode was moved to a second version of its model."""
    desk.do(desk.register_id, PublishServiceModel(content=second_version(dt.date(2022, 4, 1))))
    outcome = desk.do(episode_id, decision(MoveToModel, dt.date(2022, 4, 1), service="K2"))
    assert the(outcome.facts(), DecisionMade).kind is DecisionKind.MOVE
    return outcome.entries[0].version


def test_what_an_earlier_model_concluded_stands_after_a_move_and_follows_its_cause(desk: Desk) -> None:
    episode_id = begun(desk)
    before = the_duty(desk, episode_id, "plan")
    moved(desk, episode_id)
    assert the_duty(desk, episode_id, "plan") == before
    met = desk.do(episode_id, plan(STARTED_ON)).met_duties
    assert [one.duty_key for one in met] == [before.key]
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeStarted)))
    assert duty(desk, episode_id, "plan") is None


def test_a_deviation_noted_before_a_move_is_withdrawn_when_its_entry_is_struck_after_it(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    moved(desk, episode_id)
    assert set(desk.deviations(episode_id)) == {"meetings"}
    desk.do(episode_id, strike(desk.number(episode_id, MeetingHeld, 8)))
    assert desk.deviations(episode_id) == {}


def test_striking_a_move_withdraws_what_its_model_had_concluded_and_only_that(desk: Desk) -> None:
    episode_id = begun(desk)
    before = desk.episode(episode_id).concluded.duties
    move = moved(desk, episode_id)
    desk.do(episode_id, closing(dt.date(2022, 4, 1)))
    assert the_duty(desk, episode_id, "evaluation").model.model_version == 2
    desk.do(episode_id, strike(move))
    evaluation = the_duty(desk, episode_id, "evaluation")
    assert evaluation.model.model_version == 1
    assert all(one.model.model_version == 1 for one in desk.episode(episode_id).concluded.duties.values())
    assert {one.model.model_version for one in before.values()} == {1}


@covers(WaiveDuty)
def test_a_duty_is_waived_with_a_reason_by_an_act_of_its_own(desk: Desk) -> None:
    episode_id = closed(desk)
    key = the_duty(desk, episode_id, "evaluation").key
    fact = the(desk.do(episode_id, WaiveDuty(duty_key=key, waived_on=TODAY, reason=REASON)).facts(), DutyWaived)
    assert (fact.duty_key, fact.reason) == (key, REASON)
    assert the_duty(desk, episode_id, "evaluation").waived
    assert not desk.do(episode_id, WaiveDuty(duty_key=key, waived_on=TODAY, reason=REASON)).entries
    late = desk.do(episode_id, EvaluatePlan(evaluated_on=TODAY, worker_id=WORKER))
    assert late.facts(DutyMet) == [], "what was waived is closed already"


@refuses(WaiveDuty)
def test_only_an_open_duty_is_waived_and_not_in_the_future(desk: Desk) -> None:
    episode_id = desk.started()
    met = the_duty(desk, episode_id, "plan").key
    refusal = desk.refused(episode_id, WaiveDuty(duty_key=met, waived_on=TODAY, reason=REASON))
    assert isinstance(refusal, OutOfOrder)
    unknown = desk.refused(episode_id, WaiveDuty(duty_key="plan/99", waived_on=TODAY, reason=REASON))
    assert isinstance(unknown, UnknownDuty)
    assert unknown.code == "unknown_duty"
    assert met in unknown.remedy
    desk.do(episode_id, strike(desk.number(episode_id, PlanMade)))
    late = desk.refused(episode_id, WaiveDuty(duty_key=met, waived_on=TOMORROW, reason=REASON))
    assert late.details["field"] == "waived_on"
    nowhere = WaiveDuty(duty_key=met, waived_on=TODAY, reason=REASON)
    assert type(desk.refused(new_id(), nowhere)) is Unknown


def test_a_waiver_outlives_the_strike_out_of_what_had_opened_the_duty(desk: Desk) -> None:
    episode_id = closed(desk)
    key = the_duty(desk, episode_id, "evaluation").key
    desk.do(episode_id, WaiveDuty(duty_key=key, waived_on=TODAY, reason=REASON))
    struck = desk.do(episode_id, strike(desk.number(episode_id, EpisodeClosed)))
    assert duty(desk, episode_id, "evaluation") is None
    assert desk.number(episode_id, DutyWaived) in {one.version for one in desk.episode(episode_id).in_force}
    desk.do(episode_id, strike(struck.entries[0].version))
    assert the_duty(desk, episode_id, "evaluation").waived


def test_a_waiver_that_is_struck_out_lets_the_duty_be_met_after_all(desk: Desk) -> None:
    episode_id = closed(desk)
    key = the_duty(desk, episode_id, "evaluation").key
    waiver = desk.do(episode_id, WaiveDuty(duty_key=key, waived_on=TODAY, reason=REASON)).entries[0].version
    desk.do(episode_id, EvaluatePlan(evaluated_on=CLOSED_ON, worker_id=WORKER))
    struck = desk.do(episode_id, strike(waiver))
    assert the(struck.facts(), DutyMet).met_on == CLOSED_ON


@covers(ExplainDeviation)
def test_a_deviation_is_explained_by_an_act_of_its_own_which_outlives_it(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    key = next(iter(desk.episode(episode_id).concluded.deviations))
    explanation = ExplainDeviation(deviation_key=key, explained_on=TODAY, reason=REASON)
    assert the(desk.do(episode_id, explanation).facts(), DeviationExplained).reason == REASON
    desk.do(episode_id, strike(desk.number(episode_id, MeetingHeld, 8)))
    assert desk.number(episode_id, DeviationExplained) in {one.version for one in desk.episode(episode_id).in_force}


@refuses(ExplainDeviation)
def test_only_a_deviation_that_stands_is_explained_and_not_in_the_future(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    key = next(iter(desk.episode(episode_id).concluded.deviations))
    unknown = desk.refused(episode_id, ExplainDeviation(deviation_key="age/2", explained_on=TODAY, reason=REASON))
    assert isinstance(unknown, UnknownDeviation)
    assert unknown.code == "unknown_deviation"
    assert key in unknown.remedy
    late = desk.refused(episode_id, ExplainDeviation(deviation_key=key, explained_on=TOMORROW, reason=REASON))
    assert late.details["field"] == "explained_on"


def test_what_the_ledger_concludes_names_the_act_that_caused_it_and_happened_when_that_did(desk: Desk) -> None:
    episode_id = desk.started(meetings=7)
    outcome = desk.do(episode_id, meeting(8))
    act, conclusion = outcome.entries
    assert (act.caused_by, conclusion.caused_by) == (None, act.version)
    assert act.correlation_id == conclusion.correlation_id == outcome.command_id
    assert conclusion.occurred_at == act.occurred_at == at(meeting_day(8))
    assert act.occurred_at.date() > DECIDED_ON
