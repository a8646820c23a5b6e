"""The command EndActivity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.activity.commands.base import ActivityCommand, require_activity
from domain.activity.facts import ActivityEnded
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder


class EndActivity(ActivityCommand):
    """Record the last day on which the open meeting places of the area are organised together."""

    ended_on: dt.date

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_activity(state, self.ended_on, "ended_on")
        if state.ended_on is not None:
            raise OutOfOrder("The activity ended already.", remedy="Correct that entry if the day is wrong.")
        return [ActivityEnded(**self.model_dump())]
