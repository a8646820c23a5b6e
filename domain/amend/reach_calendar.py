"""The command ReachCalendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.amend.base import AnyStreamCommand
from domain.clock import CLOCK, CalendarReached
from domain.command import Context
from domain.fact import Fact
from domain.refusal import OnlyByTheClock
from domain.rules.reaching import reaching_tells
from domain.state import StreamState


class ReachCalendar(AnyStreamCommand):
    """Tell the stream that the calendar has reached a day, where that opens a duty that no entry opens.

    Only the ledger's own clock tells it; anybody can ask the ledger to run its clock: `jaksokirja clock`.
    """

    reached_on: dt.date

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact where the day tells nothing new. Raises OnlyByTheClock; InTheFuture as every fact."""
        if context.actor != CLOCK:
            raise OnlyByTheClock(
                "That a day was reached is told by the ledger's own clock, never by a person.",
                remedy="Run the clock: `jaksokirja clock --register NAME`.",
            )
        if state.pin is None:
            return []
        model = context.register.model(state.pin.service, state.pin.model_version)
        tells = reaching_tells(model, state.in_force, self.reached_on)
        return [CalendarReached(reached_on=self.reached_on)] if tells else []
