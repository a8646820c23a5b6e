"""The command ClosePlace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.activity.commands.base import ActivityCommand, require_open_place
from domain.activity.facts import PlaceClosed
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder


class ClosePlace(ActivityCommand):
    """Record the last day of a meeting place or peer group."""

    place_id: UUID
    closed_on: dt.date

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_open_place(state, self.place_id, self.closed_on, "closed_on")
        if self.place_id in state.closed:
            raise OutOfOrder("The place was closed already.", remedy="Correct that entry if the day is wrong.")
        return [PlaceClosed(**self.model_dump())]
