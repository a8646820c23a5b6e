"""The command RecordSurveyRound."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice
from domain.quality.facts import Codes, SurveyRoundHeld
from domain.quality.state import QualityState
from domain.strict import Count, MeanScore


class RecordSurveyRound(Command[QualityState]):
    """Record a survey round of the unit: how many answered, and the mean score of each question."""

    stream = StreamKind.QUALITY
    tells = SurveyRoundHeld

    round_id: UUID
    held_on: dt.date
    instrument: str
    topics: Codes
    respondents: Count
    scores: dict[str, MeanScore]
    stands_for_on: dt.date | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder."""
        refuse_twice(state, state.rounds, self.round_id, "The round is recorded already.", "round_id")
        return [SurveyRoundHeld(**self.model_dump())]
