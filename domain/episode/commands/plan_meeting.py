"""The command PlanMeeting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import AwareDatetime

from domain.command import Context
from domain.episode.commands.meetings import AboutMeeting
from domain.episode.facts import MeetingMode, MeetingPlanned
from domain.episode.state import EpisodeState
from domain.fact import Fact


class PlanMeeting(AboutMeeting):
    """Agree upon a meeting. Planning is no authorisation: past a cap it warns, and is recorded all the same."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: MeetingMode
    client_ids: tuple[UUID, ...] = ()
    planned_at: AwareDatetime | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ClientNotOfEpisode."""
        clients = self.clients_met(state, self.starts_at, self.client_ids)
        fields = self.model_dump(exclude={"client_ids", "planned_at"})
        return [MeetingPlanned(**fields, client_ids=clients, planned_at=self.planned_at or context.now)]
