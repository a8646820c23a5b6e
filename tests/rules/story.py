"""Facts told shortly, for tests of rules: a story is the entries that they make, in the order told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from domain.calendar import HELSINKI, start_of_day
from domain.contact.facts import ContactAnswered, ContactChannel, ContactClosed, ContactReceived, ContactSource
from domain.contact.facts import FamilyConsent as Consent
from domain.entry import Entry
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    CoordinationAssessed,
    DecisionKind,
    DecisionMade,
    DocumentDelivered,
    EpisodeClosed,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeStarted,
    EpisodeSuspended,
    FeedbackHandledInTeam,
    FeedbackReceived,
    MeetingCancelled,
    MeetingHeld,
    MeetingKind,
    MeetingMissed,
    MeetingMode,
    MeetingPlanned,
    NoticeGiven,
    Outcome,
    PaymentCommitmentReceived,
    PlanEvaluated,
    PlanKind,
    PlanMade,
    ProposalMade,
    Recipient,
    ReferralReceived,
    ReportWritten,
    SpellOpened,
    WorkerAssigned,
    WorkerReleased,
)
from domain.fact import Fact
from domain.register.facts import WorkerRole

SPACE = UUID("00000000-0000-7000-8000-000000000000")
CHILD, SIBLING = uuid5(SPACE, "child"), uuid5(SPACE, "sibling")
STREAM, ACT = uuid5(SPACE, "stream"), uuid5(SPACE, "act")


def day(text: str) -> dt.date:
    """ "1.3." is the first of March 2023; a year may follow."""
    number, month, year = text.split(".")
    return dt.date(int(year or 2023), int(month), int(number))


def at(text: str, hour: int = 10, minute: int = 0) -> dt.datetime:
    """An hour of such a day, in Helsinki."""
    return dt.datetime.combine(day(text), dt.time(hour, minute), HELSINKI)


def story(*facts: Fact) -> list[Entry]:
    """The facts as entries, recorded in the order given."""
    return [
        Entry(STREAM, version, fact, fact.happened_at() or start_of_day(dt.date(2023, 1, 1)), "tester", ACT)
        for version, fact in enumerate(facts, start=1)
    ]


def as_recorded_in(order: list[int], entries: list[Entry]) -> list[Entry]:
    """The same entries, as if recorded in another order."""
    return [replace(entries[index], version=number) for number, index in enumerate(order, start=1)]


def meeting(name: str) -> UUID:
    """The id of a meeting that a test calls by a name."""
    return uuid5(SPACE, name)


def referral(when: str = "1.2.", clients: tuple[UUID, ...] = (CHILD,), **more: Any) -> Fact:
    said = {"source": ContactSource.FAMILY, "consent": Consent.GIVEN, **more}
    return ReferralReceived(client_ids=clients, received_on=day(when), **said)


def proposed(when: str = "2.2.", **more: Any) -> Fact:
    said = {
        "service": "X9",
        "proposer_id": "w1",
        "proposer_role": WorkerRole.KEY_WORKER,
        "channel": "laava",
        "decided_by_team": "team",
        "cancellation_conditions": ("day_before",),
        **more,
    }
    return ProposalMade(proposed_on=day(when), **said)


def assessed(when: str = "2.2.", *, need: bool = True) -> Fact:
    return CoordinationAssessed(assessed_on=day(when), assessor_id="w1", need_assessed=need, other_services_fit=True)


def decided(kind: DecisionKind, when: str, **more: Any) -> Fact:
    said = {
        "decision_id": meeting(f"{kind}{when}"),
        "service": "K2",
        "model_version": 1,
        "decision_maker": "w1",
        "legal_basis": "Social Welfare Act (1301/2014)",
        "service_task": "child_family_services",
        **more,
    }
    return DecisionMade(kind=kind, decided_on=day(when), **said)


def granted(when: str = "1.3.", **more: Any) -> Fact:
    said = {
        "age_years": 6,
        "requested_by_family": True,
        "reasons": "It helps.",
        "valid_from": day(when),
        "valid_to": dt.date(2023, 12, 31),
        **more,
    }
    return decided(DecisionKind.GRANTED, when, **said)


def exception(when: str, **more: Any) -> Fact:
    said = {"reasons": "Nearly there.", "expected_effect": "The need ends.", "meetings_granted": 7, **more}
    return decided(DecisionKind.EXCEPTION, when, **said)


def extension(when: str, **more: Any) -> Fact:
    return decided(DecisionKind.EXTENSION, when, **more)


def committed(when: str = "1.3.", **more: Any) -> Fact:
    said = {"cost_centre": "1234", "units": 10, **more}
    valid_from = day(when)
    return PaymentCommitmentReceived(
        commitment_id=meeting("commitment"),
        received_on=day(when),
        issuer="purchaser",
        payer_service="child_welfare",
        valid_from=valid_from,
        **said,
    )


def assigned(worker: str = "w1", role: WorkerRole = WorkerRole.SOCIAL_INSTRUCTOR, when: str = "1.3.") -> Fact:
    return WorkerAssigned(assignment_id=meeting(worker), worker_id=worker, role=role, from_on=day(when))


def released(worker: str = "w1", when: str = "1.3.") -> Fact:
    return WorkerReleased(assignment_id=meeting(worker), to_on=day(when))


def started(when: str = "2.3.") -> Fact:
    return EpisodeStarted(started_on=day(when))


def plan(when: str, kind: PlanKind = PlanKind.FAMILY_WORK_PLAN, **more: Any) -> Fact:
    said = {"goal_texts": {"g": "Calm evenings"}, "with_family": True, **more}
    return PlanMade(plan_id=meeting(kind), plan_kind=kind, made_on=day(when), worker_id="w1", **said)


def evaluated(when: str) -> Fact:
    return PlanEvaluated(evaluated_on=day(when), worker_id="w1")


def held(when: str, kind: MeetingKind = MeetingKind.CLIENT_MEETING, minutes: int = 90, **more: Any) -> Fact:
    said = {"meeting_id": meeting(f"{kind}{when}"), "mode": MeetingMode.HOME, "client_ids": (CHILD,), **more}
    start = at(when)
    return MeetingHeld(
        meeting_kind=kind,
        started_at=start,
        ended_at=start + dt.timedelta(minutes=minutes),
        worker_ids=("w1",),
        **said,
    )


def helds(*whens: str) -> list[Fact]:
    return [held(when) for when in whens]


def planned(when: str, kind: MeetingKind = MeetingKind.CLIENT_MEETING, **more: Any) -> Fact:
    said = {"meeting_id": meeting(f"{kind}{when}"), "planned_at": at("1.3."), **more}
    return MeetingPlanned(
        meeting_kind=kind,
        starts_at=at(when),
        ends_at=at(when, 12),
        mode=MeetingMode.HOME,
        worker_ids=("w1",),
        **said,
    )


def cancelled(when: str, **more: Any) -> Fact:
    kind = MeetingKind.CLIENT_MEETING
    said = {"meeting_id": meeting(f"{kind}{when}"), "cancelled_at": at(when, 8), **more}
    return MeetingCancelled(meeting_kind=kind, starts_at=at(when), cancelled_by=CancelledBy.FAMILY, **said)


def missed(when: str) -> Fact:
    kind = MeetingKind.CLIENT_MEETING
    return MeetingMissed(meeting_id=meeting(f"{kind}{when}"), meeting_kind=kind, starts_at=at(when))


def negotiated(when: str, kind: MeetingKind = MeetingKind.INTERIM_NEGOTIATION) -> Fact:
    return held(when, kind)


def reported(when: str, client: UUID = CHILD) -> Fact:
    written = day(when)
    return ReportWritten(
        report_id=meeting(f"report{when}"),
        report_kind="monthly",
        covers_from=written.replace(day=1),
        covers_to=written,
        written_on=written,
        worker_id="w1",
        client_id=client,
    )


def delivered(when: str, kind: str = "implementation_plan", client: UUID = CHILD) -> Fact:
    return DocumentDelivered(
        document_kind=kind,
        recipient=Recipient.CLIENT,
        delivered_on=day(when),
        delivery_mode="handed_over",
        worker_id="w1",
        client_id=client,
    )


def notified(when: str) -> Fact:
    return NoticeGiven(notice_kind="missed", recipient=Recipient.CHILD_SUPERVISOR, given_on=day(when), worker_id="w1")


def suspended(when: str) -> Fact:
    return EpisodeSuspended(suspended_on=day(when))


def resumed(when: str) -> Fact:
    return EpisodeResumed(resumed_on=day(when))


def new_spell(when: str, reason: str = "School began.") -> Fact:
    return SpellOpened(opened_on=day(when), ground="new_challenge", reason=reason)


def closed(when: str, outcome: Outcome | None = Outcome.NONE) -> Fact:
    return EpisodeClosed(closed_on=day(when), reason=ClosureReason.GOALS_MET, outcome=outcome)


def reopened(when: str) -> Fact:
    return EpisodeReopened(reopened_on=day(when), reason="Too early.")


def feedback(when: str, giver: str = "key_worker") -> Fact:
    return FeedbackReceived(feedback_id=meeting("feedback"), received_on=day(when), given_by=giver)


def feedback_handled(when: str, name: str = "feedback") -> Fact:
    return FeedbackHandledInTeam(feedback_id=meeting(name), handled_on=day(when), worker_id="w1")


def contact(when: str, source: ContactSource = ContactSource.FAMILY, consent: Consent = Consent.GIVEN) -> Fact:
    return ContactReceived(received_at=at(when), channel=ContactChannel.PHONE, source=source, consent=consent)


def answered(when: str) -> Fact:
    return ContactAnswered(answered_at=at(when, 11), worker_id="w1")


def contact_closed(when: str) -> Fact:
    return ContactClosed(closed_on=day(when))
