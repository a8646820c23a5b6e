"""The command OpenSupervision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice
from domain.quality.facts import SupervisionKind, SupervisionOpened
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder


class OpenSupervision(Command[QualityState]):
    """Open the supervision of a producer: by plan, or because feedback or a finding called for it."""

    stream = StreamKind.QUALITY

    supervision_id: UUID
    supervision_kind: SupervisionKind
    opened_on: dt.date
    producer: str | None = None
    with_procurement: bool = False
    because_of: UUID | None = None
    ground_codes: tuple[str, ...] = ()
    grounds: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder."""
        told = "The supervision is opened already."
        refuse_twice(state, state.supervisions, self.supervision_id, told, "supervision_id")
        if self.because_of is not None and self.because_of not in {*state.feedback, *state.findings}:
            raise OutOfOrder(
                "The file holds no feedback or finding of that id.",
                remedy="Name feedback or a finding of this file.",
                field="because_of",
            )
        return [SupervisionOpened(**self.model_dump())]
