"""The command RecordGroupMeeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Context
from domain.fact import Fact
from domain.family_centre import Sector
from domain.network.commands.base import NetworkCommand, require_known, require_network, require_news
from domain.network.facts import GroupMet
from domain.network.state import NetworkState
from domain.strict import Count


class RecordGroupMeeting(NetworkCommand):
    """Record that a group met; the sectors that it has members from and that were not there are named missing."""

    meeting_id: UUID
    group_id: UUID
    met_on: dt.date
    sectors_present: Annotated[tuple[Sector, ...], Field(min_length=1)]
    participants: Count | None = None
    note: str | None = None

    def decide(self, state: NetworkState, context: Context) -> Sequence[Fact]:
        """Raises UnknownNetwork, OutOfOrder, EndedBeforeItBegan."""
        require_network(state, self.met_on, "met_on")
        require_known(state.groups, self.group_id, "group_id")
        require_news(state.held, self.meeting_id, "meeting_id")
        group = state.groups[self.group_id]
        missing = tuple(sector for sector in group.sectors if sector not in self.sectors_present)
        told = {name: getattr(self, name) for name in type(self).model_fields}
        return [GroupMet(**told, group_kind=group.group_kind, sectors_missing=missing)]
