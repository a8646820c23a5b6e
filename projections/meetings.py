"""Meetings: planned, held, cancelled, missed: one chain of rows a meeting. Service and area stand on the episode.

A meeting's row has what became of it; of what was agreed, what was agreed last, in whatever order it was told. All that
was agreed of it, time by time, stands in `agreed_meetings`: on a day before it was held it was to be when, how and with
whom it had been agreed upon by then.
Must never hold: notes. A meeting that was held stays held whatever is recorded late of its planning.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.entry import Entry
from domain.episode.facts import (
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingPlanned,
)
from projections.rows import Amend, Open, Operation, Projection, Table

MEETINGS = Table(
    "meetings",
    stream="episode_id",
    key={"meeting_id": "uuid"},
    columns=(
        "meeting_kind", "mode", "worker_ids", "client_ids", "planned_at", "planned_starts_at", "planned_ends_at",
        "started_at", "ended_at", "presence_gap_minutes", "interruption_reason", "cancelled_at", "cancelled_by",
        "cancellation_condition", "missed", "agreed_at", "entered_at",
    ),
)  # fmt: skip
AGREED = Table(
    "agreed_meetings",
    stream="episode_id",
    key={"meeting_id": "uuid", "entry": "int4"},
    columns=(
        "agreed_at", "called_off", "meeting_kind", "starts_at", "mode", "worker_ids", "client_ids", "cancelled_by",
    ),
)  # fmt: skip


def _amend(entry: Entry, fact: Any, changes: Mapping[str, Any], since: str = "") -> Operation:
    """What the fact does not say stays as it was agreed."""
    said = {name: value for name, value in changes.items() if value or (value is not None and value != ())}
    if entry.provenance is not None and entry.provenance.entered_at is not None:
        said["entered_at"] = entry.provenance.entered_at
    return Amend("meetings", (fact.meeting_id,), {"meeting_kind": fact.meeting_kind, **said}, opens=True, since=since)


def planned(entry: Entry, fact: MeetingPlanned) -> Iterator[Operation]:
    agreed = {
        "mode": fact.mode,
        "worker_ids": fact.worker_ids,
        "client_ids": fact.client_ids,
        "planned_at": fact.planned_at,
        "planned_starts_at": fact.starts_at,
        "planned_ends_at": fact.ends_at,
        "agreed_at": fact.planned_at,
    }
    yield _amend(entry, fact, agreed, since="agreed_at")
    on_again = {"cancelled_at": None, "cancelled_by": None, "agreed_at": fact.planned_at}
    yield Amend("meetings", (fact.meeting_id,), on_again, since="agreed_at")
    yield _agreed(
        entry, fact, {"agreed_at": fact.planned_at, "called_off": False, "client_ids": fact.client_ids or None}
    )


def _agreed(entry: Entry, fact: MeetingPlanned | MeetingCancelled, more: Mapping[str, Any]) -> Operation:
    told = {name: getattr(fact, name) or None for name in ("meeting_kind", "starts_at", "mode", "worker_ids")}
    return Open("agreed_meetings", (fact.meeting_id, entry.version), {**told, **more})


def held(entry: Entry, fact: MeetingHeld) -> Iterator[Operation]:
    happened = {
        "mode": fact.mode,
        "worker_ids": fact.worker_ids,
        "client_ids": fact.client_ids,
        "started_at": fact.started_at,
        "ended_at": fact.ended_at,
        "planned_starts_at": fact.planned_starts_at,
        "planned_ends_at": fact.planned_ends_at,
        "presence_gap_minutes": fact.presence_gap_minutes,
        "interruption_reason": _why_interrupted(fact),
    }
    yield _amend(entry, fact, happened)


def _why_interrupted(fact: MeetingHeld) -> str | None:
    """The reason told of the meeting, or else the first told of an interruption."""
    told = (interruption.reason for interruption in fact.interruptions or () if interruption.reason)
    return fact.interruption_reason or next(told, None)


def cancelled(entry: Entry, fact: MeetingCancelled) -> Iterator[Operation]:
    called_off = {
        "mode": fact.mode,
        "worker_ids": fact.worker_ids,
        "planned_starts_at": fact.starts_at,
        "planned_ends_at": fact.ends_at,
        "cancelled_at": fact.cancelled_at,
        "cancelled_by": fact.cancelled_by,
        "cancellation_condition": fact.cancellation_condition,
        "agreed_at": fact.cancelled_at,
    }
    yield _amend(entry, fact, called_off, since="agreed_at")
    yield _agreed(entry, fact, {"agreed_at": fact.cancelled_at, "called_off": True, "cancelled_by": fact.cancelled_by})


def missed(entry: Entry, fact: MeetingMissed) -> Iterator[Operation]:
    in_vain = {
        "mode": fact.mode,
        "worker_ids": fact.worker_ids,
        "planned_starts_at": fact.starts_at,
        "planned_ends_at": fact.ends_at,
        "missed": True,
    }
    yield _amend(entry, fact, in_vain)


PROJECTION = Projection.beside(
    __name__,
    (MEETINGS, AGREED),
    {MeetingPlanned: planned, MeetingHeld: held, MeetingCancelled: cancelled, MeetingMissed: missed},
)
