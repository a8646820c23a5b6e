"""Facts about the quality of a service: criteria, audits, feedback, surveys, supervision.

The names given here are the storage format: add, never change. No client is named: an audit's sample and its
findings point at episodes and entries by id. What people said is sensitive; codes, scores and dates are plain.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.fact import Fact, StreamKind
from domain.strict import Count, MeanScore, Ordinal, Position, Score, Strict

QUALITY = StreamKind.QUALITY
Codes = Annotated[tuple[str, ...], Field(min_length=1)]
"""At least one code."""


class AuditKind(StrEnum):
    """How a unit is audited; one kind does not stand in for the other (S0)."""

    ON_SITE = "on_site"
    WRITTEN = "written"


class SupervisionKind(StrEnum):
    """Supervision (valvonta) by plan, or because something called for it (S3)."""

    PLANNED = "planned"
    REACTIVE = "reactive"


class FeedbackGiver(StrEnum):
    """Who gave feedback on the unit or the service."""

    CLIENTS = "clients"
    PARTNER = "partner"
    RESPONSIBLE_WORKER = "responsible_worker"
    STAFF = "staff"


class Severity(StrEnum):
    """What an audit's finding weighs."""

    STRENGTH = "strength"
    REMARK = "remark"
    SHORTCOMING = "shortcoming"
    SERIOUS = "serious"


class StreamOfEvent(StrEnum):
    """The streams whose entries an audit looks at."""

    EPISODE = "episode"
    CONTACT = "contact"


class Part(Strict):
    """A part of a fact: has no name of its own in the ledger."""


class EventTied(Part):
    """The entry that a finding is about: its stream and its number there."""

    stream_kind: StreamOfEvent
    stream_id: UUID
    version: Annotated[Ordinal, Field(ge=1)]


class Criterion(Part):
    """A quality criterion (laatukriteeri), and the score that is aimed at."""

    code: str
    target_score: Score | None = None


class QualityFileOpened(Fact, name="quality_file_opened", stream=QUALITY, happened="opened_on"):
    """The quality of a service is followed from here on, in a unit or, where none is named, in an area."""

    opened_on: dt.date
    service: str
    model_version: Ordinal
    unit_id: str | None = None
    area: str | None = None


class QualityCriteriaSet(
    Fact, name="quality_criteria_set", stream=QUALITY, happened="set_on", sensitive=("criterion_texts",)
):
    """The criteria that the service is held to were set, in place of those before; `origin` says whose they are."""

    set_on: dt.date
    origin: str
    criteria: tuple[Criterion, ...]
    criterion_texts: dict[str, str] | None = None


class QualityCriteriaAssessed(
    Fact,
    name="quality_criteria_assessed",
    stream=QUALITY,
    happened="assessed_on",
    sensitive=("assessment",),
    workers=("worker_id",),
):
    """How far the criteria are fulfilled: a score by criterion code. `stands_for_on`: a day of the period meant."""

    assessed_on: dt.date
    worker_id: str
    scores: dict[str, Score]
    audit_id: UUID | None = None
    assessment: str | None = None
    stands_for_on: dt.date | None = None


class AuditPlanned(
    Fact, name="audit_planned", stream=QUALITY, happened="planned_on", spans=(("covers_from", "covers_to"),)
):
    """An audit was planned, on work of the days `covers_from` to `covers_to`.

    The `seed` of its sample is told here, before anybody knows the population.
    """

    audit_id: UUID
    audit_kind: AuditKind
    planned_on: dt.date
    takes_place_on: dt.date | None = None
    auditor: str
    scope: Codes
    covers_from: dt.date
    covers_to: dt.date
    seed: str


class AuditSampleDrawn(Fact, name="audit_sample_drawn", stream=QUALITY, happened="drawn_on"):
    """Episodes were drawn as `domain.quality.sampling` says, from the population as known at a position.

    With the seed, the position, the service and unit of the file and the days of the audit anybody can repeat it;
    `population_sha256` tells whether it was the same population.
    """

    audit_id: UUID
    drawn_on: dt.date
    seed: str
    population_position: Position
    population_size: Ordinal
    population_sha256: str
    episode_ids: tuple[UUID, ...]


class AuditHeld(Fact, name="audit_held", stream=QUALITY, happened="held_on"):
    """The audit took place, or its written material was gone through. `stands_for_on`: a day of the period meant."""

    audit_id: UUID
    audit_kind: AuditKind
    held_on: dt.date
    auditor: str
    stands_for_on: dt.date | None = None


