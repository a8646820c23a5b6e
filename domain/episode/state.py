"""What is so about a service episode, folded from the facts in force. No rule of a service stands here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never, cast, get_args
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.consequence import ModelReference
from domain.entry import Entry
from domain.episode.facts import (
    AdmissionAssessed,
    AgreementMade,
    ChangeObserved,
    ChildJoined,
    ClientshipEnded,
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
from domain.fact import Fact
from domain.state import StreamState


class Phase(StrEnum):
    """Where an episode stands. In FHIR's EpisodeOfCare: waitlist, cancelled, planned, active, onhold, finished."""

    NONE = "none"
    REFERRED = "referred"
    REFUSED = "refused"
    DECIDED = "decided"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


PINNING = (DecisionKind.GRANTED, DecisionKind.MOVE)
"""The decisions that say by which model an episode is judged."""


class MeetingStatus(StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True)
class EpisodeState(StreamState):
    """An episode. `grant`: the decision that it is pinned by, of grants and moves the latest in the world, in whatever
    order they were told. `meetings`: what became of each, by id.

    `joined`: who came along or was born since, and from which day on; `ended`: whose part ended, after that day.
    `turned_on`: the latest day in the world on which the work paused, went on or was reopened.
    `client_meetings_in_spell`: held in the present spell of work, with those that were held before this episode.
    """

    phase: Phase = Phase.NONE
    referral: ReferralReceived | None = None
    joined: dict[UUID, dt.date] = field(default_factory=dict)
    ended: dict[UUID, ClientshipEnded] = field(default_factory=dict)
    decisions: tuple[DecisionMade, ...] = ()
    grant: DecisionMade | None = None
    started_on: dt.date | None = None
    closed_on: dt.date | None = None
    suspended_on: dt.date | None = None
    turned_on: dt.date | None = None
    transfers: tuple[EpisodeTransferred, ...] = ()
    assignments: dict[UUID, WorkerAssigned] = field(default_factory=dict)
    plans: dict[UUID, PlanMade] = field(default_factory=dict)
    meetings: dict[UUID, MeetingStatus] = field(default_factory=dict)
    client_meetings_in_spell: int = 0

    @property
    def client_ids(self) -> tuple[UUID, ...]:
        """For whom the episode is: those of the referral, and the children who came along or were born since."""
        return (*self.referral.client_ids, *self.joined) if self.referral else ()

    def clients_on(self, day: dt.date) -> tuple[UUID, ...]:
        """Those of them whose clientship had begun by the day, and had not ended before it."""
        ended, joined = self.ended, self.joined
        return tuple(
            one
            for one in self.client_ids
            if (one not in ended or day <= ended[one].ended_on) and (one not in joined or joined[one] <= day)
        )

    def place_on(self, day: dt.date) -> tuple[str | None, str | None]:
        """The area and unit that it was in on the day: those of the latest transfer by then, else of the referral."""
        by_then = [one for one in self.transfers if one.transferred_on <= day]
        if by_then:
            latest = max(by_then, key=lambda one: one.transferred_on)
            return latest.area, latest.unit_id
        return (self.referral.area, self.referral.unit_id) if self.referral else (None, None)

    def pin_on(self, day: dt.date) -> ModelReference | None:
        """The version of the service model in force on the day: of the latest grant or move by then, if any."""
        by_then = [one for one in self.decisions if one.kind in PINNING and pinned_from(one) <= day]
        latest = max(reversed(by_then), key=pinning_order, default=None)  # of moves of one day, the one told last
        return ModelReference(latest.service, latest.model_version) if latest else None

    @property
    def continues_episode_id(self) -> UUID | None:
        """The episode whose spell of work goes on in this one: as the decision that grants it says, moved or not."""
        told = [one.continues_episode_id for one in self.decisions if one.kind is DecisionKind.GRANTED]
        return told[-1] if told else None

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model that the episode is judged by."""
        return ModelReference(self.grant.service, self.grant.model_version) if self.grant else None


def pinned_from(decision: DecisionMade) -> dt.date:
    """From which day on the model is in force that a grant or a move names: a move may hold from another day."""
    told = decision.valid_from if decision.kind is DecisionKind.MOVE else None
    return told or decision.decided_on


def pinning_order(decision: DecisionMade) -> tuple[dt.date, bool]:
    """What orders grants and moves in the world: of one day the grant is first. Of two moves that told last wins."""
    return pinned_from(decision), decision.kind is DecisionKind.MOVE


def fold_episode(entries: Sequence[Entry], in_force: Sequence[Entry]) -> EpisodeState:
    """The episode's state from the stream's entries."""
    return _evolved(_NOTHING, in_force, entries=tuple(entries), in_force=tuple(in_force))


def continue_episode(state: EpisodeState, news: Sequence[Entry]) -> EpisodeState:
    """The episode's state with those entries more, none of which amends another; what they concluded among it."""
    return _evolved(state, news, entries=(*state.entries, *news), in_force=(*state.in_force, *news))


