"""The command RecordSession."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.activity.commands.base import ActivityCommand, require_news, require_open_place
from domain.activity.facts import Counts, SessionHeld, SessionKind
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact


class RecordSession(Counts, ActivityCommand):
    """Record that a session was held and how many came: never who."""

    session_id: UUID
    place_id: UUID
    session_kind: SessionKind = SessionKind.OPEN_SESSION
    held_on: dt.date

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_open_place(state, self.place_id, self.held_on, "held_on")
        require_news(state, self.session_id, "session_id")
        return [SessionHeld(**self.model_dump())]
