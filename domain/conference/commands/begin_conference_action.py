"""The command BeginConferenceAction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, not_before, require_convened, require_number
from domain.conference.facts import ConferenceActionBegun
from domain.conference.state import ConferenceState
from domain.fact import Fact


class BeginConferenceAction(ConferenceCommand):
    """Record, following it up, that an agreed action has begun; also after the conference was closed."""

    action: int = Field(ge=1, le=999)
    begun_on: dt.date

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        last_open = min(self.begun_on, state.closed.closed_on) if state.closed else self.begun_on
        require_convened(state, last_open, "begun_on")
        require_number(self.action, state.actions, state.begun_actions, "action")
        not_before(self.begun_on, state.actions[self.action].agreed_on, "begun_on")
        return [ConferenceActionBegun(**self.model_dump())]
