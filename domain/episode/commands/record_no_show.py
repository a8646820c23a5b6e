"""The command RecordNoShow."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime

from domain.command import Context
from domain.episode.commands.meetings import AboutMeeting
from domain.episode.facts import MeetingMissed, MeetingMode
from domain.episode.state import EpisodeState
from domain.fact import Fact


class RecordNoShow(AboutMeeting):
    """Record that the family did not come."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    note: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder."""
        self.clients_met(state, self.starts_at)
        return [MeetingMissed(**self.model_dump())]
