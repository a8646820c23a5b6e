"""What is so about a service episode, folded from the facts in force. No rule of a service stands here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.command import StreamState
from domain.consequence import ModelReference
from domain.episode.facts import (
    AdmissionAssessed,
    AgreementMade,
    ChangeObserved,
    ChildJoined,
    CoordinationAssessed,
    DecisionKind,
    DecisionMade,
    DocumentDelivered,
    EpisodeClosed,
    EpisodeFact,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeStarted,
    EpisodeSuspended,
    EpisodeTransferred,
    FeedbackHandledInTeam,
    FeedbackReceived,
    FollowUpAgreed,
    FollowUpContactMade,
    FollowUpStopped,
    HomePracticeHeld,
    MeetingCancelled,
    MeetingHeld,
    MeetingKind,
    MeetingMissed,
    MeetingPlanned,
    NoticeGiven,
    PaymentCommitmentReceived,
    PlacementDecided,
    PlanEvaluated,
    PlanMade,
    ProposalMade,
    ReferralReceived,
    ReportWritten,
    ScreenTaken,
    SpellOpened,
    SummaryWritten,
    VisitationGroundRecorded,
    WorkerAssigned,
    WorkerReleased,
)
from domain.stream import Entry


class Phase(StrEnum):
    """Where an episode stands. In FHIR's EpisodeOfCare: waitlist, cancelled, planned, active, onhold, finished."""

    NONE = "none"
    REFERRED = "referred"
    REFUSED = "refused"
    DECIDED = "decided"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class MeetingStatus(StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True)
class EpisodeState(StreamState):
    """An episode. `grant` is the decision that it is pinned by; `meetings` what became of each, by id.

    `client_meetings_in_spell`: held in the present spell of work, with those that were held before this episode.
    """

    phase: Phase = Phase.NONE
    referral: ReferralReceived | None = None
    joined: tuple[UUID, ...] = ()
    decisions: tuple[DecisionMade, ...] = ()
    grant: DecisionMade | None = None
    started_on: dt.date | None = None
    closed_on: dt.date | None = None
    suspended_on: dt.date | None = None
    transfers: tuple[EpisodeTransferred, ...] = ()
    assignments: dict[UUID, WorkerAssigned] = field(default_factory=dict)
    plans: dict[UUID, PlanMade] = field(default_factory=dict)
    meetings: dict[UUID, MeetingStatus] = field(default_factory=dict)
    client_meetings_in_spell: int = 0

    @property
    def client_ids(self) -> tuple[UUID, ...]:
        """For whom the episode is: those of the referral, and the children who came along or were born since."""
        return (*self.referral.client_ids, *self.joined) if self.referral else ()

    def place_on(self, day: dt.date) -> tuple[str | None, str | None]:
        """The area and unit that it was in on the day: those of the latest transfer by then, else of the referral."""
        by_then = [one for one in self.transfers if one.transferred_on <= day]
        if by_then:
            latest = max(by_then, key=lambda one: one.transferred_on)
            return latest.area, latest.unit_id
        return (self.referral.area, self.referral.unit_id) if self.referral else (None, None)

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model that the episode is judged by."""
        return ModelReference(self.grant.service, self.grant.model_version) if self.grant else None


def fold_episode(entries: Sequence[Entry], in_force: Sequence[Entry]) -> EpisodeState:
    """The episode's state from the stream's entries."""
    return _evolved(EpisodeState(entries=tuple(entries), in_force=tuple(in_force)), in_force)


def continue_episode(state: EpisodeState, news: Sequence[Entry]) -> EpisodeState:
    """The episode's state with those entries more, none of which amends another."""
    return _evolved(replace(state, entries=(*state.entries, *news), in_force=(*state.in_force, *news)), news)


def _evolved(state: EpisodeState, news: Sequence[Entry]) -> EpisodeState:
    for entry in news:
        if isinstance(entry.fact, EpisodeFact):
            state = evolve(state, entry.fact)
    return replace(state, client_meetings_in_spell=_client_meetings_in_spell(state.decisions, state.in_force))


