"""The command PlanAudit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice
from domain.quality.facts import AuditKind, AuditPlanned, Codes
from domain.quality.state import QualityState


class PlanAudit(Command[QualityState]):
    """Plan an audit: its kind, scope, the days of work it looks at, and the seed by which its sample will be drawn."""

    stream = StreamKind.QUALITY

    audit_id: UUID
    audit_kind: AuditKind
    planned_on: dt.date
    takes_place_on: dt.date | None = None
    auditor: str
    scope: Codes
    covers_from: dt.date
    covers_to: dt.date
    seed: Annotated[str, Field(min_length=1, max_length=200)]

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder when the audit was planned already."""
        refuse_twice(state, state.audits, self.audit_id, "The audit is planned already.", "audit_id")
        return [AuditPlanned(**self.model_dump())]
