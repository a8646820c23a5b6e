"""What is told of an episode of the Lapland producer's services: agreements, admission, children along, follow-up."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.client.commands.tellings import ExpectBirth, GiveConsent, RecordBirth, WithdrawConsent
from domain.client.facts import ConsentScope
from domain.commands import AnyCommand
from domain.contact.facts import ContactChannel
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.bring_child_along import BringChildAlong
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.record_screen import RecordScreen
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.facts import AgreementSubject, ChildJoined, EpisodeStarted, Observation, VisitationGround
from domain.ledger.identity import new_id
from domain.refusal import ClientNotOfEpisode, OutOfOrder, UnknownClient, UnknownEpisode
from tests.domain.desk import REFERRED_ON, STARTED_ON, WORKER, Desk, grant, meeting_day, the
from tests.domain.marks import covers, refuses

BORN_ON = meeting_day(10)
GRANTED_ON, BEGUN_ON = dt.date(2024, 3, 8), dt.date(2024, 3, 11)
"""Of an episode in one of the producer's own services."""
AGREEMENT = MakeAgreement(
    agreement_id=new_id(),
    subject=AgreementSubject.CLIENTSHIP,
    agreed_on=REFERRED_ON,
    agreed_with="purchaser_social_worker",
    channel=ContactChannel.PHONE,
)
ADMISSION = AssessAdmission(assessed_on=REFERRED_ON, worker_id=WORKER, manages_own_medication=True)
SCREEN = RecordScreen(taken_on=REFERRED_ON, matches_medication=True)
GROUND = RecordVisitationGround(
    ground=VisitationGround.COURT_DECISION, dated_on=REFERRED_ON, authority="court", need_defined_by_authority=True
)
CHANGE = ObserveChange(
    change_id=new_id(), observation=Observation.CHANGE_IN_FAMILY, observed_on=BEGUN_ON, worker_id=WORKER
)
HANDLED = HandleFeedbackInTeam(feedback_id=new_id(), handled_on=BEGUN_ON, worker_id=WORKER)
TOLD: tuple[tuple[str, AnyCommand], ...] = (
    ("P7", AGREEMENT),
    ("P2", ADMISSION),
    ("P2", SCREEN),
    ("P4", GROUND),
    ("P7", CHANGE),
    ("P4", HANDLED),
)
"""The commands, each with a service that knows it."""


def in_service(desk: Desk, service: str, *client_ids: UUID) -> UUID:
    """A started episode of the service, taken over from elsewhere: whether it should have been granted is not asked."""
    episode_id = desk.referred(*client_ids)
    for command in (grant(service, GRANTED_ON), StartEpisode(started_on=BEGUN_ON)):
        desk.do(episode_id, command, historical=True)
    return episode_id


def placement(child: UUID) -> DecidePlacement:
    return DecidePlacement(
        decision_id=new_id(),
        client_id=child,
        decided_on=GRANTED_ON,
        decision_maker="child_welfare",
        valid_from=BEGUN_ON,
    )


@covers(MakeAgreement, AssessAdmission, RecordScreen, RecordVisitationGround, ObserveChange, HandleFeedbackInTeam)
def test_it_is_told_as_it_is(desk: Desk) -> None:
    for service, command in TOLD:
        assert len(desk.do(in_service(desk, service), command).entries) >= 1


@refuses(MakeAgreement, AssessAdmission, RecordScreen, RecordVisitationGround, ObserveChange, HandleFeedbackInTeam)
def test_it_is_told_of_an_episode_only(desk: Desk) -> None:
    for _, command in TOLD:
        assert isinstance(desk.refused(new_id(), command), UnknownEpisode)


def test_what_a_screen_or_an_assessment_found_is_sensitive(desk: Desk) -> None:
    outcome = desk.do(in_service(desk, "P2"), SCREEN)
    assert "matches_medication" not in outcome.entries[0].fact.split()[0]


@covers(DecidePlacement, BringChildAlong)
def test_a_child_comes_along_and_is_of_the_episode_from_then_on(desk: Desk) -> None:
    episode, child = in_service(desk, "P2"), desk.client(age=2, on=BEGUN_ON)
    desk.do(episode, placement(child))
    joined = the(desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).facts(), ChildJoined)
    assert (joined.client_id, joined.age_years, joined.born) == (child, 2, False)
    assert joined.of_episode == desk.episode(episode).client_ids
    assert child in joined.of_episode
    assert desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).entries == ()


def test_another_day_of_a_child_who_is_along_is_refused_by_the_entry_to_correct(desk: Desk) -> None:
    episode, child = in_service(desk, "P7"), desk.client(age=2, on=BEGUN_ON)
    days = [BEGUN_ON + dt.timedelta(days=number) for number in (10, 2, 20)]
    told, *others = [BringChildAlong(client_id=child, joined_on=day) for day in days]
    joined = desk.do(episode, told).entries[0].version
    for other in others:
        refusal = desk.refused(episode, other)
        assert (refusal.code, refusal.details["field"]) == ("out_of_order", "joined_on")
        assert f"entry {joined}" in refusal.remedy