def evolve(state: EpisodeState, fact: EpisodeFact) -> EpisodeState:
    """The state after one fact more."""
    match fact:
        case ReferralReceived():
            return replace(state, referral=fact, phase=Phase.REFERRED)
        case DecisionMade():
            return _decided(state, fact)
        case EpisodeStarted():
            phase = Phase.CLOSED if state.phase is Phase.CLOSED else Phase.ACTIVE  # a start that was entered late
            return replace(state, phase=phase, started_on=fact.started_on)
        case EpisodeSuspended():
            return replace(state, phase=Phase.SUSPENDED, suspended_on=fact.suspended_on)
        case EpisodeResumed():
            return replace(state, phase=Phase.ACTIVE, suspended_on=None)
        case EpisodeClosed():
            return replace(state, phase=Phase.CLOSED, closed_on=fact.closed_on)
        case EpisodeReopened():
            phase = Phase.ACTIVE if state.started_on else Phase.DECIDED
            return replace(state, phase=phase, closed_on=None, suspended_on=None)
        case WorkerAssigned():
            return replace(state, assignments={**state.assignments, fact.assignment_id: fact})
        case WorkerReleased():
            left = {key: kept for key, kept in state.assignments.items() if key != fact.assignment_id}
            return replace(state, assignments=left)
        case EpisodeTransferred():
            return replace(state, transfers=(fact, *state.transfers))  # of one day, the one recorded last
        case ChildJoined():
            known = fact.client_id in state.client_ids
            return state if known else replace(state, joined=(*state.joined, fact.client_id))
        case PlanMade():
            return replace(state, plans={**state.plans, fact.plan_id: fact})
        case MeetingPlanned() | MeetingHeld() | MeetingCancelled() | MeetingMissed():
            return _met(state, fact)
        case (
            ProposalMade()
            | CoordinationAssessed()
            | PaymentCommitmentReceived()
            | PlanEvaluated()
            | HomePracticeHeld()
            | ReportWritten()
            | SummaryWritten()
            | DocumentDelivered()
            | NoticeGiven()
            | FollowUpContactMade()
            | FeedbackReceived()
            | SpellOpened()
            | AgreementMade()
            | AdmissionAssessed()
            | ScreenTaken()
            | PlacementDecided()
            | VisitationGroundRecorded()
            | ChangeObserved()
            | FollowUpAgreed()
            | FollowUpStopped()
            | FeedbackHandledInTeam()
        ):
            return state
        case _:
            assert_never(fact)


def _decided(state: EpisodeState, decision: DecisionMade) -> EpisodeState:
    state = replace(state, decisions=(*state.decisions, decision))
    match decision.kind:
        case DecisionKind.GRANTED:
            phase = Phase.DECIDED if state.phase in (Phase.REFERRED, Phase.REFUSED) else state.phase
            return replace(state, grant=decision, phase=phase)
        case DecisionKind.MOVE:
            return replace(state, grant=decision)
        case DecisionKind.REFUSED:
            return replace(state, phase=Phase.REFUSED) if state.phase is Phase.REFERRED else state
        case DecisionKind.EXTENSION | DecisionKind.EXCEPTION | DecisionKind.END:
            return state
        case _:
            assert_never(decision.kind)


def _met(state: EpisodeState, fact: MeetingPlanned | MeetingHeld | MeetingCancelled | MeetingMissed) -> EpisodeState:
    match fact:
        case MeetingPlanned():
            status = MeetingStatus.PLANNED
        case MeetingHeld():
            status = MeetingStatus.HELD
        case MeetingCancelled():
            status = MeetingStatus.CANCELLED
        case MeetingMissed():
            status = MeetingStatus.MISSED
        case _:
            assert_never(fact)
    return replace(state, meetings={**state.meetings, fact.meeting_id: status})


def _client_meetings_in_spell(decisions: Sequence[DecisionMade], in_force: Sequence[Entry]) -> int:
    """The client meetings of the present spell, with those before this episode: by the days of the world."""
    opened = [(entry.fact.opened_on, entry.version) for entry in in_force if isinstance(entry.fact, SpellOpened)]
    held = [
        (day_in_helsinki(entry.fact.started_at), entry.version)
        for entry in in_force
        if isinstance(entry.fact, MeetingHeld) and entry.fact.meeting_kind is MeetingKind.CLIENT_MEETING
    ]
    if opened:
        return sum(meeting >= max(opened) for meeting in held)
    return len(held) + max((decision.meetings_before for decision in decisions), default=0)
