"""What every projection must do, on one history that touches all of them: a new one is in it by being there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from domain.activity.facts import (
    ActivityEnded,
    ActivityOpened,
    ActivityService,
    Circle,
    JointSurveyHandled,
    JointSurveyHeld,
    OrganisersMet,
    OutreachKind,
    OutreachMade,
    PlaceClosed,
    PlaceKind,
    PlaceOpened,
    SessionHeld,
    SessionKind,
    SurveyChange,
)
from domain.client.facts import (
    BirthExpected,
    ClientRegistered,
    ConsentGiven,
    ConsentScope,
    ConsentWithdrawn,
    FamilyJoined,
)
from domain.conference.facts import (
    ActionKind,
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceKind,
    ConferenceOutcome,
    Handling,
    RiskLevel,
    ViolenceRiskAssessed,
)
from domain.consequence import DeviationExplained, DeviationNoted, DutyMet, DutyMoved, DutyOpened, DutyWaived
from domain.contact.facts import (
    ContactAnswered,
    ContactChannel,
    ContactReceived,
    ContactSource,
    FamilyConsent,
    GuidanceKind,
    GuidanceManner,
    OnwardGuidanceGiven,
)
from domain.episode.facts import (
    ChildJoined,
    ClientshipEnded,
    EpisodeTransferred,
    Goal,
    GoalResult,
    PaymentCommitmentReceived,
    PlanEvaluated,
    PlanKind,
    PlanMade,
    WorkerReleased,
)
from domain.fact import Fact
from domain.family_centre import FamilyCentreArea, PlaceOrganisation, Sector
from domain.ledger.connections import as_role
from domain.network.facts import (
    ActionPlanMade,
    Audience,
    ConsultationMapped,
    Denominator,
    DenominatorTold,
    GatheringHeld,
    GatheringKind,
    GatheringPlanned,
    GoalMeasure,
    GoalSet,
    GroupFormed,
    GroupKind,
    GroupMet,
    HandbookReviewed,
    MeasureKind,
    Method,
    MethodUseCounted,
    NetworkEnded,
    NetworkOpened,
    PlanTaskAgreed,
    PlanTaskDone,
    Progress,
    ProgressNoted,
)
from domain.organisations import Organisation
from domain.register.facts import ServiceModelPublished, UnitOpened, WorkerEnrolled, WorkerLeft, WorkerRole
from projections import store
from projections.batch import take
from projections.catalogue import PROJECTIONS
from projections.engine import Engine, run_once
from projections.feed import read_batch
from projections.install import register_connection
from projections.rebuild import rebuild
from projections.rows import Projection
from projections.store import BatchReplayed, fingerprint
from tests.projections.conftest import Book
from tests.projections.history import (
    History,
    assigned,
    day,
    decision,
    held,
    moment,
    planned,
    referral,
    started,
    whole_episode,
)
from tests.projections.quality import whole_file

every_projection = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)


def family_centre() -> list[tuple[UUID, Fact]]:
    """Facts for every table of a family centre."""
    activity, network, place, group, plan, task, goal, measure = (uuid4() for _ in range(8))
    of_activity: list[Fact] = [
        ActivityOpened(opened_on=day(0), area=FamilyCentreArea.POSIO, service=ActivityService.F4, model_version=1),
        PlaceOpened(
            place_id=place, place_kind=PlaceKind.BABY_CAFE, organiser=PlaceOrganisation.PARISH, opened_on=day(0)
        ),
        SessionHeld(
            session_id=uuid4(),
            place_id=place,
            session_kind=SessionKind.OPEN_SESSION,
            held_on=day(1),
            adults=3,
            children=4,
            under_ones=2,
            first_timers=1,
            minutes=90,
        ),
        OutreachMade(
            place_id=place,
            organisation=PlaceOrganisation.GIRLS_HOUSE,
            outreach_kind=OutreachKind.ADVICE,
            made_on=day(1),
        ),
        OrganisersMet(
            meeting_id=uuid4(), circle=Circle.ORGANISERS_CORE, met_on=day(2), present=(PlaceOrganisation.PARISH,)
        ),
        JointSurveyHeld(survey_id=plan, opened_on=day(2), closed_on=day(3), answers=5),
        JointSurveyHandled(survey_id=plan, handled_on=day(4), changes=(SurveyChange.PLACES,)),
        PlaceClosed(place_id=place, closed_on=day(5)),
        ActivityEnded(ended_on=day(6)),
    ]
    of_network: list[Fact] = [
        NetworkOpened(opened_on=day(0), area=FamilyCentreArea.POSIO, service="F5", model_version=1),
        GroupFormed(group_id=group, group_kind=GroupKind.CORE_GROUP, formed_on=day(0), sectors=(Sector.HEALTH,)),
        GroupMet(
            meeting_id=uuid4(),
            group_id=group,
            group_kind=GroupKind.CORE_GROUP,
            met_on=day(1),
            sectors_present=(Sector.HEALTH,),
            note="x",
        ),
        ActionPlanMade(plan_id=plan, made_on=day(1), covers_from=day(0), covers_to=day(90)),
        PlanTaskAgreed(task_id=task, plan_id=plan, agreed_on=day(1), due_on=day(9), owner=Sector.HEALTH),
        PlanTaskDone(task_id=task, done_on=day(3)),
        GoalSet(
            goal_id=goal,
            number=1,
            set_on=day(1),
            covers_from=day(0),
            covers_to=day(90),
            measures=(GoalMeasure(measure_id=measure, measure_kind=MeasureKind.NETWORK_FAIR_HELD, target=1),),
        ),
        ProgressNoted(goal_id=goal, measure_id=measure, noted_on=day(2), progress=Progress.UNDER_WAY),
        GatheringPlanned(
            gathering_id=task, gathering_kind=GatheringKind.NETWORK_FAIR, planned_on=day(1), takes_place_on=day(4)
        ),
        GatheringHeld(gathering_id=task, gathering_kind=GatheringKind.NETWORK_FAIR, held_on=day(4)),
        MethodUseCounted(method=Method.NOKKO, counted_on=day(5), covers_from=day(0), covers_to=day(5), uses=2),
        ConsultationMapped(
            mapped_on=day(5),
            asked_by=Audience.SCHOOL_STAFF,
            asked_of=Audience.HEALTH_STAFF,
            works_well=True,
            more_needed=False,
        ),
        DenominatorTold(told_on=day(5), year=2020, denominator=Denominator.BIRTHS, value=5, source_code="s"),
        HandbookReviewed(reviewed_on=day(6)),
        NetworkEnded(ended_on=day(7)),
    ]
    return [*((activity, fact) for fact in of_activity), *((network, fact) for fact in of_network)]


def everything() -> list[tuple[UUID, Fact]]:
    """Facts for every table."""
    register, client, child, contact, episode, quality_file = (uuid4() for _ in range(6))
    consent, assignment, plan, goal = uuid4(), uuid4(), uuid4(), uuid4()
    conference = uuid4()
    duty = DutyOpened(
        duty_key="d", rule_id="r", service="K1", model_version=1, strength="must", due_on=day(5), started_by=1
    )
    deviation = DeviationNoted(
        deviation_key="x", rule_id="r", service="K1", model_version=1, strength="norm", entry=2, measured=1.5
    )
    return [
        (register, UnitOpened(unit_id="u", unit_name="Unit", opened_on=day(0))),
        (register, WorkerEnrolled(worker_id="anna", role=WorkerRole.FAMILY_INSTRUCTOR, enrolled_on=day(0))),
        (register, WorkerLeft(worker_id="anna", left_on=day(90))),
        (register, ServiceModelPublished(
            service="K1", model_version=1, valid_from=day(0), content_sha256="0",
            content={"rules": [{"id": "r", "kind": "cap", "strength": "must"}]})),
        (client, ClientRegistered(area="north")),
        (client, BirthExpected(learnt_on=day(0), expected_on=day(90))),
        (client, FamilyJoined(family_id=uuid4(), joined_on=day(1))),
        (client, ConsentGiven(consent_id=consent, scope=ConsentScope.SHARING, given_on=day(0))),
        (client, ConsentWithdrawn(consent_id=consent, withdrawn_on=day(5))),
        (contact, ContactReceived(
            received_at=moment(0), channel=ContactChannel.PHONE, source=ContactSource.FAMILY,
            consent=FamilyConsent.GIVEN)),
        (contact, ContactAnswered(answered_at=moment(1), worker_id="anna")),
        (contact, OnwardGuidanceGiven(
            given_on=day(1), worker_id="anna", guidance_kind=GuidanceKind.GUIDANCE, manner=GuidanceManner.GUIDED,
            target=Organisation.PARISH)),
        (conference, ConferenceConvened(
            convened_on=day(0), conference_kind=ConferenceKind.MARAK, handling=Handling.IDENTIFIED, service="F2",
            model_version=1, convened_by=Organisation.POLICE, organisations=(Organisation.POLICE,),
            client_ids=(client,))),
        (conference, ConferenceHeld(
            held_on=day(1), conference_kind=ConferenceKind.MARAK, organisations=(Organisation.POLICE,))),
        (conference, ViolenceRiskAssessed(assessed_on=day(1), risk=RiskLevel.HIGH)),
        (conference, ConferenceActionAgreed(
            action=1, agreed_on=day(1), action_kind=ActionKind.SAFETY_MEASURE, owner=Organisation.POLICE,
            due_on=day(4))),
        (conference, ConferenceActionBegun(action=1, begun_on=day(3))),
        (conference, ConferenceClosed(
            closed_on=day(9), conference_kind=ConferenceKind.MARAK, outcome=ConferenceOutcome.ACTIONS_BEGUN)),
        (episode, referral(client)),
        (episode, decision()),
        (episode, assigned(assignment_id=assignment)),
        (episode, started()),
        (episode, PaymentCommitmentReceived(
            commitment_id=uuid4(), received_on=day(1), issuer="i", payer_service="p", valid_from=day(1))),
        (episode, duty),
        (episode, DutyMoved(duty_key="d", due_on=day(7))),
        (episode, deviation),
        (episode, PlanMade(
            plan_id=plan, plan_kind=PlanKind.FAMILY_WORK_PLAN, made_on=day(3), worker_id="anna",
            goals=(Goal(goal_id=goal),))),
        (episode, planned(uuid4(), on=4)),
        (episode, held(uuid4(), client, on=4)),
        (episode, PlanEvaluated(
            plan_id=plan, evaluated_on=day(8), worker_id="anna", goal_results={goal: GoalResult.MET})),
        (episode, DutyMet(duty_key="d", met_by=9, met_on=day(3))),
        (episode, DutyWaived(duty_key="d", waived_on=day(3), reason="x")),
        (episode, DeviationExplained(deviation_key="x", explained_on=day(9), reason="x")),
        (episode, ChildJoined(client_id=child, of_episode=(client, child), joined_on=day(8))),
        (episode, ClientshipEnded(client_id=child, ended_on=day(9))),
        (episode, EpisodeTransferred(transferred_on=day(9), area="south", from_area="north", worker_id="anna")),
        (episode, WorkerReleased(assignment_id=assignment, to_on=day(9))),
        *((quality_file, fact) for fact in whole_file(episode)),
        *family_centre(),
    ]  # fmt: skip


@pytest.fixture
def told(history: History) -> History:
    """A history of everything, and each stream's second and last entries struck, corrected, and brought back."""
    facts = everything()
    history.record_all(facts)
    for stream_id in dict.fromkeys(stream for stream, _ in facts):
        own = [fact for stream, fact in facts if stream == stream_id]
        history.strike(stream_id, 2)
        strike = history.versions[stream_id]
        history.correct(stream_id, 1, own[0])
        history.strike(stream_id, strike)
        history.strike(stream_id, len(own))
    return history


