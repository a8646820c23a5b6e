"""The command CloseAudit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import AuditClosed
from domain.quality.state import QualityState


class CloseAudit(Command[QualityState]):
    """Record that an audit that was held is over."""

    stream = StreamKind.QUALITY

    audit_id: UUID
    closed_on: dt.date
    result_code: str | None = None
    conclusion: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        held = require(state, state.held, self.audit_id, "held audit", "audit_id")
        refuse_twice(state, state.audits_closed, self.audit_id, "The audit is closed already.", "audit_id")
        refuse_before(self.closed_on, held.held_on, "closed_on", "The audit was not held yet.")
        return [AuditClosed(**self.model_dump())]
