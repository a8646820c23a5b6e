"""Facts of meetings, and of practice at home: planned, held, cancelled, missed.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.episode.facts.base import EPISODE, Codes, Part, SomeClients, SomeWorkers
from domain.fact import Fact
from domain.strict import Minutes


class MeetingKind(StrEnum):
    """Only `client_meeting` counts as a client meeting (tapaaminen)."""

    CLIENT_MEETING = "client_meeting"
    PHONE_CALL = "phone_call"
    START_MEETING = "start_meeting"
    START_NEGOTIATION = "start_negotiation"
    INTERIM_NEGOTIATION = "interim_negotiation"
    CLOSING_NEGOTIATION = "closing_negotiation"
    NETWORK_MEETING = "network_meeting"
    FAMILIARISATION_VISIT = "familiarisation_visit"


class MeetingMode(StrEnum):
    """Where, or over what, people met. Phone and video are remote."""

    HOME = "home"
    OFFICE = "office"
    PHONE = "phone"
    VIDEO = "video"
    OTHER_PLACE = "other_place"


class CancelledBy(StrEnum):
    """Who cancelled."""

    FAMILY = "family"
    RESIDENT_PARENT = "resident_parent"
    VISITING_PARENT = "visiting_parent"
    WORKER = "worker"
    OTHER = "other"


class PracticePlace(StrEnum):
    """Where a family in round-the-clock rehabilitation practises everyday life at home (kotiharjoittelu)."""

    OWN_HOME = "own_home"
    NEAR_ONES_HOME = "near_ones_home"
    OTHER_PLACE = "other_place"


class LateArrival(Part):
    """Somebody came late: who, by code, and by how many minutes."""

    who: str
    minutes: Minutes


class Interruption(Part):
    """A meeting was broken off or paused: why, by code, where it is known; for how many minutes, where it went on."""

    reason: str | None = Field(default=None, min_length=1)
    minutes: Minutes | None = None


class MeetingPlanned(
    Fact,
    name="meeting_planned",
    stream=EPISODE,
    early=("meeting_id", "meeting_kind", "planned_at"),
    happened="planned_at",
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """A meeting was agreed upon, at `planned_at`, for the time from `starts_at` to `ends_at`."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    planned_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: MeetingMode
    worker_ids: SomeWorkers
    client_ids: tuple[UUID, ...] = ()


class MeetingHeld(
    Fact,
    name="meeting_held",
    stream=EPISODE,
    early=("meeting_id", "meeting_kind"),
    happened="started_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("started_at", "ended_at"), ("planned_starts_at", "planned_ends_at")),
    past=("ended_at",),
):
    """People met. `client_ids`: on whose counters it stands; `participants`: codes of who was there.

    `planned_*`, `presence` (how the worker was there, by code), `presence_gap_minutes`, `late_arrivals` and
    `interruptions` are for supervised visits; `support_given` tells, by code, what support the parties got.
    `place` is a code, such as day_care; `topics` are codes of what was gone through; `child_documented`: the child
    took part in writing it down.
    """

    meeting_id: UUID
    meeting_kind: MeetingKind
    started_at: AwareDatetime
    ended_at: AwareDatetime
    mode: MeetingMode
    worker_ids: SomeWorkers
    client_ids: SomeClients
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


class MeetingCancelled(
    Fact,
    name="meeting_cancelled",
    stream=EPISODE,
    early=("meeting_id", "meeting_kind", "cancelled_at"),
    happened="cancelled_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """An agreed meeting was called off before it began."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    cancelled_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    cancelled_by: CancelledBy
    worker_ids: tuple[str, ...] = ()
    cancellation_condition: str | None = None
    note: str | None = None


class MeetingMissed(
    Fact,
    name="meeting_missed",
    stream=EPISODE,
    early=("meeting_id", "meeting_kind"),
    happened="starts_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """The family did not come (ei saapunut, no-show)."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    worker_ids: tuple[str, ...] = ()
    note: str | None = None


class HomePracticeHeld(
    Fact, name="home_practice_held", stream=EPISODE, happened="started_on", spans=(("started_on", "ended_on"),)
):
    """The family practised everyday life at home during round-the-clock rehabilitation (kotiharjoittelu, S3)."""

    practice_id: UUID
    started_on: dt.date
    ended_on: dt.date
    place: PracticePlace
