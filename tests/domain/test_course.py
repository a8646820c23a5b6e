"""The course of an episode: what is told of it between the referral and the feedback, meetings apart."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.commands import AnyCommand
from domain.contact.facts import ContactSource, FamilyConsent
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.make_follow_up_contact import MakeFollowUpContact
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.write_report import WriteReport
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import (
    ClosureReason,
    Outcome,
    Recipient,
    ReferralReceived,
)
from domain.episode.state import Phase
from domain.ledger.identity import new_id
from domain.refusal import (
    AlreadyThere,
    ClientNotOfEpisode,
    EndedBeforeItBegan,
    InTheFuture,
    OutOfOrder,
    UnknownClient,
    UnknownContact,
    UnknownEpisode,
)
from domain.register.facts import WorkerRole
from tests.domain.desk import (
    OTHER_WORKER,
    REFERRED_ON,
    STARTED_ON,
    TODAY,
    TOMORROW,
    WORKER,
    Desk,
    meeting_day,
    plan,
    the,
)
from tests.domain.marks import covers, refuses

DAY = dt.timedelta(days=1)
CLOSED_ON = dt.date(2022, 4, 29)


def closing(closed_on: dt.date = CLOSED_ON, **fields: Any) -> CloseEpisode:
    told: dict[str, Any] = {"closed_on": closed_on, "reason": ClosureReason.GOALS_MET, "outcome": Outcome.NONE}
    return CloseEpisode(**(told | fields))


@covers(ReceiveReferral)
def test_a_referral_begins_an_episode_for_its_clients(desk: Desk) -> None:
    children = (desk.client(), desk.client(age=6))
    episode_id = desk.referred(*children)
    state = desk.episode(episode_id)
    assert (state.client_ids, state.phase) == (children, Phase.REFERRED)


def test_a_referral_takes_from_its_contact_who_asked_and_whether_the_family_consented(desk: Desk) -> None:
    contact_id = desk.contact(source=ContactSource.SCHOOL, consent=FamilyConsent.REFUSED, area="Hamina")
    referral = desk.episode(desk.referred(contact_id=contact_id, source=None)).referral
    assert referral is not None
    assert (referral.source, referral.consent, referral.area) == (ContactSource.SCHOOL, FamilyConsent.REFUSED, "Hamina")


@refuses(ReceiveReferral)
def test_a_referral_is_refused_for_unknown_clients_or_contacts_and_on_a_stream_that_has_begun(desk: Desk) -> None:
    client_id = desk.client()
    referral: dict[str, Any] = {"client_ids": (client_id,), "received_on": REFERRED_ON}
    assert isinstance(
        desk.refused(new_id(), ReceiveReferral(client_ids=(new_id(),), received_on=TODAY, source=ContactSource.FAMILY)),
        UnknownClient,
    )
    assert isinstance(
        desk.refused(new_id(), ReceiveReferral.model_validate(referral | {"contact_id": new_id()})), UnknownContact
    )
    assert isinstance(
        desk.refused(desk.referred(), ReceiveReferral.model_validate(referral | {"source": "family"})), AlreadyThere
    )
    late = ReceiveReferral.model_validate(referral | {"received_on": TOMORROW, "source": "family"})
    assert isinstance(desk.refused(new_id(), late), InTheFuture)


def test_a_referral_for_nobody_is_malformed() -> None:
    with pytest.raises(ValidationError):
        ReceiveReferral(client_ids=(), received_on=REFERRED_ON, source=ContactSource.FAMILY)


def test_a_referral_that_says_neither_who_asked_nor_which_contact_is_malformed() -> None:
    with pytest.raises(ValidationError, match="say who asked"):
        ReceiveReferral(client_ids=(new_id(),), received_on=REFERRED_ON)


def tellings(client_id: Any = None) -> list[tuple[AnyCommand, str]]:
    """A command of each telling, dated tomorrow, and the field that says so."""
    return [
        (
            MakeProposal(proposed_on=TOMORROW, service="K2", proposer_id=WORKER, proposer_role=WorkerRole.KEY_WORKER),
            "proposed_on",
        ),
        (
            AssessCoordination(assessed_on=TOMORROW, assessor_id=WORKER, need_assessed=True, other_services_fit=True),
            "assessed_on",
        ),
        (
            ReceivePaymentCommitment(
                commitment_id=new_id(), received_on=TOMORROW, issuer="B", payer_service="P", valid_from=TODAY
            ),
            "received_on",
        ),
        (plan(TOMORROW), "made_on"),
        (EvaluatePlan(evaluated_on=TOMORROW, worker_id=WORKER), "evaluated_on"),
        (
            WriteReport(
                report_id=new_id(),
                report_kind="monthly",
                covers_from=STARTED_ON,
                covers_to=STARTED_ON,
                written_on=TOMORROW,
                worker_id=WORKER,
                client_id=client_id,
            ),
            "written_on",
        ),
        (WriteSummary(summary_id=new_id(), written_on=TOMORROW, worker_id=WORKER), "written_on"),
        (
            DeliverDocument(
                document_kind="summary",
                recipient=Recipient.CLIENT,
                delivered_on=TOMORROW,
                delivery_mode="handed_over",
                worker_id=WORKER,
                client_id=client_id,
            ),
            "delivered_on",
        ),
        (
            GiveNotice(notice_kind="change", recipient=Recipient.CONTROLLER, given_on=TOMORROW, worker_id=WORKER),
            "given_on",
        ),
        (MakeFollowUpContact(made_on=TOMORROW, worker_id=WORKER, reached=True), "made_on"),
        (ReceiveFeedback(feedback_id=new_id(), received_on=TOMORROW, given_by="family"), "received_on"),
        (OpenSpell(opened_on=TOMORROW, ground="new_challenge", reason="new"), "opened_on"),
    ]


TELLINGS = (
    MakeProposal, AssessCoordination, ReceivePaymentCommitment, MakePlan, EvaluatePlan, WriteReport, WriteSummary,
    DeliverDocument, GiveNotice, MakeFollowUpContact, ReceiveFeedback, OpenSpell,
)  # fmt: skip
ARRANGING = (MakeProposal, AssessCoordination)
"""What comes before the decision, in services that are arranged: K2 does not know it once it is granted."""
AFTER_GRANT = (EvaluatePlan, WriteReport, WriteSummary, MakeFollowUpContact, OpenSpell)


@covers(*TELLINGS)
def test_what_is_told_of_an_episode_is_recorded_as_it_is(desk: Desk) -> None:
    waiting, started = desk.referred(), desk.started()
    for tomorrow, dated in tellings(desk.episode(started).client_ids[0]):
        command = tomorrow.model_copy(update={dated: CLOSED_ON})
        fact = desk.do(waiting if isinstance(command, ARRANGING) else started, command).entries[0].fact
        fields = type(command).model_fields
        assert {name: getattr(fact, name) for name in fields} == {name: getattr(command, name) for name in fields}


@refuses(*TELLINGS)
def test_nothing_told_of_an_episode_lies_in_the_future(desk: Desk) -> None:
    waiting, started = desk.referred(), desk.started()
    for command, field in tellings():
        refusal = desk.refused(waiting if isinstance(command, ARRANGING) else started, command)
        assert (refusal.code, refusal.details["field"]) == ("in_the_future", field)


def test_nothing_is_told_of_an_episode_that_does_not_exist(desk: Desk) -> None:
    for command, _ in tellings():
        assert isinstance(desk.refused(new_id(), command), UnknownEpisode)


def test_what_belongs_to_the_work_is_told_only_after_a_grant(desk: Desk) -> None:
    episode_id = desk.referred()
    for command, _ in tellings():
        if isinstance(command, AFTER_GRANT):
            assert isinstance(desk.refused(episode_id, command), OutOfOrder)


def test_a_report_or_a_delivery_about_somebody_elses_child_is_refused(desk: Desk) -> None:
    episode_id = desk.started()
    for command, _ in tellings(desk.client()):
        if getattr(command, "client_id", None):
            refusal = desk.refused(episode_id, command)
            assert isinstance(refusal, ClientNotOfEpisode)
            assert refusal.details["field"] == "client_id"


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (
            WriteReport(
                report_id=new_id(),
                report_kind="monthly",
                covers_from=STARTED_ON,
                covers_to=STARTED_ON - DAY,
                written_on=TODAY,
                worker_id=WORKER,
            ),
            "covers_to",
        ),
        (
            ReceivePaymentCommitment(
                commitment_id=new_id(),
                received_on=TODAY,
                issuer="B",
                payer_service="P",
                valid_from=TODAY,
                valid_to=TODAY - DAY,
            ),
            "valid_to",
        ),
    ],
    ids=["report", "commitment"],
)
def test_a_period_does_not_end_before_it_began(desk: Desk, command: AnyCommand, field: str) -> None:
    refusal = desk.refused(desk.started(), command)
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", field)


@covers(AssignWorker, ReleaseWorker)
def test_a_worker_has_the_episode_from_the_assignment_to_the_release(desk: Desk) -> None:
    episode_id, assignment_id = desk.granted(), new_id()
    assignment = AssignWorker(
        assignment_id=assignment_id, worker_id=WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=STARTED_ON
    )
    desk.do(episode_id, assignment)
    assert set(desk.episode(episode_id).assignments) == {assignment_id}
    again = assignment.model_copy(update={"assignment_id": new_id()})
    assert not desk.do(episode_id, again).entries, "the same worker in the same role changes nothing"
    desk.do(episode_id, ReleaseWorker(assignment_id=assignment_id, to_on=TODAY))
    assert not desk.episode(episode_id).assignments


@refuses(AssignWorker, ReleaseWorker)
def test_an_assignment_keeps_its_worker_and_ends_after_it_began(desk: Desk) -> None:
    episode_id, assignment_id = desk.granted(), new_id()
    assignment = AssignWorker(
        assignment_id=assignment_id, worker_id=WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=STARTED_ON
    )
    stranger = desk.refused(episode_id, assignment.model_copy(update={"worker_id": "O9"}))
    assert (stranger.code, stranger.details["field"]) == ("worker_not_of_register", "worker_id")
    desk.do(episode_id, assignment)
    taken = desk.refused(episode_id, assignment.model_copy(update={"worker_id": OTHER_WORKER}))
    assert (taken.code, taken.details["field"]) == ("out_of_order", "assignment_id")
    early = desk.refused(episode_id, ReleaseWorker(assignment_id=assignment_id, to_on=STARTED_ON - DAY))
    assert (early.code, early.details["field"]) == ("ended_before_it_began", "to_on")
    unknown = desk.refused(episode_id, ReleaseWorker(assignment_id=new_id(), to_on=TODAY))
    assert (unknown.code, unknown.details["field"]) == ("out_of_order", "assignment_id")
    assert isinstance(desk.refused(new_id(), assignment), UnknownEpisode)


def handed(from_assignment_id: UUID, worker_id: str = OTHER_WORKER, **fields: Any) -> HandOverEpisode:
    told = {"assignment_id": new_id(), "handed_over_on": TODAY, **fields}
    return HandOverEpisode(from_assignment_id=from_assignment_id, worker_id=worker_id, **told)


def assigned_episode(desk: Desk) -> tuple[UUID, UUID]:
    episode_id, assignment_id = desk.granted(), new_id()
    role = WorkerRole.FAMILY_INSTRUCTOR
    assignment = AssignWorker(assignment_id=assignment_id, worker_id=WORKER, role=role, from_on=STARTED_ON)
    desk.do(episode_id, assignment)
    return episode_id, assignment_id


@covers(HandOverEpisode)
def test_an_episode_is_handed_over_in_the_same_role_on_one_day(desk: Desk) -> None:
    episode_id, assignment_id = assigned_episode(desk)
    desk.do(episode_id, handed(assignment_id))
    (after,) = desk.episode(episode_id).assignments.values()
    assert (after.worker_id, after.role, after.from_on) == (OTHER_WORKER, WorkerRole.FAMILY_INSTRUCTOR, TODAY)
    assert not desk.do(episode_id, handed(after.assignment_id)).entries, "who has it already takes nothing over"


@refuses(HandOverEpisode)
def test_only_an_assignment_that_stands_is_handed_over_and_not_before_it_began(desk: Desk) -> None:
    episode_id, assignment_id = assigned_episode(desk)
    unknown = desk.refused(episode_id, handed(new_id()))
    assert (unknown.code, unknown.details["field"]) == ("out_of_order", "from_assignment_id")
    taken = desk.refused(episode_id, handed(assignment_id, assignment_id=assignment_id))
    assert (taken.code, taken.details["field"]) == ("out_of_order", "assignment_id")
    early = desk.refused(episode_id, handed(assignment_id, handed_over_on=STARTED_ON - DAY))
    assert (early.code, early.details["field"]) == ("ended_before_it_began", "handed_over_on")
    assert isinstance(desk.refused(new_id(), handed(assignment_id)), UnknownEpisode)


def test_a_deputy_stands_in_for_an_assignment_that_stands(desk: Desk) -> None:
    episode_id, assignment_id = assigned_episode(desk)
    deputy = AssignWorker(
        assignment_id=new_id(), worker_id=OTHER_WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=TODAY,
        deputy_for=assignment_id,
    )  # fmt: skip
    desk.do(episode_id, deputy)
    assert desk.episode(episode_id).assignments[deputy.assignment_id].deputy_for == assignment_id
    stranger = desk.refused(
        episode_id,
        deputy.model_copy(update={"assignment_id": new_id(), "deputy_for": new_id(), "role": WorkerRole.KEY_WORKER}),
    )
    assert (stranger.code, stranger.details["field"]) == ("out_of_order", "deputy_for")


@covers(SuspendEpisode, ResumeEpisode)
def test_work_pauses_and_goes_on(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, SuspendEpisode(suspended_on=meeting_day(2)))
    assert desk.episode(episode_id).phase is Phase.SUSPENDED
    desk.do(episode_id, ResumeEpisode(resumed_on=meeting_day(4)))
    state = desk.episode(episode_id)
    assert (state.phase, state.suspended_on) == (Phase.ACTIVE, None)


@refuses(SuspendEpisode, ResumeEpisode)
def test_only_work_that_goes_on_pauses_and_only_paused_work_goes_on(desk: Desk) -> None:
    episode_id = desk.granted()
    suspension, resumption = SuspendEpisode(suspended_on=meeting_day(2)), ResumeEpisode(resumed_on=meeting_day(1))
    assert isinstance(desk.refused(episode_id, suspension), OutOfOrder)
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    assert isinstance(desk.refused(episode_id, resumption), OutOfOrder)
    early = desk.refused(episode_id, SuspendEpisode(suspended_on=STARTED_ON - DAY))
    assert (early.code, early.details["field"]) == ("ended_before_it_began", "suspended_on")
    desk.do(episode_id, suspension)
    assert isinstance(desk.refused(episode_id, suspension), OutOfOrder)
    backwards = desk.refused(episode_id, resumption)
    assert (backwards.code, backwards.details["field"]) == ("ended_before_it_began", "resumed_on")


def test_an_episode_that_was_closed_while_suspended_does_not_simply_resume(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, SuspendEpisode(suspended_on=meeting_day(2)))
    desk.do(episode_id, closing())
    assert isinstance(desk.refused(episode_id, ResumeEpisode(resumed_on=TODAY)), OutOfOrder)
    desk.do(episode_id, ReopenEpisode(reopened_on=TODAY, reason="the family came back"))
    state = desk.episode(episode_id)
    assert (state.phase, state.suspended_on) == (Phase.ACTIVE, None)


@covers(CloseEpisode)
def test_a_closing_says_why_and_where_the_family_went(desk: Desk) -> None:
    episode_id = desk.started(meetings=5)
    outcome = desk.do(
        episode_id, closing(reason=ClosureReason.MOVED_TO_LONG_TERM, outcome=Outcome.LONG_TERM_FAMILY_WORK)
    )
    assert not outcome.deviations
    state = desk.episode(episode_id)
    assert (state.phase, state.closed_on) == (Phase.CLOSED, CLOSED_ON)


def test_a_closing_without_an_outcome_or_with_too_few_meetings_is_recorded_with_deviations(desk: Desk) -> None:
    outcome = desk.do(desk.started(meetings=4), closing(outcome=None))
    deviations = {one.rule_id: (one.strength, one.measured, one.limit) for one in outcome.deviations}
    assert deviations == {"outcome": ("must", None, None), "meetings": ("norm", 4, 5)}


@refuses(CloseEpisode)
def test_an_episode_is_closed_once_and_not_before_it_began(desk: Desk) -> None:
    episode_id = desk.started()
    early = desk.refused(episode_id, closing(STARTED_ON - DAY))
    assert isinstance(early, EndedBeforeItBegan)
    assert early.details["field"] == "closed_on"
    desk.do(episode_id, closing())
    assert isinstance(desk.refused(episode_id, closing()), OutOfOrder)
    assert isinstance(desk.refused(desk.referred(), closing(REFERRED_ON - DAY)), EndedBeforeItBegan)
    assert isinstance(desk.refused(new_id(), closing()), UnknownEpisode)


@covers(ReopenEpisode)
def test_a_closed_episode_is_reopened_with_a_reason(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, closing())
    desk.do(episode_id, ReopenEpisode(reopened_on=CLOSED_ON, reason="too early"))
    state = desk.episode(episode_id)
    assert (state.phase, state.closed_on) == (Phase.ACTIVE, None)


@refuses(ReopenEpisode)
def test_only_a_closed_episode_is_reopened_and_not_before_its_closing(desk: Desk) -> None:
    episode_id = desk.started()
    assert isinstance(desk.refused(episode_id, ReopenEpisode(reopened_on=TODAY, reason="r")), OutOfOrder)
    desk.do(episode_id, closing())
    early = desk.refused(episode_id, ReopenEpisode(reopened_on=CLOSED_ON - DAY, reason="r"))
    assert (early.code, early.details["field"]) == ("ended_before_it_began", "reopened_on")


def test_work_that_never_began_is_reopened_as_decided(desk: Desk) -> None:
    episode_id = desk.granted()
    desk.do(episode_id, closing())
    assert isinstance(desk.refused(episode_id, StartEpisode(started_on=TODAY)), OutOfOrder)
    desk.do(episode_id, ReopenEpisode(reopened_on=CLOSED_ON, reason="r"))
    assert desk.episode(episode_id).phase is Phase.DECIDED
    assert desk.do(episode_id, StartEpisode(started_on=TODAY)).entries


def test_a_start_that_is_entered_after_the_closing_leaves_the_episode_closed(desk: Desk) -> None:
    episode_id = desk.granted()
    desk.do(episode_id, closing())
    desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
    state = desk.episode(episode_id)
    assert (state.phase, state.started_on) == (Phase.CLOSED, STARTED_ON)


def test_a_referral_says_for_whom_it_is(desk: Desk) -> None:
    client_id = desk.client()
    outcome = desk.do(
        new_id(), ReceiveReferral(client_ids=(client_id,), received_on=REFERRED_ON, source=ContactSource.FAMILY)
    )
    assert the(outcome.facts(), ReferralReceived).area == "Kotka"
