"""Facts of what is written and told about the work: plans, their evaluation, reports, summaries, notices.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from domain.episode.facts.base import EPISODE, Codes, Part, Recipient
from domain.fact import Fact
from domain.strict import Minutes, Months, Some


class PlanKind(StrEnum):
    """The kinds of written plan (domain book § 2)."""

    CLIENT_PLAN = "client_plan"
    SERVICE_PLAN = "service_plan"
    FAMILY_WORK_PLAN = "family_work_plan"
    IMPLEMENTATION_PLAN = "implementation_plan"
    FOLLOW_UP_PLAN = "follow_up_plan"
    PERSONAL_PLAN = "personal_plan"


class GoalResult(StrEnum):
    """How a goal was met."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"


class Observation(StrEnum):
    """What changed in the family so that the purchaser must be told (S0)."""

    CHANGE_IN_FAMILY = "change_in_family"
    BEARS_ON_WORK = "bears_on_work"
    NO_LONGER_FITTING = "no_longer_fitting"


class Goal(Part):
    """A goal of a plan; its words stand in the plan's `goal_texts` under the goal's id."""

    goal_id: UUID
    theme: str | None = None


class PlanMade(
    Fact,
    name="plan_made",
    stream=EPISODE,
    happened="made_on",
    sensitive=("goal_texts", "content"),
    workers=("worker_id",),
):
    """A written plan was made, or a plan of the same id made anew.

    `made_by`: whose plan it is, where not the producer's; `together_with`: codes of who else took part.
    """

    plan_id: UUID
    plan_kind: PlanKind
    made_on: dt.date
    worker_id: str
    with_family: bool | None = None
    goals: tuple[Goal, ...] = ()
    estimated_months: Months | None = None
    weekly_minutes: Minutes | None = None
    planned_minutes: Minutes | None = None
    planned_remote_minutes: Minutes | None = None
    planned_meetings: Some | None = None
    weekly_meetings: Some | None = None
    made_by: Recipient | None = None
    together_with: Codes = None
    methods: Codes = None
    contact_times: Codes = None
    services_mapped: Codes = None
    goal_texts: dict[str, str] | None = None
    content: str | None = None


class PlanEvaluated(
    Fact,
    name="plan_evaluated",
    stream=EPISODE,
    happened="evaluated_on",
    sensitive=("evaluation",),
    workers=("worker_id",),
):
    """The work was evaluated against the plan."""

    plan_id: UUID | None = None
    evaluated_on: dt.date
    worker_id: str
    overall_result: GoalResult | None = None
    goal_results: dict[UUID, GoalResult] | None = None
    together_with: Codes = None
    evaluation: str | None = None


class ReportWritten(
    Fact,
    name="report_written",
    stream=EPISODE,
    happened="written_on",
    sensitive=("content",),
    workers=("worker_id",),
    spans=(("covers_from", "covers_to"), ("covers_to", "written_on")),
):
    """A report on a period was written, about one client where `client_id` says so, and reached `recipient`.

    It tells of days that were lived: none of them lies after the day on which it was written.
    `sections`: codes of what it tells of; `note_type`: the agreed kind of entry it is kept as.
    """

    report_id: UUID
    report_kind: str
    covers_from: dt.date
    covers_to: dt.date
    written_on: dt.date
    worker_id: str
    client_id: UUID | None = None
    recipient: Recipient | None = None
    note_type: str | None = None
    sections: Codes = None
    content: str | None = None


class SummaryWritten(
    Fact, name="summary_written", stream=EPISODE, happened="written_on", sensitive=("content",), workers=("worker_id",)
):
    """The closing summary (yhteenveto) was written."""

    summary_id: UUID
    written_on: dt.date
    worker_id: str
    content: str | None = None


class DocumentDelivered(
    Fact, name="document_delivered", stream=EPISODE, happened="delivered_on", workers=("worker_id",)
):
    """A document reached its recipient: `delivery_mode` is written_in_register or handed_over."""

    document_kind: str
    document_id: UUID | None = None
    recipient: Recipient
    delivered_on: dt.date
    delivery_mode: str
    worker_id: str
    client_id: UUID | None = None
    plan_id: UUID | None = None


class NoticeGiven(
    Fact, name="notice_given", stream=EPISODE, happened="given_on", sensitive=("content",), workers=("worker_id",)
):
    """Somebody was told something that they must be told: a change, that the service fits no longer, a notification.

    `meeting_id` names the meeting, `change_id` the change that it tells of.
    """

    notice_kind: str
    recipient: Recipient
    given_on: dt.date
    worker_id: str
    meeting_id: UUID | None = None
    change_id: UUID | None = None
    content: str | None = None


class ChangeObserved(
    Fact,
    name="change_observed",
    stream=EPISODE,
    happened="observed_on",
    sensitive=("content",),
    workers=("worker_id",),
):
    """The producer noticed something that the purchaser must be told of."""

    change_id: UUID
    observation: Observation
    observed_on: dt.date
    worker_id: str
    content: str | None = None
