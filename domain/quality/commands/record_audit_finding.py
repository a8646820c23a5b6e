"""The command RecordAuditFinding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context, Reads
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice, require
from domain.quality.facts import AuditFindingRecorded, EventTied, Severity, StreamOfEvent
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder, UnknownEntry


class RecordAuditFinding(Command[QualityState]):
    """Record what an audit found, tied to the entries of episodes or contacts that show it."""

    stream = StreamKind.QUALITY

    finding_id: UUID
    audit_id: UUID
    found_on: dt.date
    severity: Severity
    criterion_code: str | None = None
    events: tuple[EventTied, ...] = ()
    finding: str | None = None

    def reads(self, state: QualityState) -> Reads:
        """The streams whose entries are named."""
        return Reads(episodes=self._streams(StreamOfEvent.EPISODE), contacts=self._streams(StreamOfEvent.CONTACT))

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, UnknownEntry when a stream has no entry of that number."""
        require(state, state.audits, self.audit_id, "audit", "audit_id")
        refuse_twice(state, state.findings, self.finding_id, "The finding is recorded already.", "finding_id")
        if self.audit_id in state.audits_closed:
            raise OutOfOrder("The audit is closed.", remedy="Plan another audit.", field="audit_id")
        for event in self.events:
            versions = {**context.episodes, **context.contacts}
            if event.version > versions[event.stream_id].version:
                raise UnknownEntry(
                    "A stream has no entry of that number.", remedy="Name an entry that is there.", field="events"
                )
        return [AuditFindingRecorded(**dict(self))]

    def _streams(self, kind: StreamOfEvent) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(event.stream_id for event in self.events if event.stream_kind is kind))
