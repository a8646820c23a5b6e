"""The facts of a quality file, for the tests of projections."""

from typing import Any
from uuid import UUID, uuid4

from domain.fact import Fact
from domain.quality.facts import (
    AuditClosed,
    AuditFindingRecorded,
    AuditHeld,
    AuditKind,
    AuditPlanned,
    AuditSampleDrawn,
    Criterion,
    EventTied,
    FeedbackGiver,
    QualityActionDone,
    QualityActionOpened,
    QualityCriteriaAssessed,
    QualityCriteriaSet,
    QualityFeedbackHandled,
    QualityFeedbackReceived,
    QualityFileOpened,
    Severity,
    StreamOfEvent,
    SupervisionClosed,
    SupervisionKind,
    SupervisionOpened,
    SurveyRoundHandled,
    SurveyRoundHeld,
)
from tests.projections.history import day

SEED = "told beforehand"


def file_opened(service: str = "K1", **more: Any) -> QualityFileOpened:
    given = {"unit_id": "unit-1", "area": "north", **more}
    return QualityFileOpened(opened_on=day(0), service=service, model_version=1, **given)


def audit_planned(audit_id: UUID, on: int = 1, kind: AuditKind = AuditKind.ON_SITE) -> AuditPlanned:
    return AuditPlanned(
        audit_id=audit_id, audit_kind=kind, planned_on=day(on), auditor="coordination", scope=("plans",),
        covers_from=day(0), covers_to=day(60), seed=SEED,
    )  # fmt: skip


def sample_drawn(audit_id: UUID, *episodes: UUID, on: int = 2) -> AuditSampleDrawn:
    return AuditSampleDrawn(
        audit_id=audit_id, drawn_on=day(on), seed=SEED, population_position=1, population_size=len(episodes),
        population_sha256="0", episode_ids=episodes,
    )  # fmt: skip


def audit_held(audit_id: UUID, on: int = 3, kind: AuditKind = AuditKind.ON_SITE) -> AuditHeld:
    return AuditHeld(audit_id=audit_id, audit_kind=kind, held_on=day(on), auditor="coordination")


def found(audit_id: UUID, finding_id: UUID, stream_id: UUID, on: int = 3) -> AuditFindingRecorded:
    event = EventTied(stream_kind=StreamOfEvent.EPISODE, stream_id=stream_id, version=1)
    return AuditFindingRecorded(
        finding_id=finding_id, audit_id=audit_id, found_on=day(on), severity=Severity.SERIOUS, criterion_code="c",
        events=(event,), finding="words",
    )  # fmt: skip


def action_opened(action_id: UUID, because_of: UUID, *, on: int = 4, due: int = 10) -> QualityActionOpened:
    return QualityActionOpened(
        action_id=action_id, opened_on=day(on), owner_id="anna", due_on=day(due), because_of=because_of
    )


def feedback(feedback_id: UUID, on: int = 5, **scores: int) -> QualityFeedbackReceived:
    return QualityFeedbackReceived(
        feedback_id=feedback_id, received_on=day(on), given_by=FeedbackGiver.CLIENTS, scores=scores or None
    )


def handled(feedback_id: UUID, on: int = 8, change_code: str | None = "start_letter") -> QualityFeedbackHandled:
    return QualityFeedbackHandled(
        feedback_id=feedback_id, handled_on=day(on), worker_id="anna", in_team=True, result_code="used",
        change_code=change_code,
    )  # fmt: skip


def surveyed(round_id: UUID, on: int, respondents: int = 4, **scores: float) -> SurveyRoundHeld:
    return SurveyRoundHeld(
        round_id=round_id, held_on=day(on), instrument="i", topics=("goals",), respondents=respondents, scores=scores
    )


def whole_file(episode_id: UUID) -> list[Fact]:
    """Facts for every table of a quality file."""
    audit, finding, action, answer, survey, supervision = (uuid4() for _ in range(6))
    return [
        file_opened(),
        QualityCriteriaSet(set_on=day(0), origin="national", criteria=(Criterion(code="c", target_score=4),)),
        QualityCriteriaAssessed(assessed_on=day(1), worker_id="anna", scores={"c": 3}),
        audit_planned(audit),
        sample_drawn(audit, episode_id),
        audit_held(audit),
        found(audit, finding, episode_id),
        action_opened(action, finding),
        QualityActionDone(action_id=action, done_on=day(9), worker_id="anna"),
        AuditClosed(audit_id=audit, closed_on=day(12), result_code="passed"),
        feedback(answer, heard=4),
        handled(answer),
        surveyed(survey, 6, goals=3.5),
        SurveyRoundHandled(round_id=survey, handled_on=day(7), worker_id="anna", in_community=True),
        SupervisionOpened(supervision_id=supervision, supervision_kind=SupervisionKind.REACTIVE, opened_on=day(8)),
        SupervisionClosed(supervision_id=supervision, closed_on=day(20), result_code="guided"),
    ]
