"""The command OpenNetwork."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.family_centre import FamilyCentreArea
from domain.network.commands.base import NetworkCommand
from domain.network.facts import NetworkOpened
from domain.network.state import NetworkState


class OpenNetwork(NetworkCommand):
    """Record that the steering of a family centre began, by the model in force that day; its year clock runs."""

    begins = True

    opened_on: dt.date
    area: FamilyCentreArea
    service: str = "F5"

    def decide(self, state: NetworkState, context: Context) -> Sequence[Fact]:
        """Raises ServiceNotKnown."""
        model = context.register.model_in_force(self.service, self.opened_on)
        return [NetworkOpened(**self.model_dump(), model_version=model.model_version)]