def test_a_start_tells_whether_a_child_is_expected_on_its_day(desk: Desk) -> None:
    mother, day = desk.client(age=24), dt.timedelta(days=1)
    desk.do(mother, ExpectBirth(learnt_on=REFERRED_ON, expected_on=STARTED_ON))
    before, on_the_day = desk.granted("K2", mother), desk.granted("K2", mother)
    desk.do(mother, RecordBirth(born_on=STARTED_ON))
    for episode, started_on, expecting in ((before, STARTED_ON - day, True), (on_the_day, STARTED_ON, False)):
        facts = desk.do(episode, StartEpisode(started_on=started_on)).facts()
        assert the(facts, EpisodeStarted).expecting is expecting


def test_children_who_come_along_are_named_by_the_start(desk: Desk) -> None:
    episode, child = desk.granted(), desk.client()
    facts = desk.do(episode, StartEpisode(started_on=STARTED_ON, children_along=(child,))).facts()
    assert the(facts, ChildJoined).joined_on == STARTED_ON


@refuses(DecidePlacement, BringChildAlong)
def test_only_a_client_of_the_register_is_placed_or_comes_along_and_not_before_the_start(desk: Desk) -> None:
    episode = desk.granted()
    assert isinstance(desk.refused(episode, placement(new_id())), UnknownClient)
    early = BringChildAlong(client_id=desk.client(), joined_on=STARTED_ON)
    assert isinstance(desk.refused(episode, early), OutOfOrder)


def test_a_child_comes_along_on_the_day_of_its_birth_at_the_earliest(desk: Desk) -> None:
    episode, child = in_service(desk, "P7"), desk.client(born_on=BEGUN_ON + dt.timedelta(days=1))
    early = desk.refused(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON))
    assert (early.code, early.details["field"]) == ("not_born_yet", "joined_on")
    assert desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON + dt.timedelta(days=1))).entries
    unborn = desk.client(born_on=STARTED_ON + dt.timedelta(days=1))
    start = StartEpisode(started_on=STARTED_ON, children_along=(unborn,))
    assert desk.refused(desk.granted(), start).details["field"] == "started_on"


def with_birth(desk: Desk, *, told: bool = True) -> tuple[UUID, TellBirth]:
    """An episode of an expecting mother, and the command that tells of the birth."""
    mother = desk.client(age=24)
    desk.do(mother, ExpectBirth(learnt_on=REFERRED_ON, expected_on=BORN_ON))
    episode, child = desk.started("K2", mother), desk.client(age=0, on=BORN_ON + dt.timedelta(days=40))
    if told:
        desk.do(mother, RecordBirth(born_on=BORN_ON, child_client_id=child))
    return episode, TellBirth(mother_id=mother, child_id=child)


@covers(TellBirth)
def test_a_birth_told_on_the_mothers_stream_is_brought_into_the_episode_once(desk: Desk) -> None:
    episode, birth = with_birth(desk)
    joined = the(desk.do(episode, birth).facts(), ChildJoined)
    assert (joined.joined_on, joined.born) == (BORN_ON, True)
    assert desk.do(episode, birth).entries == ()


@refuses(TellBirth)
def test_a_birth_of_which_the_mothers_stream_tells_nothing_is_refused(desk: Desk) -> None:
    episode, birth = with_birth(desk, told=False)
    assert isinstance(desk.refused(episode, birth), OutOfOrder)
    stranger = TellBirth(mother_id=desk.client(), child_id=birth.child_id)
    assert isinstance(desk.refused(episode, stranger), ClientNotOfEpisode)


def consenting(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """An episode, its client and the client's consent to follow-up contacts."""
    client, consent = desk.client(), new_id()
    episode = in_service(desk, "P2", client)
    desk.do(client, GiveConsent(consent_id=consent, scope=ConsentScope.FOLLOW_UP, given_on=BEGUN_ON))
    return episode, client, consent


@covers(AgreeFollowUp, StopFollowUp)
def test_follow_up_goes_by_the_clients_own_consent(desk: Desk) -> None:
    episode, client, consent = consenting(desk)
    desk.do(episode, AgreeFollowUp(client_id=client, agreed_on=BEGUN_ON))
    desk.do(client, WithdrawConsent(consent_id=consent, withdrawn_on=BEGUN_ON + dt.timedelta(days=40)))
    assert desk.do(episode, StopFollowUp(client_id=client, stopped_on=BEGUN_ON + dt.timedelta(days=40))).entries


@refuses(AgreeFollowUp, StopFollowUp)
def test_without_consent_there_is_no_follow_up_and_with_it_none_is_stopped(desk: Desk) -> None:
    client = desk.client()
    without = in_service(desk, "P2", client)
    agree = AgreeFollowUp(client_id=client, agreed_on=BEGUN_ON)
    assert isinstance(desk.refused(without, agree), OutOfOrder)
    episode, consents, _ = consenting(desk)
    assert isinstance(desk.refused(episode, StopFollowUp(client_id=consents, stopped_on=BEGUN_ON)), OutOfOrder)
