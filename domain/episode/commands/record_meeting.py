"""The command RecordMeeting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import AwareDatetime

from domain.command import Context
from domain.episode.commands.meetings import AboutMeeting
from domain.episode.facts import Codes, Interruption, LateArrival, MeetingHeld, MeetingMode
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.strict import Minutes


class RecordMeeting(AboutMeeting):
    """Record that people met. It is recorded whatever the rules say, with its deviations beside it.

    `client_ids` default to all of the episode's clients whose clientship goes on that day: who came along later is not
    among them.
    """

    started_at: AwareDatetime
    ended_at: AwareDatetime
    mode: MeetingMode
    client_ids: tuple[UUID, ...] = ()
    participants: tuple[str, ...] = ()
    planned_starts_at: AwareDatetime | None = None
    planned_ends_at: AwareDatetime | None = None
    presence_gap_minutes: Minutes | None = None
    interruption_reason: str | None = None
    presence: Codes = None
    late_arrivals: tuple[LateArrival, ...] | None = None
    interruptions: tuple[Interruption, ...] | None = None
    support_given: Codes = None
    with_family_documented: bool | None = None
    child_documented: bool | None = None
    place: str | None = None
    topics: Codes = None
    note: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ClientNotOfEpisode."""
        clients = self.clients_met(state, self.started_at, self.client_ids)
        return [MeetingHeld(**{**vars(self), "client_ids": clients})]
