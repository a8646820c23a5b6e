"""The command HandleQualityFeedback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import QualityFeedbackHandled
from domain.quality.state import QualityState


class HandleQualityFeedback(Command[QualityState]):
    """Record that feedback was gone through, what came of it, and what was changed because of it."""

    stream = StreamKind.QUALITY

    feedback_id: UUID
    handled_on: dt.date
    worker_id: str
    in_team: bool = True
    with_responsible_worker: bool | None = None
    result_code: str
    change_code: str | None = None
    change: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        feedback = require(state, state.feedback, self.feedback_id, "feedback", "feedback_id")
        refuse_twice(state, state.feedback_handled, self.feedback_id, "The feedback is handled already.", "feedback_id")
        refuse_before(self.handled_on, feedback.received_on, "handled_on", "The feedback had not come yet.")
        return [QualityFeedbackHandled(**self.model_dump())]
