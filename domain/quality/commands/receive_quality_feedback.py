"""The command ReceiveQualityFeedback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context, Reads
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice
from domain.quality.facts import FeedbackGiver, QualityFeedbackReceived
from domain.quality.state import QualityState
from domain.strict import Score


class ReceiveQualityFeedback(Command[QualityState]):
    """Record feedback on the unit or the service, spoken or written, or from a feedback form (S3)."""

    stream = StreamKind.QUALITY

    feedback_id: UUID
    received_on: dt.date
    given_by: FeedbackGiver
    feedback_kind: str | None = None
    producer: str | None = None
    form: str | None = None
    oral: bool | None = None
    episode_id: UUID | None = None
    scores: dict[str, Score] | None = None
    comment: str | None = None

    def reads(self, state: QualityState) -> Reads:
        """The episode that it is about, where one is named."""
        return Reads(episodes=(self.episode_id,) if self.episode_id else ())

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder."""
        refuse_twice(state, state.feedback, self.feedback_id, "The feedback is recorded already.", "feedback_id")
        return [QualityFeedbackReceived(**self.model_dump())]
