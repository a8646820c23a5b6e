"""The command CompleteQualityAction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import QualityActionDone
from domain.quality.state import QualityState


class CompleteQualityAction(Command[QualityState]):
    """Record that an action was carried out."""

    stream = StreamKind.QUALITY

    action_id: UUID
    done_on: dt.date
    worker_id: str
    note: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        action = require(state, state.actions, self.action_id, "action", "action_id")
        refuse_twice(state, state.actions_done, self.action_id, "The action is done already.", "action_id")
        refuse_before(self.done_on, action.opened_on, "done_on", "The action was not opened yet.")
        return [QualityActionDone(**self.model_dump())]