@pytest.fixture
def connection(book: Book) -> Iterator[Connection[Any]]:
    with register_connection(as_role(book[0], "projector"), book[1], autocommit=True) as connected:
        yield connected


def prints(connection: Connection[Any], projection: Projection) -> list[tuple[int, str]]:
    return [fingerprint(connection, table) for table in projection.tables]


@every_projection
def test_rebuild_equals_live(projection: Projection, book: Book, told: History) -> None:
    run_once(*book, batch_events=7)
    for result in rebuild(*book, [projection]):
        assert result.equal
        assert result.swapped
        assert result.rebuilt_rows > 0


def test_rebuild_equals_live_where_nothing_was_ever_amended(book: Book, history: History) -> None:
    history.record_all(everything())
    run_once(*book, batch_events=7)
    results = rebuild(*book)
    assert [result.table for result in results if not result.equal] == []
    assert [result.table for result in results if not result.rebuilt_rows] == []


@every_projection
def test_replay_of_a_batch_is_refused(
    projection: Projection, book: Book, told: History, connection: Connection[Any]
) -> None:
    run_once(*book)
    before = prints(connection, projection)
    engine = Engine(*book, [projection])
    engine.hold()
    with pytest.raises(BatchReplayed):
        engine.take_batch([projection.name], read_batch(connection, 0, 10))
    engine.close()
    assert prints(connection, projection) == before


