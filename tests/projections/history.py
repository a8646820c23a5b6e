"""Histories for the tests of projections: facts put into a register as entries, without commands and their rules."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import Entry, Provenance
from domain.episode.facts import (
    ClosureReason,
    DecisionKind,
    DecisionMade,
    EpisodeClosed,
    EpisodeStarted,
    MeetingHeld,
    MeetingKind,
    MeetingMode,
    MeetingPlanned,
    Outcome,
    ReferralReceived,
    WorkerAssigned,
)
from domain.fact import Fact
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.secrecy.sealing import sealed_by_nobody
from domain.ledger.submission import Draft, Submission
from domain.register.facts import WorkerRole
from domain.registry import REGISTRY

RECORDED = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    """The day with that number, from 1 March 2021, a Monday."""
    return dt.date(2021, 3, 1) + dt.timedelta(days=number)


def moment(number: int, hour: int = 9) -> dt.datetime:
    """That hour in Helsinki (two hours ahead of UTC, until the end of March) of `day(number)`."""
    return dt.datetime.combine(day(number), dt.time(hour - 2), dt.UTC)


@dataclass
class History:
    """Writes entries into a register, one transaction a call."""

    recorder: RegisterRecorder
    versions: dict[UUID, int] = field(default_factory=dict)

    def record(self, stream_id: UUID, *facts: Fact, provenance: Provenance | None = None) -> int:
        """Append the facts; the position of the last."""
        return self.record_all([(stream_id, fact) for fact in facts], provenance)

    def record_all(self, facts: Iterable[tuple[UUID, Fact]], provenance: Provenance | None = None) -> int:
        """Append facts of several streams in this order; the position of the last."""
        drafts = tuple(self._draft(stream_id, fact, provenance) for stream_id, fact in facts)
        receipt = self.recorder.append(Submission(uuid4(), b"test", drafts))
        return receipt.positions[-1]

    def record_raw(self, stream_id: UUID, name: str, state: bytes) -> int:
        """Append bytes that no fact would have made."""
        draft = Draft(stream_id, self._next(stream_id), name, state)
        return self.recorder.append(Submission(uuid4(), b"test", (draft,))).positions[-1]

    def correct(self, stream_id: UUID, version: int, content: Fact) -> int:
        """Record that the entry reads, rightly, so."""
        mistake = MistakeKind.TYPING_ERROR
        return self.record(stream_id, EntryCorrected(entry=version, mistake=mistake, content=content, reason="x"))

    def strike(self, stream_id: UUID, version: int) -> int:
        """Record that the entry should not have been made."""
        return self.record(stream_id, EntryStruckOut(entry=version, mistake=MistakeKind.ENTERED_TWICE, reason="x"))

    def _next(self, stream_id: UUID) -> int:
        self.versions[stream_id] = self.versions.get(stream_id, 0) + 1
        return self.versions[stream_id]

    def _draft(self, stream_id: UUID, fact: Fact, provenance: Provenance | None) -> Draft:
        entry = entry_of(stream_id, self._next(stream_id), fact, provenance=provenance)
        return Draft(stream_id, entry.version, fact.stored_name(), REGISTRY.encode(entry, sealed_by_nobody))


def entry_of(
    stream_id: UUID, version: int, fact: Fact, *, position: int = 0, provenance: Provenance | None = None
) -> Entry:
    """An entry as the ledger would give it back."""
    return Entry(
        stream_id=stream_id,
        version=version,
        fact=fact,
        occurred_at=fact.happened_at() or RECORDED,
        actor="instructor-1",
        correlation_id=UUID(int=version),
        provenance=provenance,
        position=position,
        recorded_at=RECORDED,
    )


def referral(*clients: UUID, on: int = 0, **more: Any) -> ReferralReceived:
    given = {"channel": ContactChannel.PHONE, "area": "north", "unit_id": "unit-1", **more}
    return ReferralReceived(
        client_ids=clients,
        received_on=day(on),
        source=ContactSource.FAMILY,
        consent=FamilyConsent.GIVEN,
        **given,
    )


def decision(kind: DecisionKind = DecisionKind.GRANTED, *, on: int = 1, **more: Any) -> DecisionMade:
    given = {"service": "K1", "decision_id": uuid4(), "decision_maker": "leader-1", **more}
    return DecisionMade(
        kind=kind,
        model_version=1,
        decided_on=day(on),
        legal_basis="1301/2014",
        service_task="child_family",
        **given,
    )


def assigned(worker_id: str = "instructor-1", *, on: int = 1, assignment_id: UUID | None = None) -> WorkerAssigned:
    return WorkerAssigned(
        assignment_id=assignment_id or uuid4(),
        worker_id=worker_id,
        role=WorkerRole.FAMILY_INSTRUCTOR,
        from_on=day(on),
    )


def started(on: int = 2) -> EpisodeStarted:
    return EpisodeStarted(started_on=day(on))


def planned(meeting_id: UUID, *, on: int, at: int = 2, workers: tuple[str, ...] = ("instructor-1",)) -> MeetingPlanned:
    return MeetingPlanned(
        meeting_id=meeting_id,
        meeting_kind=MeetingKind.CLIENT_MEETING,
        planned_at=moment(at, 12),
        starts_at=moment(on),
        ends_at=moment(on, 10),
        mode=MeetingMode.HOME,
        worker_ids=workers,
    )


def held(meeting_id: UUID, *clients: UUID, on: int, **more: Any) -> MeetingHeld:
    given = {"mode": MeetingMode.HOME, "worker_ids": ("instructor-1",), **more}
    return MeetingHeld(
        meeting_id=meeting_id,
        meeting_kind=MeetingKind.CLIENT_MEETING,
        started_at=moment(on),
        ended_at=moment(on, 10),
        client_ids=clients,
        **given,
    )


def closed(on: int, outcome: Outcome = Outcome.NONE, reason: ClosureReason = ClosureReason.GOALS_MET) -> EpisodeClosed:
    return EpisodeClosed(closed_on=day(on), reason=reason, outcome=outcome)


def whole_episode(*clients: UUID, begins: int = 0, **of_decision: Any) -> list[Fact]:
    """Referral, grant, worker, start, two meetings, closure: eight entries."""
    meeting = uuid4()
    return [
        referral(*clients, on=begins),
        decision(on=begins + 1, **of_decision),
        assigned(on=begins + 1),
        started(begins + 2),
        planned(meeting, on=begins + 5, at=begins + 2),
        held(meeting, *clients, on=begins + 5),
        held(uuid4(), *clients, on=begins + 8, mode=MeetingMode.PHONE),
        closed(begins + 20),
    ]
