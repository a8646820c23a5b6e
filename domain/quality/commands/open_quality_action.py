"""The command OpenQualityAction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice
from domain.quality.facts import QualityActionOpened
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder


class OpenQualityAction(Command[QualityState]):
    """Set something to be done, by its owner and its due date, because of an audit, feedback, survey or supervision."""

    stream = StreamKind.QUALITY

    action_id: UUID
    opened_on: dt.date
    owner_id: str
    due_on: dt.date
    because_of: UUID | None = None
    action_code: str | None = None
    action: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder: opened already, or the file holds nothing of the id `because_of`."""
        refuse_twice(state, state.actions, self.action_id, "The action is opened already.", "action_id")
        causes = {*state.audits, *state.findings, *state.feedback, *state.rounds, *state.supervisions}
        if self.because_of is not None and self.because_of not in causes:
            raise OutOfOrder(
                "The file holds nothing of that id that an action could be for.",
                remedy="Name an audit, a finding, feedback, a survey round or a supervision of this file.",
                field="because_of",
            )
        return [QualityActionOpened(**self.model_dump())]
