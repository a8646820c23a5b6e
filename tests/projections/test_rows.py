"""Given these events, then this row: one sentence each."""

from uuid import uuid4

import pytest

from domain.client.facts import BirthExpected, ClientRegistered, NonDisclosureOrdered
from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Provenance
from domain.episode.facts import (
    CancelledBy,
    DecisionKind,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeSuspended,
    Goal,
    GoalResult,
    Interruption,
    MeetingCancelled,
    MeetingKind,
    PlanEvaluated,
    PlanKind,
    PlanMade,
    WorkerReleased,
)
from domain.register.facts import WorkerEnrolled, WorkerRole
from domain.registry import REGISTRY
from projections.catalogue import PROJECTIONS
from tests.projections.conftest import Rows
from tests.projections.history import (
    History,
    assigned,
    closed,
    day,
    decision,
    held,
    moment,
    planned,
    referral,
    started,
)


def test_an_episode_is_one_chain_of_rows_each_known_from_where_the_last_ended(history: History, rows: Rows) -> None:
    history.record(uuid4(), referral(uuid4()), decision(), started(), closed(9))
    chain = rows("episodes", standing=False)
    assert [row["phase"] for row in chain] == ["referred", "decided", "active", "closed"]
    assert [(row["known_from"], row["known_to"]) for row in chain] == [(1, 2), (2, 3), (3, 4), (4, None)]
    assert [row["because"] for row in chain] == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]


def test_a_late_recorded_grant_takes_no_running_episode_back(history: History, rows: Rows) -> None:
    history.record(uuid4(), referral(uuid4()), started(2), decision(on=1))
    (row,) = rows("episodes")
    assert row["phase"] == "active"


def test_a_reopened_episode_is_active_and_has_no_outcome(history: History, rows: Rows) -> None:
    reopening = EpisodeReopened(reopened_on=day(12), reason="x")
    history.record(uuid4(), referral(uuid4()), decision(), started(), closed(9), reopening)
    (row,) = rows("episodes")
    assert (row["phase"], row["outcome"], row["closed_on"]) == ("active", None, None)


def test_a_suspended_episode_goes_on_when_resumed(history: History, rows: Rows) -> None:
    pause = (EpisodeSuspended(suspended_on=day(4)), EpisodeResumed(resumed_on=day(6)))
    history.record(uuid4(), referral(uuid4()), decision(), started(), *pause)
    chain = rows("episodes", standing=False)
    assert [row["phase"] for row in chain][-2:] == ["suspended", "active"]


def test_an_episode_that_goes_on_without_a_recorded_start_is_active(history: History, rows: Rows) -> None:
    refusal = decision(DecisionKind.REFUSED)
    history.record(uuid4(), referral(uuid4()), EpisodeResumed(resumed_on=day(5)), refusal)
    assert [row["phase"] for row in rows("episodes")] == ["active"]


def test_an_exception_decision_is_a_row_of_its_own_and_leaves_the_phase(history: History, rows: Rows) -> None:
    exception = decision(DecisionKind.EXCEPTION, on=8, meetings_granted=7)
    history.record(uuid4(), referral(uuid4()), decision(), started(), exception)
    assert [row["kind"] for row in rows("decisions")] == ["granted", "exception"]
    assert rows("episodes")[0]["phase"] == "active"


def test_a_released_worker_has_the_first_day_without(history: History, rows: Rows) -> None:
    assignment = uuid4()
    release = WorkerReleased(assignment_id=assignment, to_on=day(7))
    history.record(uuid4(), referral(uuid4()), assigned(on=1, assignment_id=assignment), release)
    (row,) = rows("assignments")
    assert (row["from_on"], row["to_on"], row["because"]) == (day(1), day(7), [2, 3])


def test_an_assignment_tells_when_its_episode_closed_until_that_is_reopened(history: History, rows: Rows) -> None:
    episode, reopening = uuid4(), EpisodeReopened(reopened_on=day(12), reason="x")
    history.record(episode, referral(uuid4()), assigned("anna"), assigned("bo"), closed(9))
    assert [(row["worker_id"], row["closed_on"], row["to_on"]) for row in rows("assignments")] == [
        ("anna", day(9), None),
        ("bo", day(9), None),
    ]
    history.record(episode, reopening)
    assert [row["closed_on"] for row in rows("assignments")] == [None, None]


def test_a_held_meeting_stays_held_when_its_planning_is_recorded_late(history: History, rows: Rows) -> None:
    meeting, child = uuid4(), uuid4()
    history.record(uuid4(), referral(child), held(meeting, child, on=5), planned(meeting, on=5))
    (row,) = rows("meetings")
    assert (row["status"], row["meeting_on"], row["held_minutes"]) == ("held", day(5), 60)
    assert row["client_ids"] == [child]


