"""The command WaiveDuty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.amend.base import AnyStreamCommand
from domain.amend.correct_entry import Reason
from domain.command import Context
from domain.consequence import DutyWaived
from domain.fact import Fact
from domain.refusal import OutOfOrder, UnknownDuty
from domain.state import StreamState


class WaiveDuty(AnyStreamCommand):
    """Decide, with a reason, that an open duty need not be met."""

    duty_key: str
    waived_on: dt.date
    reason: Reason

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact when it is waived already. Raises UnknownDuty, OutOfOrder when it was met."""
        duty = state.concluded.duties.get(self.duty_key)
        if duty is None:
            known = ", ".join(state.concluded.duties) or "none"
            raise UnknownDuty("No such duty stands here.", remedy=f"Duties here: {known}.", field="duty_key")
        if duty.met_by is not None:
            raise OutOfOrder("The duty has been met.", remedy="There is nothing to waive.", field="duty_key")
        return [] if duty.waived else [DutyWaived(**self.model_dump())]
