"""Which service knows which act, and on which kind of stream each runs: every pair, both ways, through commands."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from domain.activity.commands.open_activity import OpenActivity
from domain.activity.facts import ActivityService
from domain.amend.correct_entry import CorrectEntry
from domain.catalogue.acts import SPECIAL_ACTS, check_acts
from domain.client.commands.tellings import GiveConsent, WithdrawConsent
from domain.client.facts import ConsentScope
from domain.commands import COMMANDS, AnyCommand
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.facts import ConferenceKind
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent, GuidanceKind, GuidanceManner
from domain.correction import MistakeKind
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.commands.record_screen import RecordScreen
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.facts import AgreementSubject, DecisionMade, Observation, PracticePlace, VisitationGround
from domain.fact import StreamKind
from domain.family_centre import FamilyCentreArea
from domain.ledger.identity import new_id
from domain.network.commands.open_network import OpenNetwork
from domain.organisations import Organisation
from domain.refusal import CommandNotOfService
from domain.register.facts import WorkerRole
from tests.domain.desk import MODELS, OTHER_WORKER, WORKER, Desk, at
from tests.driven.harness import opened_desk

DAY = dt.date(2024, 9, 2)
"""A day on which every service but K0 is in force, and its eve for K0's sake."""
K0_DAY = dt.date(2022, 1, 3)
EPISODE_SERVICES = ("K0", "K1", "K2", "L1", "L2", "H1", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
CONTACT_SERVICES = ("F1a", "F1b", "F3", "K1", "K2")
OTHERS = ("F1a", "F1b", "F2", "F3", "F4", "F5")
PRODUCED = {f"P{number}" for number in range(1, 9)}
VISITS = {"P3", "P4", "P5"}

KNOWN_BY: dict[type[AnyCommand], set[str]] = {
    MakeProposal: {"L1", "L2", "H1"},
    AssessCoordination: {"L1", "L2"},
    RecordHomePractice: {"L2"},
    OpenSpell: {"K1", "K2"},
    MakeAgreement: PRODUCED,
    AssessAdmission: {"P1", "P2"},
    RecordScreen: {"P2"},
    DecidePlacement: {"P2"},
    AgreeFollowUp: {"P2"},
    StopFollowUp: {"P2"},
    RecordVisitationGround: VISITS,
    HandleFeedbackInTeam: VISITS | {"L1", "L2"},
    ObserveChange: {"P7", "P8"},
    GuideOnwards: {"F1a", "F1b", "F3"},
    ScreenParent: {"F1a", "F1b", "F3"},
}
"""The special commands, and the services that know each; every other command is common to its kind of stream."""


def day_of(service: str) -> dt.date:
    return K0_DAY if service == "K0" else DAY


def order(command: type[AnyCommand], service: str, client_id: UUID, **more: object) -> AnyCommand:
    """The special command as somebody would give it."""
    day = day_of(service)
    told = {
        MakeProposal: {
            "proposed_on": day, "service": service, "proposer_id": WORKER, "proposer_role": WorkerRole.KEY_WORKER,
        },
        AssessCoordination: {
            "assessed_on": day, "assessor_id": WORKER, "need_assessed": True, "other_services_fit": True,
        },
        RecordHomePractice: {
            "practice_id": new_id(), "started_on": day, "ended_on": day, "place": PracticePlace.OWN_HOME,
        },
        OpenSpell: {"opened_on": day, "ground": "changed_goals", "reason": "Uusi haaste."},
        MakeAgreement: {
            "agreement_id": new_id(), "subject": AgreementSubject.CLIENTSHIP, "agreed_on": day, "agreed_with": "x",
        },
        AssessAdmission: {"assessed_on": day, "worker_id": WORKER},
        RecordScreen: {"taken_on": day, "matches_medication": True},
        DecidePlacement: {
            "decision_id": new_id(), "client_id": client_id, "decided_on": day, "decision_maker": WORKER,
            "valid_from": day,
        },
        AgreeFollowUp: {"client_id": client_id, "agreed_on": day},
        StopFollowUp: {"client_id": client_id, "stopped_on": day},
        RecordVisitationGround: {
            "ground": VisitationGround.COURT_DECISION, "dated_on": day, "authority": "x",
            "need_defined_by_authority": True,
        },
        HandleFeedbackInTeam: {"feedback_id": new_id(), "handled_on": day, "worker_id": WORKER},
        ObserveChange: {
            "change_id": new_id(), "observation": Observation.NO_LONGER_FITTING, "observed_on": day,
            "worker_id": WORKER,
        },
        GuideOnwards: {
            "given_on": day, "worker_id": WORKER, "guidance_kind": GuidanceKind.GUIDANCE,
            "manner": GuidanceManner.GUIDED, "target": Organisation.PARISH,
        },
        ScreenParent: {"screened_on": day, "worker_id": WORKER, "parents_in_family": 2, "separately": True},
    }[command]  # fmt: skip
    return command.model_validate({**told, **more})


@pytest.fixture(scope="module")
def desk(postgres: str) -> Iterator[Desk]:
    """One register for the whole table, on a day in the autumn of 2024."""
    with opened_desk(postgres, f"acts-of-services-{os.getpid()}") as opened:
        opened.now = at(DAY, 20)
        yield opened


@pytest.fixture(scope="module")
def granted(desk: Desk) -> Callable[[str], tuple[UUID, UUID]]:
    """An episode of each service and its client; granted as history is, since its rules are not this test's matter."""
    made: dict[str, tuple[UUID, UUID]] = {}

    def of(service: str) -> tuple[UUID, UUID]:
        if service not in made:
            client_id = desk.client(age=5, on=day_of(service))
            episode_id = desk.referred(client_id, received_on=K0_DAY)
            desk.do(episode_id, grant(service), historical=True)
            made[service] = episode_id, client_id
        return made[service]

    return of


def grant(service: str) -> GrantService:
    return GrantService(decision_id=new_id(), service=service, decided_on=day_of(service), decision_maker=WORKER)


def assert_refused(desk: Desk, stream_id: UUID, command: AnyCommand, service: str) -> CommandNotOfService:
    """By its name, the service's, and with those that know it."""
    refusal = desk.refused(stream_id, command)
    assert isinstance(refusal, CommandNotOfService)
    assert refusal.code == "command_not_of_service"
    assert f"The service {service} does not know the command {command.command_name()} (" in refusal.message
    assert refusal.details["known_by"] == sorted(KNOWN_BY[type(command)])
    return refusal


EPISODE_COMMANDS = [command for command in KNOWN_BY if command.stream is StreamKind.EPISODE]


@pytest.mark.parametrize("service", EPISODE_SERVICES)
@pytest.mark.parametrize("command", EPISODE_COMMANDS, ids=lambda command: command.command_name())
def test_an_episode_hears_a_special_command_when_its_service_knows_it_and_no_other(
    desk: Desk, granted: Callable[[str], tuple[UUID, UUID]], command: type[AnyCommand], service: str
) -> None:
    episode_id, client_id = granted(service)
    if service not in KNOWN_BY[command]:
        assert_refused(desk, episode_id, order(command, service, client_id), service)
        return
    consent = {"consent_id": new_id(), "scope": ConsentScope.FOLLOW_UP}
    if command is AgreeFollowUp:
        desk.do(client_id, GiveConsent.model_validate({**consent, "given_on": DAY}))
    if command is StopFollowUp:
        desk.do(client_id, GiveConsent.model_validate({**consent, "given_on": DAY}))
        for given in desk.client_state(client_id).consents:
            desk.do(client_id, WithdrawConsent(consent_id=given.consent_id, withdrawn_on=DAY))
    assert desk.do(episode_id, order(command, service, client_id)).entries


@pytest.mark.parametrize("service", CONTACT_SERVICES)
@pytest.mark.parametrize("command", [GuideOnwards, ScreenParent], ids=lambda command: command.command_name())
def test_a_contact_hears_a_special_command_when_its_service_knows_it(
    desk: Desk, command: type[AnyCommand], service: str
) -> None:
    contact_id = desk.contact(received_at=at(DAY), service=service)
    if service in KNOWN_BY[command]:
        assert desk.do(contact_id, order(command, service, new_id())).entries
    else:
        assert_refused(desk, contact_id, order(command, service, new_id()), service)


def test_the_table_holds_every_special_act_and_every_command_that_records_one() -> None:
    recording = {command for commands in COMMANDS.values() for command in commands if _special(command)}
    assert recording == set(KNOWN_BY), "KNOWN_BY, above, is to name each command that records a special act"
    assert {command.tells.fact_name for command in KNOWN_BY if command.tells} == set(SPECIAL_ACTS)
    listed = {StreamKind.EPISODE: set(EPISODE_SERVICES), StreamKind.CONTACT: {*CONTACT_SERVICES, "K0"}}
    for kind, services in listed.items():
        running = {model.service for model in MODELS if kind in model.streams and not model.only_frame}
        assert running == services, (
            f"{kind.name}_SERVICES, above, is to name every service whose model runs on streams of the kind {kind},"
            " and KNOWN_BY which special commands it knows"
        )


def _special(command: type[AnyCommand]) -> bool:
    return command.tells is not None and command.tells.fact_name in SPECIAL_ACTS


def test_what_is_recorded_before_the_grant_is_bound_to_no_service_yet(desk: Desk) -> None:
    episode_id = desk.referred()
    assert desk.do(episode_id, order(MakeProposal, "L1", new_id())).entries
    assert desk.do(episode_id, order(AssessCoordination, "L1", new_id())).entries


def test_a_moved_episode_hears_what_its_new_service_knows(desk: Desk) -> None:
    episode_id = desk.referred()
    desk.do(episode_id, grant("K1"), historical=True)
    move = {"decision_id": new_id(), "decided_on": DAY, "decision_maker": WORKER, "service": "P2"}
    assert_refused(desk, episode_id, order(RecordScreen, "P2", new_id()), "K1")
    desk.do(episode_id, MoveToModel.model_validate(move), historical=True)
    assert desk.do(episode_id, order(RecordScreen, "P2", new_id())).entries
    assert_refused(desk, episode_id, order(OpenSpell, "K1", new_id()), "P2")


@pytest.mark.parametrize("service", OTHERS)
@pytest.mark.parametrize("command", [GrantService, RefuseService, GrantException])
def test_no_decision_of_an_episode_names_a_service_of_the_family_centre(
    desk: Desk, command: type[AnyCommand], service: str
) -> None:
    who = {"decision_id": new_id(), "decided_on": DAY, "decision_maker": OTHER_WORKER}
    told = who | {"service": service, "reasons": "Perustelut."}
    assert_runs_elsewhere(desk, desk.referred(), command.model_validate(told), service, StreamKind.EPISODE)


@pytest.mark.parametrize("service", OTHERS)
def test_an_episode_is_neither_moved_to_nor_proposed_for_a_service_of_the_family_centre(
    desk: Desk, granted: Callable[[str], tuple[UUID, UUID]], service: str
) -> None:
    episode_id, client_id = granted("L1")
    move = MoveToModel(decision_id=new_id(), service=service, decided_on=DAY, decision_maker=WORKER)
    assert_runs_elsewhere(desk, episode_id, move, service, StreamKind.EPISODE)
    proposal = order(MakeProposal, service, client_id)
    assert_runs_elsewhere(desk, episode_id, proposal, service, StreamKind.EPISODE)


@pytest.mark.parametrize("service", OTHERS)
def test_a_grant_is_not_corrected_to_a_service_that_runs_elsewhere(desk: Desk, service: str) -> None:
    episode_id = desk.granted("K1")
    entry = desk.number(episode_id, DecisionMade)
    changes = {"service": service, "model_version": 1}
    correction = CorrectEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="Väärä palvelu.")
    assert_runs_elsewhere(desk, episode_id, correction, service, StreamKind.EPISODE)