@every_projection
def test_unrelated_events_advance_it(
    projection: Projection, book: Book, history: History, connection: Connection[Any]
) -> None:
    quiet = replace(projection, when={}, refold=None, each=None)
    last = history.record(uuid4(), referral(uuid4()), decision())
    checkpoints = run_once(*book, [quiet])
    assert checkpoints[projection.name].position == last
    assert all(count == 0 for count, _ in prints(connection, projection))


@every_projection
def test_a_poison_event_stops_only_it_and_a_later_start_tries_again(
    projection: Projection, book: Book, told: History, connection: Connection[Any]
) -> None:
    def poisoned(_entry: object, _fact: object) -> Any:
        raise RuntimeError("Aino Virtanen 010199-999X")

    taken = [type(fact) for _, fact in everything() if type(fact) in projection.when]
    assert taken, f"everything(), above, holds no fact that {projection.name} folds: one for each table is to be there"
    poison_kind = taken[0]
    bad = replace(projection, when={**projection.when, poison_kind: poisoned}, each=None)
    others = [bad if p.name == projection.name else p for p in PROJECTIONS]
    stopped = run_once(*book, others)
    (mine,) = (c for name, c in stopped.items() if name == projection.name)
    assert mine.status == "stopped"
    assert mine.error_position == mine.position + 1
    assert mine.error is not None
    assert "Aino" not in mine.error
    assert all(c.status == "running" for name, c in stopped.items() if name != projection.name)
    healed = run_once(*book)
    assert {c.position for c in healed.values()} == {sum(told.versions.values())}
    assert healed[projection.name].error is None
    assert all(result.equal for result in rebuild(*book, [projection]))


