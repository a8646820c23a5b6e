"""The command RecordOutreach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.activity.commands.base import ActivityCommand, require_open_place
from domain.activity.facts import OutreachKind, OutreachMade
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.family_centre import PlaceOrganisation
from domain.strict import MinutesOfDay


class RecordOutreach(ActivityCommand):
    """Record that an organisation came to a meeting place with information, advice or expertise."""

    place_id: UUID
    organisation: PlaceOrganisation
    outreach_kind: OutreachKind
    made_on: dt.date
    minutes: MinutesOfDay | None = None

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_open_place(state, self.place_id, self.made_on, "made_on")
        return [OutreachMade(**self.model_dump())]
