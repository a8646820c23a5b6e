"""The command HandleSurveyRound."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import SurveyRoundHandled
from domain.quality.state import QualityState


class HandleSurveyRound(Command[QualityState]):
    """Record that a round's results were gone through, in the unit's community or without it."""

    stream = StreamKind.QUALITY
    tells = SurveyRoundHandled

    round_id: UUID
    handled_on: dt.date
    worker_id: str
    in_community: bool
    change_code: str | None = None
    change: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        held = require(state, state.rounds, self.round_id, "survey round", "round_id")
        done = {key: one for key, one in state.rounds_handled.items() if one.in_community or not self.in_community}
        refuse_twice(state, done, self.round_id, "The round was gone through already.", "round_id")
        refuse_before(self.handled_on, held.held_on, "handled_on", "The round was not held yet.")
        return [SurveyRoundHandled(**self.model_dump())]
