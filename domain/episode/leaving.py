"""What was told of a client for days after that client's part in the episode had ended. Pure.

Never here: when a part may end (`EndClientship`), what is owed of whom (`domain.rules`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.calendar import day_in_helsinki
from domain.episode.facts import ClientshipEnded, MeetingHeld, MeetingPlanned, PlacementDecided
from domain.episode.state import EpisodeState, MeetingStatus


def day_met(meeting: MeetingHeld | MeetingPlanned) -> dt.date:
    """The day on which people met, or are to meet."""
    return day_in_helsinki(meeting.started_at if isinstance(meeting, MeetingHeld) else meeting.starts_at)


def still_named(state: EpisodeState, end: ClientshipEnded) -> Iterator[str]:
    """The meetings of later days, held or yet to come, on whose counters the client is still."""
    entries = [
        str(entry.version)
        for entry in state.in_force
        if isinstance(entry.fact, MeetingHeld | MeetingPlanned)
        and end.client_id in entry.fact.client_ids
        and day_met(entry.fact) > end.ended_on
        and (entry.kind is MeetingHeld or state.meetings.get(entry.fact.meeting_id) is MeetingStatus.PLANNED)
    ]
    if entries:
        yield (
            f"Meetings after {end.ended_on} name this client still, in entry {', '.join(entries)}: correct their "
            "client_ids where the client was not there, or this day where the client was."
        )


def placed_after(state: EpisodeState, placement: PlacementDecided) -> Iterator[str]:
    """A placement of somebody who had left: it is recorded as it was decided."""
    end = state.ended.get(placement.client_id)
    if end is not None and end.ended_on < placement.decided_on:
        yield (
            f"This client's part in the episode ended on {end.ended_on}, before the placement: correct which is wrong, "
            "or tell the placement in the child's own episode."
        )