@pytest.mark.parametrize("service", [*EPISODE_SERVICES[3:], "F2", "F4", "F5"])
def test_a_contact_names_a_service_that_runs_on_contacts(desk: Desk, service: str) -> None:
    contact = ReceiveContact(
        received_at=at(DAY), channel=ContactChannel.PHONE, source=ContactSource.FAMILY, service=service
    )
    assert_runs_elsewhere(desk, new_id(), contact, service, StreamKind.CONTACT)


def test_a_steering_network_runs_by_no_other_model_than_its_own(desk: Desk) -> None:
    network = OpenNetwork(opened_on=DAY, area=FamilyCentreArea.POSIO, service="F4")
    assert_runs_elsewhere(desk, new_id(), network, "F4", StreamKind.NETWORK)


def test_each_service_of_the_family_centre_runs_on_its_own_kind_of_stream(desk: Desk) -> None:
    place = OpenActivity(opened_on=DAY, area=FamilyCentreArea.POSIO, service=ActivityService.F4)
    met = ConveneConference(
        convened_on=DAY, conference_kind=ConferenceKind.EPISODE_NETWORK, convened_by=Organisation.PARISH,
        permission=FamilyConsent.GIVEN, client_ids=(desk.client(age=5),),
    )  # fmt: skip
    for command in (place, met, OpenNetwork(opened_on=DAY, area=FamilyCentreArea.RANUA)):
        assert desk.do(new_id(), command, historical=True).entries


