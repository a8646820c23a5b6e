"""The command OpenPlace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.activity.commands.base import ActivityCommand, require_activity, require_news
from domain.activity.facts import PeerTheme, PlaceKind, PlaceOpened, Weekday
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.family_centre import FamilyCentreTask, PlaceOrganisation


class OpenPlace(ActivityCommand):
    """Record that a meeting place or peer group opened, and who organises it."""

    place_id: UUID
    place_kind: PlaceKind
    organiser: PlaceOrganisation
    opened_on: dt.date
    tasks: tuple[FamilyCentreTask, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    theme: PeerTheme | None = None
    free_of_charge: bool = True
    open_to_all: bool = True

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_activity(state, self.opened_on, "opened_on")
        require_news(state, self.place_id, "place_id")
        return [PlaceOpened(**self.model_dump())]