class AuditFindingRecorded(
    Fact, name="audit_finding_recorded", stream=QUALITY, happened="found_on", sensitive=("finding",)
):
    """What the audit found, of which criterion, tied to the entries that show it."""

    finding_id: UUID
    audit_id: UUID
    found_on: dt.date
    severity: Severity
    criterion_code: str | None = None
    events: tuple[EventTied, ...] = ()
    finding: str | None = None


class QualityActionOpened(
    Fact,
    name="quality_action_opened",
    stream=QUALITY,
    happened="opened_on",
    sensitive=("action",),
    workers=("owner_id",),
    spans=(("opened_on", "due_on"),),
):
    """Something is to be done about a finding, feedback or supervision: by whom, and by when."""

    action_id: UUID
    opened_on: dt.date
    owner_id: str
    due_on: dt.date
    because_of: UUID | None = None
    action_code: str | None = None
    action: str | None = None


class QualityActionDone(
    Fact, name="quality_action_done", stream=QUALITY, happened="done_on", sensitive=("note",), workers=("worker_id",)
):
    """The action was carried out."""

    action_id: UUID
    done_on: dt.date
    worker_id: str
    note: str | None = None


class AuditClosed(Fact, name="audit_closed", stream=QUALITY, happened="closed_on", sensitive=("conclusion",)):
    """The audit is over: its actions are done or set."""

    audit_id: UUID
    closed_on: dt.date
    result_code: str | None = None
    conclusion: str | None = None


class QualityFeedbackReceived(
    Fact, name="quality_feedback_received", stream=QUALITY, happened="received_on", sensitive=("comment",)
):
    """Feedback on the unit or service (S3: the form's date, producer and kind); scores by question code."""

    feedback_id: UUID
    received_on: dt.date
    given_by: FeedbackGiver
    feedback_kind: str | None = None
    producer: str | None = None
    form: str | None = None
    oral: bool | None = None
    episode_id: UUID | None = None
    scores: dict[str, Score] | None = None
    comment: str | None = None


class QualityFeedbackHandled(
    Fact,
    name="quality_feedback_handled",
    stream=QUALITY,
    happened="handled_on",
    sensitive=("change",),
    workers=("worker_id",),
):
    """Feedback was gone through in the team; `change_code` and `change` tell what was changed because of it."""

    feedback_id: UUID
    handled_on: dt.date
    worker_id: str
    in_team: bool
    with_responsible_worker: bool | None = None
    result_code: str
    change_code: str | None = None
    change: str | None = None


class SurveyRoundHeld(Fact, name="survey_round_held", stream=QUALITY, happened="held_on"):
    """A survey round of the unit: counts and the mean score of each question, never a single answer.

    `stands_for_on`: a day of the quarter that it stands for, when that is told.
    """

    round_id: UUID
    held_on: dt.date
    instrument: str
    topics: Codes
    respondents: Count
    scores: dict[str, MeanScore]
    stands_for_on: dt.date | None = None


class SurveyRoundHandled(
    Fact,
    name="survey_round_handled",
    stream=QUALITY,
    happened="handled_on",
    sensitive=("change",),
    workers=("worker_id",),
):
    """The results were gone through, `in_community` with the unit's clients."""

    round_id: UUID
    handled_on: dt.date
    worker_id: str
    in_community: bool
    change_code: str | None = None
    change: str | None = None


class SupervisionOpened(Fact, name="supervision_opened", stream=QUALITY, happened="opened_on", sensitive=("grounds",)):
    """Supervision of the producer was opened, planned or reactive, `with_procurement` where that was needed."""

    supervision_id: UUID
    supervision_kind: SupervisionKind
    opened_on: dt.date
    producer: str | None = None
    with_procurement: bool = False
    because_of: UUID | None = None
    ground_codes: tuple[str, ...] = ()
    grounds: str | None = None


class SupervisionClosed(
    Fact, name="supervision_closed", stream=QUALITY, happened="closed_on", sensitive=("conclusion",)
):
    """The supervision ended, with what result."""

    supervision_id: UUID
    closed_on: dt.date
    result_code: str
    conclusion: str | None = None


QualityFact = (
    QualityFileOpened
    | QualityCriteriaSet
    | QualityCriteriaAssessed
    | AuditPlanned
    | AuditSampleDrawn
    | AuditHeld
    | AuditFindingRecorded
    | QualityActionOpened
    | QualityActionDone
    | AuditClosed
    | QualityFeedbackReceived
    | QualityFeedbackHandled
    | SurveyRoundHeld
    | SurveyRoundHandled
    | SupervisionOpened
    | SupervisionClosed
)
FACTS: tuple[type[Fact], ...] = QualityFact.__args__