def assert_runs_elsewhere(desk: Desk, stream_id: UUID, command: AnyCommand, service: str, kind: StreamKind) -> None:
    """Refused by the service's name, with the services that run on this kind of stream."""
    refusal = desk.refused(stream_id, command)
    assert isinstance(refusal, CommandNotOfService)
    assert f"The service {service} runs on " in refusal.message
    right = sorted({model.service for model in MODELS if kind in model.streams and not model.only_frame})
    assert refusal.details["known_here"] == right
    assert ", ".join(right) in refusal.remedy


def test_a_frame_is_no_service(desk: Desk) -> None:
    episode_id = desk.granted("K1")
    entry = desk.number(episode_id, DecisionMade)
    changes = {"service": "L0", "model_version": 1}
    correction = CorrectEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="Väärä palvelu.")
    refusal = desk.refused(episode_id, correction)
    assert isinstance(refusal, CommandNotOfService)
    assert refusal.message == "The service L0 is a frame, and no service."


def test_a_model_that_was_published_before_models_said_so_binds_nothing() -> None:
    told = next(model for model in MODELS if model.service == "K1")
    untold = told.model_copy(update={"streams": (), "acts": ()})
    with pytest.raises(CommandNotOfService):
        check_acts(StreamKind.EPISODE, ["screen_taken"], "record-screen", told, [told])
    check_acts(StreamKind.EPISODE, ["screen_taken"], "record-screen", untold, [untold])
