"""The command AssessQualityCriteria."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import require, require_file
from domain.quality.facts import QualityCriteriaAssessed
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder
from domain.strict import Score


class AssessQualityCriteria(Command[QualityState]):
    """Record how far the criteria in force are fulfilled: a score by criterion code."""

    stream = StreamKind.QUALITY

    assessed_on: dt.date
    worker_id: str
    scores: Annotated[dict[str, Score], Field(min_length=1)]
    audit_id: UUID | None = None
    assessment: str | None = None
    stands_for_on: dt.date | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder: no criteria were set, or one is scored that is none of them."""
        require_file(state)
        known = {criterion.code for criterion in state.criteria.criteria} if state.criteria else set()
        if not self.scores.keys() <= known:
            told = ", ".join(sorted(known)) or "none"
            raise OutOfOrder("A criterion is scored that is not set.", remedy=f"Set are: {told}.", field="scores")
        if self.audit_id is not None:
            require(state, state.audits, self.audit_id, "audit", "audit_id")
        return [QualityCriteriaAssessed(**self.model_dump())]
