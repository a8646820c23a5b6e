"""What is told of a client for days on which that client had no part in the episode: not yet, or no longer. Pure.

Never here: when a part may end (`EndClientship`), what is owed of whom (`domain.rules`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from uuid import UUID

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
    entries = [version for day, version in _met(state, end.client_id) if day > end.ended_on]
    if entries:
        yield (
            f"Meetings after {end.ended_on} name this client still, in entry {', '.join(entries)}: correct their "
            "client_ids where the client was not there, or this day where the client was."
        )
    yield from _reports_to_strike(
        (version for told, version in _told_of(state, end.client_id) if told.covers_from > end.ended_on),
        f"after {end.ended_on}",
    )


def named_too_early(before: EpisodeState, after: EpisodeState) -> Iterator[str]:
    """The meetings and reports that name a child whose joining was put off to a later day, or struck out."""
    for child, joined_on in before.joined.items():
        since = after.joined.get(child) if child in after.client_ids else dt.date.max
        if since is None or since <= joined_on:
            continue
        entries = [version for day, version in _met(after, child) if day < since]
        if entries:
            yield (
                f"Meetings name a child who had not come along on their day, in entry {', '.join(entries)}: correct "
                "their client_ids where the child was not there, or tell the day of its coming where it was."
            )
        yield from _reports_to_strike(
            (version for told, version in _told_of(after, child) if told.covers_to < since), "before the child came"
        )


def _met(state: EpisodeState, client_id: UUID) -> Iterator[tuple[dt.date, str]]:
    """The days of the meetings, held or yet to come, on whose counters the client is, each with its entry's number."""
    for entry in state.in_force:
        if isinstance(entry.fact, MeetingHeld | MeetingPlanned) and client_id in entry.fact.client_ids:
            planned = state.meetings.get(entry.fact.meeting_id) is MeetingStatus.PLANNED
            if entry.kind is MeetingHeld or planned:
                yield day_met(entry.fact), str(entry.version)


def _told_of(state: EpisodeState, client_id: UUID) -> Iterator[tuple[ReportWritten, str]]:
    """The reports on that client, each with its entry's number."""
    for entry in state.in_force:
        if entry.kind is ReportWritten and isinstance(entry.fact, ReportWritten) and entry.fact.client_id == client_id:
            yield entry.fact, str(entry.version)


def _reports_to_strike(versions: Iterable[str], when: str) -> Iterator[str]:
    if entries := ", ".join(versions):
        yield (
            f"Reports on this client tell of days {when} alone, in entry {entries}: strike them out, or correct "
            "whichever is wrong."
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
