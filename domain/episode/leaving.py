"""What is told of a client for days on which that client had no part in the episode: not yet, or no longer. Pure.

Never here: when a part may end (`EndClientship`), what is owed of whom (`domain.rules`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.calendar import day_in_helsinki
from domain.episode.facts import (
    ClientshipEnded,
    DocumentDelivered,
    MeetingHeld,
    MeetingPlanned,
    PlacementDecided,
    Recipient,
    ReportWritten,
)
from domain.episode.state import EpisodeState, MeetingStatus
from domain.refusal import ClientNotOfEpisode


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
    reports = [
        str(entry.version)
        for entry in state.in_force
        if entry.kind is ReportWritten
        and isinstance(entry.fact, ReportWritten)
        and entry.fact.client_id == end.client_id
        and entry.fact.covers_from > end.ended_on
    ]
    if reports:
        yield (
            f"Reports on this client tell of days after {end.ended_on} alone, in entry {', '.join(reports)}: strike "
            "them out, or correct whichever is wrong."
        )


def check_told_of(state: EpisodeState, report: ReportWritten) -> None:
    """That a report on one client tells of days of that client's part. Raises ClientNotOfEpisode."""
    if report.client_id is None:
        return
    joined_on, end = state.joined.get(report.client_id), state.ended.get(report.client_id)
    if end is not None and end.ended_on < report.covers_from:
        when = f"ended on {end.ended_on}"
    elif joined_on is not None and joined_on > report.covers_to:
        when = f"began on {joined_on}"
    else:
        return
    raise ClientNotOfEpisode(
        f"The report tells of days on which its client was none of this episode: that part of it {when}.",
        remedy="Name a client of these days, or give the days that the report tells of.",
        field="client_id",
    )


def given_after(state: EpisodeState, told: ReportWritten | DocumentDelivered) -> Iterator[str]:
    """What was given to a client who had left: it may be right, or a leak."""
    end = state.ended.get(told.client_id) if told.client_id and told.recipient is Recipient.CLIENT else None
    day = told.written_on if isinstance(told, ReportWritten) else told.delivered_on
    if end is not None and end.ended_on < day:
        yield (
            f"This client's part in the episode ended on {end.ended_on}, before this was given to the client: look "
            "once more who has it."
        )


def placed_after(state: EpisodeState, placement: PlacementDecided) -> Iterator[str]:
    """A placement of somebody who had left: it is recorded as it was decided."""
    end = state.ended.get(placement.client_id)
    if end is not None and end.ended_on < placement.decided_on:
        yield (
            f"This client's part in the episode ended on {end.ended_on}, before the placement: correct which is wrong, "
            "or tell the placement in the child's own episode."
        )
