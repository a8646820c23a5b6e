"""The command RecordOrganisersMeeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.activity.commands.base import ActivityCommand, require_activity, require_news
from domain.activity.facts import Circle, OrganisersMet
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.family_centre import PlaceOrganisation


class RecordOrganisersMeeting(ActivityCommand):
    """Record that the organisers met; whose places were open that day and who was not there is named missing."""

    meeting_id: UUID
    circle: Circle
    met_on: dt.date
    present: Annotated[tuple[PlaceOrganisation, ...], Field(min_length=1)]

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_activity(state, self.met_on, "met_on")
        require_news(state, self.meeting_id, "meeting_id")
        missing = tuple(one for one in state.organisers(self.met_on) if one not in self.present)
        return [OrganisersMet(**self.model_dump(), missing=missing)]
