"""Facts of an episode's course: who works in it and where, its start, pauses, spells and end.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from domain.episode.facts.base import EPISODE, Codes
from domain.fact import Fact
from domain.register.facts import WorkerRole


class ClosureReason(StrEnum):
    """Why an episode ended."""

    GOALS_MET = "goals_met"
    MOVED_TO_LONG_TERM = "moved_to_long_term"
    FAMILY_WITHDREW = "family_withdrew"
    FAMILY_MOVED_AWAY = "family_moved_away"
    OTHER_SERVICE = "other_service"
    OTHER = "other"


class Outcome(StrEnum):
    """Where the family went."""

    LONG_TERM_FAMILY_WORK = "long_term_family_work"
    OTHER_SERVICE = "other_service"
    NONE = "none"


class WorkerAssigned(Fact, name="worker_assigned", stream=EPISODE, happened="from_on", workers=("worker_id",)):
    """A worker took the episode on, in a role, from `from_on`; `deputy_for` names the assignment it stands in for."""

    assignment_id: UUID
    worker_id: str
    role: WorkerRole
    from_on: dt.date
    deputy_for: UUID | None = None
    extra_staff: bool | None = None


class WorkerReleased(Fact, name="worker_released", stream=EPISODE, happened="to_on"):
    """The worker's assignment ended; `to_on` is its first day without."""

    assignment_id: UUID
    to_on: dt.date


class EpisodeTransferred(
    Fact,
    name="episode_transferred",
    stream=EPISODE,
    happened="transferred_on",
    sensitive=("reason",),
    workers=("worker_id",),
):
    """The episode moved to another area or unit and goes on there, from `transferred_on`; `worker_id` received it.

    `from_area` and `from_unit_id`: where it was, as it was known when this was recorded.
    """

    transferred_on: dt.date
    area: str
    unit_id: str | None = None
    from_area: str | None = None
    from_unit_id: str | None = None
    worker_id: str
    reason: str | None = None


class EpisodeStarted(Fact, name="episode_started", stream=EPISODE, happened="started_on"):
    """The work began. `codes`: what was agreed or found at the start, in the words of the service's rules.

    `expecting`: a client expected a child, not yet born, on that day.
    """

    started_on: dt.date
    motivation_recognised: bool | None = None
    codes: Codes = None
    expecting: bool | None = None


class EpisodeSuspended(Fact, name="episode_suspended", stream=EPISODE, happened="suspended_on", sensitive=("reason",)):
    """The work pauses from `suspended_on`."""

    suspended_on: dt.date
    reason: str | None = None


class EpisodeResumed(Fact, name="episode_resumed", stream=EPISODE, happened="resumed_on"):
    """The work goes on from `resumed_on`."""

    resumed_on: dt.date


class SpellOpened(Fact, name="spell_opened", stream=EPISODE, happened="opened_on", sensitive=("reason",)):
    """Changed goals or a new challenge open a new spell of work: counting begins anew (S2)."""

    opened_on: dt.date
    ground: str
    reason: str


class EpisodeClosed(Fact, name="episode_closed", stream=EPISODE, happened="closed_on", sensitive=("explanation",)):
    """The work ended: why, and where the family went."""

    closed_on: dt.date
    reason: ClosureReason
    outcome: Outcome | None = None
    outcome_service: str | None = None
    explanation: str | None = None


class EpisodeReopened(Fact, name="episode_reopened", stream=EPISODE, happened="reopened_on", sensitive=("reason",)):
    """A closed episode goes on after all, from `reopened_on`."""

    reopened_on: dt.date
    reason: str
