"""Meetings: a fact is never refused because it breaks a service's rule, only when it cannot be a fact."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.plan_meeting import PlanMeeting
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_no_show import RecordNoShow
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import (
    CancelledBy,
    MeetingHeld,
    MeetingKind,
    MeetingMode,
    MeetingPlanned,
)
from domain.episode.state import MeetingStatus
from domain.ledger.identity import new_id
from domain.refusal import (
    OutOfOrder,
    UnknownEpisode,
)
from domain.register.commands.remove_worker import RemoveWorker
from domain.register.facts import WorkerRole
from tests.domain.desk import (
    FIRST_MEETING_ON,
    NOW,
    OTHER_WORKER,
    STARTED_ON,
    TODAY,
    TOMORROW,
    WORKER,
    Desk,
    at,
    meeting,
    meeting_day,
    plan,
    the,
)
from tests.domain.marks import covers, refuses
from tests.domain.test_course import closing
from tests.domain.test_decisions import second_period
from tests.domain.test_rehabilitation_course import BEGUN_ON, in_service


def planned(number: int = 1, **fields: Any) -> PlanMeeting:
    told: dict[str, Any] = {
        "meeting_id": new_id(),
        "worker_ids": (WORKER,),
        "starts_at": at(meeting_day(number)),
        "ends_at": at(meeting_day(number), 11),
        "mode": MeetingMode.HOME,
        "planned_at": at(STARTED_ON),
    }
    return PlanMeeting(**(told | fields))


def cancelled(**fields: Any) -> CancelMeeting:
    told: dict[str, Any] = {
        "meeting_id": new_id(),
        "worker_ids": (WORKER,),
        "starts_at": at(FIRST_MEETING_ON),
        "cancelled_by": CancelledBy.FAMILY,
    }
    return CancelMeeting(**(told | fields))


def no_show(**fields: Any) -> RecordNoShow:
    told: dict[str, Any] = {"meeting_id": new_id(), "worker_ids": (WORKER,), "starts_at": at(FIRST_MEETING_ON)}
    return RecordNoShow(**(told | fields))


@covers(RecordMeeting)
def test_a_held_meeting_stands_on_the_counter_of_every_client_unless_some_are_named(desk: Desk) -> None:
    children = (desk.client(), desk.client(age=6))
    episode_id = desk.started("K2", *children)
    assert the(desk.do(episode_id, meeting(1)).facts(), MeetingHeld).client_ids == children
    one = meeting(2, client_ids=children[:1])
    assert the(desk.do(episode_id, one).facts(), MeetingHeld).client_ids == children[:1]


def test_the_eighth_meeting_of_a_period_is_recorded_with_its_deviation(desk: Desk) -> None:
    episode_id = desk.started(meetings=7)
    assert "meetings" not in desk.deviations(episode_id)
    outcome = desk.do(episode_id, meeting(8))
    deviation = outcome.deviations[0]
    assert (deviation.rule_id, deviation.service, deviation.model_version) == ("meetings", "K2", 1)
    assert (deviation.measured, deviation.limit, deviation.unit) == (8, 7, "meetings")
    assert (deviation.strength, deviation.entry) == ("norm", outcome.entries[0].version)


def test_a_meeting_past_the_cap_is_recorded_with_a_deviation_of_the_cap(desk: Desk) -> None:
    episode_id = desk.started(meetings=14)
    outcome = desk.do(episode_id, meeting(15))
    cap = next(one for one in outcome.deviations if one.rule_id == "cap")
    assert (cap.strength, cap.measured, cap.limit) == ("must", 15, 14)


def test_an_exception_makes_room_for_a_second_period_of_meetings(desk: Desk) -> None:
    episode_id = desk.started(meetings=7)
    desk.do(episode_id, second_period(meeting_day(7)))
    for number in range(8, 15):
        assert not desk.do(episode_id, meeting(number)).deviations


def test_the_second_meeting_without_an_earlier_plan_is_recorded_with_its_deviation(desk: Desk) -> None:
    episode_id = desk.granted()
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    desk.do(episode_id, meeting(1))
    outcome = desk.do(episode_id, meeting(2))
    assert [one.rule_id for one in outcome.deviations] == ["plan-before-second-meeting"]


def test_a_late_entry_of_what_was_done_in_time_leaves_no_deviation(desk: Desk) -> None:
    episode_id = desk.granted()
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    desk.do(episode_id, meeting(1))
    desk.do(episode_id, meeting(2))
    assert "plan-before-second-meeting" in desk.deviations(episode_id)
    late = desk.do(episode_id, plan(FIRST_MEETING_ON))
    assert late.entries[0].occurred_at == at(FIRST_MEETING_ON, 0)
    assert "plan-before-second-meeting" not in desk.deviations(episode_id)


def test_who_tells_a_visit_twice_is_told_of_the_entry_that_may_be_the_same_one(desk: Desk) -> None:
    episode_id = desk.started(meetings=1)
    again = desk.do(episode_id, meeting(1))
    assert [told for told in again.warnings if told.startswith("Entry ")] == [
        f"Entry {again.entries[0].version - 1} tells a meeting of the same people at that time: if it is the same one, "
        "strike one of the two out (strike-out-entry), or it is counted twice."
    ]
    struck = desk.do(
        episode_id,
        StrikeOutEntry(entry=again.entries[0].version, mistake=MistakeKind.ENTERED_TWICE, reason="told twice"),
    )
    assert not any("the same people" in told for told in struck.warnings)
    assert not any("the same people" in told for told in desk.do(episode_id, meeting(2)).warnings)


def test_meetings_side_by_side_of_different_people_are_no_doubt(desk: Desk) -> None:
    children = (desk.client(), desk.client(age=6))
    episode_id = desk.started("K2", *children)
    desk.do(episode_id, meeting(1, client_ids=children[:1]))
    outcome = desk.do(episode_id, meeting(1, client_ids=children[1:]))
    assert not any("the same people" in told for told in outcome.warnings)


def test_who_sends_a_doubtful_visit_again_is_answered_with_the_same_warnings(desk: Desk) -> None:
    episode_id = desk.started(meetings=1)
    key, again = new_id(), meeting(1)
    first = desk.do(episode_id, again, command_id=key)
    second = desk.do(episode_id, again, command_id=key)
    assert second.replayed
    assert any("the same people" in told for told in first.warnings)
    assert second.warnings == first.warnings


@pytest.mark.parametrize(("hours", "is_told"), [(3, False), (12, True), (24, True)])
def test_a_meeting_of_half_a_day_is_recorded_and_its_end_asked_about(desk: Desk, hours: int, is_told: bool) -> None:
    started_at = at(meeting_day(2))
    long = meeting(2, started_at=started_at, ended_at=started_at + dt.timedelta(hours=hours))
    outcome = desk.do(desk.started(meetings=1), long)
    assert any(told.startswith(f"The meeting lasted {hours} hours") for told in outcome.warnings) is is_told


def test_a_meeting_after_an_episode_was_closed_is_recorded_and_asked_about_whatever_its_model(desk: Desk) -> None:
    episode_id = desk.started(meetings=5)
    desk.do(episode_id, closing(meeting_day(5)))
    outcome = desk.do(episode_id, meeting(6))
    assert any(told.startswith(f"The episode was closed on {meeting_day(5)}") for told in outcome.warnings)


def test_a_meeting_that_the_end_asks_for_is_no_doubt_after_it_but_a_second_one_is(desk: Desk) -> None:
    episode_id = in_service(desk, "H1")
    desk.do(episode_id, closing(BEGUN_ON + dt.timedelta(days=10)))

    def negotiated(days: int) -> RecordMeeting:
        day = BEGUN_ON + dt.timedelta(days=days)
        kind = MeetingKind.CLOSING_NEGOTIATION
        return meeting(started_at=at(day), ended_at=at(day, 11), meeting_kind=kind)

    key, asked_for = new_id(), negotiated(12)
    first, again = (desk.do(episode_id, asked_for, command_id=key) for _ in range(2))
    assert any(duty.duty_key.startswith("closing-negotiation/") for duty in first.met_duties)
    second = desk.do(episode_id, negotiated(13))
    doubted = [any("was closed on" in told for told in one.warnings) for one in (first, again, second)]
    assert doubted == [False, False, True]


def test_a_meeting_of_workers_who_never_had_the_episode_is_recorded_and_asked_about(desk: Desk) -> None:
    episode_id = desk.started(meetings=1)
    role = WorkerRole.FAMILY_INSTRUCTOR
    desk.do(episode_id, AssignWorker(assignment_id=new_id(), worker_id=WORKER, role=role, from_on=STARTED_ON))
    assert not desk.do(episode_id, meeting(2, worker_ids=(WORKER, OTHER_WORKER))).warnings
    outcome = desk.do(episode_id, meeting(3, worker_ids=(OTHER_WORKER,)))
    assert any(told.startswith("None of these workers has had this episode") for told in outcome.warnings)


def test_a_meeting_is_recorded_after_the_episode_was_closed_if_it_was_held_before(desk: Desk) -> None:
    episode_id = desk.started(meetings=5)
    desk.do(episode_id, closing())
    outcome = desk.do(episode_id, meeting(6))
    assert "meetings-within-work" not in desk.deviations(episode_id)
    assert outcome.entries


def test_a_meeting_held_outside_the_work_is_recorded_with_its_deviation(desk: Desk) -> None:
    episode_id = desk.started(meetings=5)
    desk.do(episode_id, closing(meeting_day(5)))
    assert [one.rule_id for one in desk.do(episode_id, meeting(6)).deviations] == ["meetings-within-work"]


@refuses(RecordMeeting)
@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"ended_at": at(FIRST_MEETING_ON, 9)}, "ended_before_it_began", "ended_at"),
        (
            {"started_at": NOW + dt.timedelta(minutes=1), "ended_at": NOW + dt.timedelta(minutes=2)},
            "in_the_future",
            "started_at",
        ),
        ({"started_at": NOW, "ended_at": NOW + dt.timedelta(minutes=1)}, "in_the_future", "ended_at"),
        ({"worker_ids": (WORKER, "O9")}, "worker_not_of_register", "worker_ids"),
        ({"client_ids": (new_id(),)}, "client_not_of_episode", "client_ids"),
        (
            {"planned_starts_at": at(TODAY), "planned_ends_at": at(TODAY, 9)},
            "ended_before_it_began",
            "planned_ends_at",
        ),
    ],
)
def test_a_meeting_that_cannot_have_been_so_is_refused_by_name(
    desk: Desk, fields: dict[str, Any], code: str, field: str
) -> None:
    refusal = desk.refused(desk.started(), meeting(1, **fields))
    assert (refusal.code, refusal.details["field"]) == (code, field)
    assert refusal.remedy


def test_a_meeting_that_ends_this_moment_is_a_fact(desk: Desk) -> None:
    assert desk.do(desk.started(), meeting(1, started_at=NOW - dt.timedelta(hours=1), ended_at=NOW)).entries


def test_a_worker_who_had_left_held_no_meeting(desk: Desk) -> None:
    desk.do(desk.register_id, RemoveWorker(worker_id=OTHER_WORKER, left_on=meeting_day(1)))
    episode_id = desk.started()
    assert desk.do(episode_id, meeting(1, worker_ids=(OTHER_WORKER,))).entries
    assert desk.refused(episode_id, meeting(2, worker_ids=(OTHER_WORKER,))).code == "worker_not_of_register"


def test_a_meeting_held_by_nobody_is_malformed() -> None:
    with pytest.raises(ValidationError):
        meeting(1, worker_ids=())


def test_a_moment_without_a_time_zone_is_malformed() -> None:
    with pytest.raises(ValidationError):
        meeting(1, started_at=dt.datetime(2022, 3, 10, 10))  # noqa: DTZ001 -- the fault under test


@refuses(RecordMeeting, CancelMeeting, RecordNoShow, PlanMeeting)
def test_what_became_of_a_meeting_is_recorded_once(desk: Desk) -> None:
    episode_id, meeting_id = desk.started(), new_id()
    desk.do(episode_id, meeting(1, meeting_id=meeting_id))
    again: list[AnyCommand] = [
        meeting(2, meeting_id=meeting_id),
        cancelled(meeting_id=meeting_id),
        no_show(meeting_id=meeting_id),
        planned(3, meeting_id=meeting_id),
    ]
    for command in again:
        refusal = desk.refused(episode_id, command)
        assert (refusal.code, refusal.details["field"]) == ("out_of_order", "meeting_id")
        assert "as held" in refusal.message


def test_client_meetings_belong_to_a_grant_but_a_familiarisation_visit_may_come_before(desk: Desk) -> None:
    episode_id = desk.referred()
    assert isinstance(desk.refused(episode_id, meeting(1)), OutOfOrder)
    assert desk.do(episode_id, meeting(1, meeting_kind=MeetingKind.FAMILIARISATION_VISIT)).entries


@covers(PlanMeeting)
def test_a_planned_meeting_may_be_planned_anew_and_then_held(desk: Desk) -> None:
    episode_id, meeting_id = desk.started(), new_id()
    desk.do(episode_id, planned(1, meeting_id=meeting_id))
    fact = the(desk.do(episode_id, planned(2, meeting_id=meeting_id, planned_at=None)).facts(), MeetingPlanned)
    assert fact.planned_at == NOW
    assert desk.episode(episode_id).meetings == {meeting_id: MeetingStatus.PLANNED}
    desk.do(episode_id, meeting(2, meeting_id=meeting_id))
    assert desk.episode(episode_id).meetings == {meeting_id: MeetingStatus.HELD}


@pytest.mark.parametrize("hours", [(8, 9), (9, 8)])
def test_of_a_meeting_stands_what_was_agreed_last_in_whatever_order_it_was_told(
    desk: Desk, hours: tuple[int, int]
) -> None:
    episode_id, meeting_id = desk.started(), new_id()
    desk.do(episode_id, planned(1, meeting_id=meeting_id, planned_at=at(STARTED_ON, 7)))
    desk.do(episode_id, planned(2, meeting_id=meeting_id, planned_at=at(STARTED_ON, hours[0])))
    desk.do(episode_id, cancelled(meeting_id=meeting_id, cancelled_at=at(STARTED_ON, hours[1])))
    told_last = hours[0] < hours[1]
    stands = MeetingStatus.CANCELLED if told_last else MeetingStatus.PLANNED
    assert desk.episode(episode_id).meetings == {meeting_id: stands}
    if told_last:
        assert "as cancelled" in desk.refused(episode_id, meeting(2, meeting_id=meeting_id)).message
    else:
        assert desk.do(episode_id, meeting(2, meeting_id=meeting_id)).entries, "the later agreement is kept"


def test_a_meeting_may_be_planned_for_the_future_but_not_have_been_planned_in_it(desk: Desk) -> None:
    episode_id = desk.started()
    assert desk.do(episode_id, planned(starts_at=at(TOMORROW), ends_at=at(TOMORROW, 11), planned_at=NOW)).entries
    assert desk.refused(episode_id, planned(planned_at=at(TOMORROW))).details["field"] == "planned_at"


def test_planning_past_the_cap_warns_and_is_recorded(desk: Desk) -> None:
    episode_id = desk.started(meetings=7)
    outcome = desk.do(episode_id, planned(8))
    assert len(outcome.warnings) == 1
    assert "the most is 7" in outcome.warnings[0]
    assert not outcome.deviations
    assert outcome.entries


@covers(CancelMeeting, RecordNoShow)
def test_cancelled_and_missed_meetings_never_count(desk: Desk) -> None:
    episode_id, gone, missed = desk.started(), new_id(), new_id()
    desk.do(episode_id, planned(1, meeting_id=gone))
    desk.do(episode_id, cancelled(meeting_id=gone, cancelled_at=at(STARTED_ON)))
    desk.do(episode_id, no_show(meeting_id=missed))
    state = desk.episode(episode_id)
    assert state.meetings == {gone: MeetingStatus.CANCELLED, missed: MeetingStatus.MISSED}
    assert state.client_meetings_in_spell == 0


def test_a_meeting_to_come_can_be_cancelled_but_nobody_has_missed_it_yet(desk: Desk) -> None:
    episode_id = desk.started()
    assert desk.do(episode_id, cancelled(starts_at=at(TOMORROW))).entries
    assert desk.refused(episode_id, no_show(starts_at=at(TOMORROW))).details["field"] == "starts_at"


def test_no_meeting_is_told_of_an_episode_that_does_not_exist(desk: Desk) -> None:
    commands: list[AnyCommand] = [meeting(), planned(), cancelled(), no_show()]
    for command in commands:
        assert isinstance(desk.refused(new_id(), command), UnknownEpisode)
