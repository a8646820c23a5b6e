"""The command OpenActivity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.activity.commands.base import ActivityCommand
from domain.activity.facts import ActivityOpened, ActivityService
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.family_centre import FamilyCentreArea


class OpenActivity(ActivityCommand):
    """Record that the open meeting places of an area are organised together, by the model in force that day."""

    begins = True

    opened_on: dt.date
    area: FamilyCentreArea
    service: ActivityService = ActivityService.F4

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises ServiceNotKnown."""
        model = context.register.model_in_force(self.service.value, self.opened_on)
        return [ActivityOpened(**self.model_dump(), model_version=model.model_version)]
