"""The command RecordAudit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import AuditHeld
from domain.quality.state import QualityState


class RecordAudit(Command[QualityState]):
    """Record that a planned audit took place, or that its written material was gone through."""

    stream = StreamKind.QUALITY

    audit_id: UUID
    held_on: dt.date
    auditor: str | None = None
    stands_for_on: dt.date | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        planned = require(state, state.audits, self.audit_id, "audit", "audit_id")
        refuse_twice(state, state.held, self.audit_id, "The audit was held already.", "audit_id")
        refuse_before(self.held_on, planned.planned_on, "held_on", "The audit was not planned yet.")
        auditor = self.auditor or planned.auditor
        return [AuditHeld(**{**self.model_dump(), "audit_kind": planned.audit_kind, "auditor": auditor})]