def _evolved(
    state: EpisodeState, news: Sequence[Entry], *, entries: tuple[Entry, ...], in_force: tuple[Entry, ...]
) -> EpisodeState:
    growing = _Growing(state)
    others, held, agreed, anew = growing.take_meetings(news)
    if anew:
        growing.agree_by_moment(anew, [*_agreed_in(state.in_force), *agreed])
    for entry in others:
        if entry.kind in _EPISODE_FACTS:
            growing.take(cast("EpisodeFact", entry.fact))
    spells = _spells_opened(in_force if state.entries else others)
    return growing.grown(
        client_meetings_in_spell=_of_spell(max(spells), in_force)
        if spells
        else _without_spells(state, growing.decisions, held),
        entries=entries,
        in_force=in_force,
        concluded=state.concluded.with_entries(others),
    )


_BECAME: Mapping[type[Fact], MeetingStatus] = {
    MeetingPlanned: MeetingStatus.PLANNED,
    MeetingHeld: MeetingStatus.HELD,
    MeetingCancelled: MeetingStatus.CANCELLED,
    MeetingMissed: MeetingStatus.MISSED,
}
"""What a meeting is when such a fact has told of it."""
Agreed = tuple[Any, MeetingStatus]
"""The plain fields of a fact that tells what was agreed of a meeting, and what the meeting is then."""
_EPISODE_FACTS = frozenset(get_args(EpisodeFact))
"""Facts have no subclasses: asking for the class itself is forty times as quick as asking what it is one of."""


def _agreed_in(in_force: Iterable[Entry]) -> list[Agreed]:
    """What was agreed of meetings in entries that were folded before: seldom asked, so that nobody keeps it."""
    return [
        (one.plain, _BECAME[one.kind]) for one in in_force if one.kind is MeetingPlanned or one.kind is MeetingCancelled
    ]