@every_projection
def test_a_crash_between_write_and_checkpoint_counts_no_event_twice_and_none_never(
    projection: Projection, book: Book, told: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, "move_checkpoints", crash)
        with pytest.raises(KeyboardInterrupt):
            run_once(*book)
    run_once(*book)
    assert all(result.equal for result in rebuild(*book, [projection]))


def test_batches_of_any_size_come_to_the_same_rows(book: Book, told: History, connection: Connection[Any]) -> None:
    run_once(*book, batch_events=1)
    assert all(result.equal for result in rebuild(*book))


def test_what_the_database_refuses_stops_the_projection_at_that_event(
    book: Book, history: History, connection: Connection[Any]
) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    wrong = history.record(uuid4(), referral(uuid4(), area="nul\x00"))
    history.record(uuid4(), referral(uuid4()))
    episodes = next(p for p in PROJECTIONS if p.name == "episodes")
    with connection.transaction():
        stop = take(connection, episodes, read_batch(connection, 0, 100))
    assert stop is not None
    assert stop.position == wrong


def test_an_event_of_an_unknown_name_stops_everybody(book: Book, history: History) -> None:
    history.record(uuid4(), referral(uuid4()))
    history.record_raw(uuid4(), "tea_served.1", b"{}")
    checkpoints = run_once(*book)
    assert {(c.position, c.status, c.error_position) for c in checkpoints.values()} == {(1, "stopped", 2)}


def test_an_event_that_does_not_fit_its_kind_stops_those_who_need_it_and_shows_no_content(
    book: Book, history: History
) -> None:
    state = (
        b'{"occurred_at":"2021-01-01T00:00:00+00:00","actor":"a","correlation_id":'
        b'"00000000-0000-0000-0000-000000000001","plain":{"closed_on":"Aino"}}'
    )
    history.record_raw(uuid4(), "episode_closed.1", state)
    checkpoints = run_once(*book)
    assert {name for name, c in checkpoints.items() if c.status == "stopped"} == {"assignments", "episodes", "trail"}
    assert all("Aino" not in (c.error or "") for c in checkpoints.values())
