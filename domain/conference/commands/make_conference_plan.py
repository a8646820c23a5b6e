"""The command MakeConferencePlan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import ActionKind, ConferencePlanMade
from domain.conference.state import ConferenceState
from domain.fact import Fact


class MakeConferencePlan(ConferenceCommand):
    """Make the plan that is to improve the client's situation."""

    made_on: dt.date
    action_kinds: tuple[ActionKind, ...]
    content: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.made_on, "made_on")
        return [ConferencePlanMade(**self.model_dump())]