@pytest.mark.parametrize(
    ("of_the_meeting", "of_interruptions", "shown"),
    [
        (None, (None, "child_upset", "illness"), "child_upset"),
        ("illness", ("child_upset",), "illness"),
        (None, (None,), None),
    ],
)
def test_a_meeting_shows_why_it_was_interrupted_wherever_that_was_told(
    history: History,
    rows: Rows,
    of_the_meeting: str | None,
    of_interruptions: tuple[str | None, ...],
    shown: str | None,
) -> None:
    interruptions = tuple(Interruption(reason=reason, minutes=10) for reason in of_interruptions)
    told = {"interruption_reason": of_the_meeting, "interruptions": interruptions}
    history.record(uuid4(), held(uuid4(), uuid4(), on=5, **told))
    (row,) = rows("meetings")
    assert row["interruption_reason"] == shown


def test_a_cancelled_meeting_keeps_what_had_been_agreed(history: History, rows: Rows) -> None:
    meeting = uuid4()
    cancellation = MeetingCancelled(
        meeting_id=meeting,
        meeting_kind=MeetingKind.CLIENT_MEETING,
        cancelled_at=moment(4),
        starts_at=moment(5),
        cancelled_by=CancelledBy.FAMILY,
    )
    history.record(uuid4(), referral(uuid4()), planned(meeting, on=5), cancellation)
    (row,) = rows("meetings")
    assert (row["status"], row["cancelled_by"], row["worker_ids"]) == ("cancelled", "family", ["instructor-1"])


def test_a_meeting_keeps_when_the_other_system_entered_it(history: History, rows: Rows) -> None:
    source = Provenance(system="legacy", file="tapaamiset.csv", row_id="7", entered_at=moment(6))
    history.record(uuid4(), held(uuid4(), uuid4(), on=5), provenance=source)
    (row,) = rows("meetings")
    assert row["entered_at"] == moment(6)


def test_a_plan_made_anew_has_the_goals_that_it_then_has(history: History, rows: Rows) -> None:
    plan, first, second = uuid4(), uuid4(), uuid4()

    def made(goal: Goal, on: int) -> PlanMade:
        kind = PlanKind.FAMILY_WORK_PLAN
        return PlanMade(plan_id=plan, plan_kind=kind, made_on=day(on), worker_id="anna", goals=(goal,))

    evaluated = PlanEvaluated(
        plan_id=plan, evaluated_on=day(30), worker_id="anna", goal_results={second: GoalResult.MET}
    )
    history.record(uuid4(), made(Goal(goal_id=first), 3), made(Goal(goal_id=second, theme="rest"), 9), evaluated)
    assert [(row["goal_id"], row["theme"]) for row in rows("goals")] == [(second, "rest")]
    assert [(row["goal_id"], row["result"]) for row in rows("goal_results")] == [(second, "met")]


def test_a_client_is_a_row_without_identity(history: History, rows: Rows) -> None:
    family = uuid4()
    history.record(
        uuid4(),
        ClientRegistered(family_id=family, area="north", identity_code="010199-999X", given_name="Aino"),
        BirthExpected(learnt_on=day(1), expected_on=day(200)),
        NonDisclosureOrdered(),
    )
    (row,) = rows("clients")
    assert (row["family_id"], row["expecting"], row["non_disclosure"]) == (family, True, True)
    assert "Aino" not in str(row)
    assert "010199" not in str(row)


def test_a_worker_is_a_row_without_a_name(history: History, rows: Rows) -> None:
    role = WorkerRole.FAMILY_INSTRUCTOR
    history.record(
        uuid4(), WorkerEnrolled(worker_id="anna", role=role, display_name="Anna A.", area="north", enrolled_on=day(0))
    )
    (row,) = rows("workers")
    assert (row["worker_id"], row["role"], row["area"]) == ("anna", "family_instructor", "north")
    assert "Anna" not in str(row)


def test_text_that_copy_and_arrays_treat_specially_comes_through_unchanged(history: History, rows: Rows) -> None:
    odd = 'tab\t newline\n back\\slash "quote" {brace},'
    history.record(uuid4(), referral(uuid4(), area=odd), held(uuid4(), uuid4(), on=2, worker_ids=(odd, "null", "")))
    assert rows("episodes")[0]["area"] == odd
    assert rows("meetings")[0]["worker_ids"] == [odd, "null", ""]


def test_the_trail_has_a_row_for_every_event_and_marks_what_is_struck_or_corrected(
    history: History, rows: Rows
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(2), closed(9))
    history.correct(episode, 3, started(1))
    history.strike(episode, 4)
    marks = {row["version"]: (row["corrected_by"], row["struck_by"]) for row in rows("trail")}
    assert marks == {1: (None, None), 2: (None, None), 3: (5, None), 4: (None, 6), 5: (None, None), 6: (None, None)}


def test_every_kind_of_fact_is_in_the_trail() -> None:
    (trail,) = (projection for projection in PROJECTIONS if projection.name == "trail")
    assert set(trail.when) == set(REGISTRY.facts.values())


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_only_the_trail_folds_corrections(projection: object) -> None:
    from projections.rows import Projection  # noqa: PLC0415 -- only the annotation of the parameter is an object

    assert isinstance(projection, Projection)
    if projection.name != "trail":
        assert not {EntryCorrected, EntryStruckOut} & set(projection.when)
