"""What the commands about meetings share: the meeting's id, kind, and for whom it is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.calendar import day_in_helsinki
from domain.episode.commands.base import EpisodeCommand, require_granted, require_meeting_open, require_referral
from domain.episode.facts import MeetingKind
from domain.episode.state import EpisodeState
from domain.refusal import OutOfOrder
from domain.truth import check_clients, check_present

Workers = Annotated[tuple[str, ...], Field(min_length=1)]
"""At least one: nothing is done by nobody."""


class AboutMeeting(EpisodeCommand):
    """The fields of every command about a meeting. A familiarisation visit may come before the decision."""

    meeting_id: UUID
    meeting_kind: MeetingKind = MeetingKind.CLIENT_MEETING
    worker_ids: Workers

    def clients_met(self, state: EpisodeState, moment: dt.datetime, named: tuple[UUID, ...] = ()) -> tuple[UUID, ...]:
        """The clients on whose counters it stands: those named, else all of the episode whose clientship goes on then.

        Raises UnknownEpisode, OutOfOrder, ClientNotOfEpisode.
        """
        if self.meeting_kind is MeetingKind.CLIENT_MEETING:
            require_granted(state)
        require_referral(state)
        require_meeting_open(state, self.meeting_id)
        present = state.clients_on(day_in_helsinki(moment))
        if not present:
            raise OutOfOrder(
                "Nobody is a client of this episode on that day: the part of each of them has ended, or not begun.",
                remedy="Strike out or correct the end that is wrong; who comes again needs a new referral.",
                field="client_ids",
            )
        check_clients(named, state.client_ids)
        check_present(named, present, day_in_helsinki(moment))
        return named or tuple(dict.fromkeys(present))
