"""The command CancelMeeting."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime

from domain.command import Context
from domain.episode.commands.meetings import AboutMeeting
from domain.episode.facts import CancelledBy, MeetingCancelled, MeetingMode
from domain.episode.state import EpisodeState
from domain.fact import Fact


class CancelMeeting(AboutMeeting):
    """Record that an agreed meeting was called off, by whom and when, and which cancellation condition applied."""

    cancelled_at: AwareDatetime | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    cancelled_by: CancelledBy
    cancellation_condition: str | None = None
    note: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder."""
        self.clients_met(state, self.starts_at)
        fields = self.model_dump(exclude={"cancelled_at"})
        return [MeetingCancelled(**fields, cancelled_at=self.cancelled_at or context.now)]