class _Growing:
    """An episode's state while facts are taken in one after the other: these are what they change.

    It becomes one, which nobody can change, when it says all that it will: nothing is copied for that.
    """

    phase: Phase
    referral: ReferralReceived | None
    joined: dict[UUID, dt.date]
    ended: dict[UUID, ClientshipEnded]
    decisions: tuple[DecisionMade, ...]
    grant: DecisionMade | None
    started_on: dt.date | None
    closed_on: dt.date | None
    suspended_on: dt.date | None
    turned_on: dt.date | None
    transfers: tuple[EpisodeTransferred, ...]
    assignments: dict[UUID, WorkerAssigned]
    plans: dict[UUID, PlanMade]
    meetings: dict[UUID, MeetingStatus]

    def __init__(self, state: EpisodeState) -> None:
        vars(self).update(vars(state))
        self.assignments, self.plans = dict(state.assignments), dict(state.plans)
        self.meetings, self.ended = dict(state.meetings), dict(state.ended)

    def grown(self, **whole: object) -> EpisodeState:
        """The state that it becomes, with what is told of the `whole` stream. It is not to be used afterwards."""
        vars(self).update(whole)
        become: Any = self
        become.__class__ = EpisodeState
        return cast("EpisodeState", become)

    def take_meetings(self, news: Sequence[Entry]) -> tuple[list[Entry], int, list[Agreed], list[UUID]]:
        """Take in what became of meetings: most facts are of them.

        The other entries, how many clients' were held, what was agreed, and the meetings that became something else
        than they had been, but by being held. Nothing more is called here: this is what folding a long episode costs.
        """
        others: list[Entry] = []
        agreed: list[Agreed] = []
        anew: list[UUID] = []
        held, meetings, became_of = 0, self.meetings, _BECAME.get
        for entry in news:
            became = became_of(entry.kind)
            if became is None:
                others.append(entry)
                continue
            plain = entry.plain
            if became is _HELD:
                meetings[plain.meeting_id] = became
                if plain.meeting_kind is _CLIENT_MEETING:
                    held += 1
                continue
            agreed.append((plain, became))
            if meetings.setdefault(plain.meeting_id, became) is not became:
                meetings[plain.meeting_id] = became
                anew.append(plain.meeting_id)
        return others, held, agreed, anew

    def agree_by_moment(self, meetings: Iterable[UUID], agreed: Iterable[Agreed]) -> None:
        """Those meetings that were neither held nor missed are what was agreed last, in whatever order it was told.

        They are looked for by the number of their id, which is hashed in a tenth of the time.
        """
        planned, cancelled = MeetingStatus.PLANNED, MeetingStatus.CANCELLED
        open_still = {one.int: one for one in meetings if self.meetings[one] in {planned, cancelled}}
        last: dict[UUID, tuple[dt.datetime, MeetingStatus]] = {}
        for plain, status in agreed:
            if plain.meeting_id.int in open_still and (status is planned or status is cancelled):
                agreed_at = plain.planned_at if status is planned else plain.cancelled_at
                one = open_still[plain.meeting_id.int]
                if one not in last or last[one][0] <= agreed_at:
                    last[one] = agreed_at, status
        self.meetings.update((one, status) for one, (_, status) in last.items())

    def take(self, fact: EpisodeFact) -> None:
        """Take in one fact. The first ones here are those that every episode has: each case before costs a question."""
        match fact:
            case ReferralReceived():
                self.referral, self.phase = fact, Phase.REFERRED
            case DecisionMade():
                self._decide(fact)
            case EpisodeStarted():
                self.started_on = fact.started_on
                if self.phase not in (Phase.SUSPENDED, Phase.CLOSED):  # else it is a start that was entered late
                    self.phase = Phase.ACTIVE
            case WorkerAssigned():
                self.assignments[fact.assignment_id] = fact
            case PlanMade():
                self.plans[fact.plan_id] = fact
            case MeetingPlanned() | MeetingHeld() | MeetingCancelled() | MeetingMissed():
                self.meetings[fact.meeting_id] = _BECAME[type(fact)]
            case EpisodeSuspended():
                self._turn(fact.suspended_on, fact.suspended_on)
            case EpisodeResumed():
                self._turn(fact.resumed_on, None)
            case EpisodeClosed():
                self.phase, self.closed_on = Phase.CLOSED, fact.closed_on
            case EpisodeReopened():
                self._reopen(fact.reopened_on)
            case WorkerReleased():
                self.assignments.pop(fact.assignment_id, None)
            case EpisodeTransferred():
                self.transfers = (fact, *self.transfers)  # of one day, the one recorded last
            case ChildJoined():
                self._join(fact)
            case ClientshipEnded():
                self.ended[fact.client_id] = fact
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
                pass
            case _:
                assert_never(fact)

    def _turn(self, day: dt.date, suspended_on: dt.date | None) -> None:
        """The work paused or went on, on the day: what was so later in the world stands, whenever it was told."""
        if self.turned_on is None or self.turned_on <= day:
            self.turned_on, self.suspended_on = day, suspended_on
        if self.phase is not Phase.CLOSED:
            self.phase = Phase.SUSPENDED if self.suspended_on else Phase.ACTIVE

    def _reopen(self, day: dt.date) -> None:
        """The work goes on, where it had begun."""
        self.closed_on = None
        self._turn(day, None)
        going = Phase.ACTIVE if self.started_on else Phase.DECIDED
        self.phase = Phase.SUSPENDED if self.suspended_on else going

    def _join(self, joined: ChildJoined) -> None:
        of_referral = self.referral.client_ids if self.referral else ()
        if not self.referral or joined.client_id not in (*of_referral, *self.joined):
            self.joined = {**self.joined, joined.client_id: joined.joined_on}

    def _decide(self, decision: DecisionMade) -> None:
        self.decisions = (*self.decisions, decision)
        match decision.kind:
            case DecisionKind.GRANTED:
                self._pin(decision)
                if self.phase in (Phase.REFERRED, Phase.REFUSED):
                    self.phase = Phase.DECIDED
            case DecisionKind.MOVE:
                self._pin(decision)
            case DecisionKind.REFUSED:
                if self.phase is Phase.REFERRED:
                    self.phase = Phase.REFUSED
            case DecisionKind.EXTENSION | DecisionKind.EXCEPTION | DecisionKind.END:
                pass
            case _:
                assert_never(decision.kind)

    def _pin(self, decision: DecisionMade) -> None:
        if self.grant is None or pinning_order(decision) >= pinning_order(self.grant):
            self.grant = decision


_CLIENT_MEETING, _HELD = MeetingKind.CLIENT_MEETING, MeetingStatus.HELD
"""Looked up once: finding a member of an enumeration takes longer than all else that is asked of a meeting here."""
_NOTHING = EpisodeState()


def _spells_opened(entries: Iterable[Entry]) -> list[tuple[dt.date, int]]:
    """When each spell of work was opened: its day, and the version of the entry that says so."""
    return [
        (cast("SpellOpened", entry.fact).opened_on, entry.version) for entry in entries if entry.kind is SpellOpened
    ]


def _of_spell(opened: tuple[dt.date, int], in_force: Iterable[Entry]) -> int:
    """The client meetings of the spell that was opened then: by the days of the world."""
    held = [entry for entry in in_force if entry.kind is MeetingHeld and entry.plain.meeting_kind is _CLIENT_MEETING]
    began = [(day_in_helsinki(cast("MeetingHeld", entry.fact).started_at), entry.version) for entry in held]
    return sum(meeting >= opened for meeting in began)


def _without_spells(state: EpisodeState, decisions: Sequence[DecisionMade], held: int) -> int:
    """Where no spell was ever opened: the client meetings of the state and the new ones, with those before it."""
    more = (
        0 if decisions is state.decisions else _before_this_episode(decisions) - _before_this_episode(state.decisions)
    )
    return state.client_meetings_in_spell + held + more


def _before_this_episode(decisions: Sequence[DecisionMade]) -> int:
    return max([decision.meetings_before for decision in decisions]) if decisions else 0
