"""The command CloseSupervision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, refuse_twice, require
from domain.quality.facts import SupervisionClosed
from domain.quality.state import QualityState


class CloseSupervision(Command[QualityState]):
    """Record that a supervision ended, and with what result."""

    stream = StreamKind.QUALITY

    supervision_id: UUID
    closed_on: dt.date
    result_code: str
    conclusion: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        opened = require(state, state.supervisions, self.supervision_id, "supervision", "supervision_id")
        told = "The supervision is closed already."
        refuse_twice(state, state.supervisions_closed, self.supervision_id, told, "supervision_id")
        refuse_before(self.closed_on, opened.opened_on, "closed_on", "The supervision was not opened yet.")
        return [SupervisionClosed(**self.model_dump())]
