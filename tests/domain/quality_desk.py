"""A quality file of P2-like work at the desk, and the commands on it with everything told that must be.

Never here: assertions about what the ledger should do.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.ledger.identity import new_id
from domain.quality.commands.assess_quality_criteria import AssessQualityCriteria
from domain.quality.commands.draw_audit_sample import DrawAuditSample
from domain.quality.commands.handle_quality_feedback import HandleQualityFeedback
from domain.quality.commands.handle_survey_round import HandleSurveyRound
from domain.quality.commands.open_quality_action import OpenQualityAction
from domain.quality.commands.open_quality_file import OpenQualityFile
from domain.quality.commands.open_supervision import OpenSupervision
from domain.quality.commands.plan_audit import PlanAudit
from domain.quality.commands.receive_quality_feedback import ReceiveQualityFeedback
from domain.quality.commands.record_audit import RecordAudit
from domain.quality.commands.record_audit_finding import RecordAuditFinding
from domain.quality.commands.record_survey_round import RecordSurveyRound
from domain.quality.commands.set_quality_criteria import SetQualityCriteria
from domain.quality.facts import AuditKind, Criterion, FeedbackGiver, Severity, SupervisionKind
from tests.domain.desk import WORKER, Desk

OPENED_ON = dt.date(2024, 1, 8)
AUDITED_ON = dt.date(2024, 3, 14)
SEED = "a seed told beforehand"


def file_opened(desk: Desk, service: str = "K2", opened_on: dt.date = OPENED_ON) -> UUID:
    """A quality file of the service in an area."""
    file_id = new_id()
    desk.do(file_id, OpenQualityFile(opened_on=opened_on, service=service, area="Kotka"))
    return file_id


def criteria(*codes: str, set_on: dt.date = OPENED_ON) -> SetQualityCriteria:
    told = tuple(Criterion(code=code, target_score=4) for code in codes or ("participation",))
    return SetQualityCriteria(set_on=set_on, origin="national", criteria=told)


def assessed(assessed_on: dt.date = AUDITED_ON, **fields: Any) -> AssessQualityCriteria:
    told: dict[str, Any] = {"worker_id": WORKER, "scores": {"participation": 3}}
    return AssessQualityCriteria(assessed_on=assessed_on, **{**told, **fields})


def audit_plan(audit_id: UUID, kind: AuditKind = AuditKind.ON_SITE, **fields: Any) -> PlanAudit:
    told: dict[str, Any] = {
        "planned_on": dt.date(2024, 2, 1),
        "auditor": "coordination",
        "scope": ("plans", "participation"),
        "covers_from": dt.date(2022, 1, 1),
        "covers_to": dt.date(2023, 12, 31),
        "seed": SEED,
    }
    return PlanAudit(audit_id=audit_id, audit_kind=kind, **{**told, **fields})


def drawn(audit_id: UUID, *population: UUID, size: int = 1, position: int = 0) -> DrawAuditSample:
    return DrawAuditSample(
        audit_id=audit_id,
        drawn_on=AUDITED_ON,
        population_position=position,
        population=population,
        sample_size=size,
    )


def audit_held(desk: Desk, file_id: UUID, kind: AuditKind = AuditKind.ON_SITE, on: dt.date = AUDITED_ON) -> UUID:
    """An audit planned and held."""
    audit_id = new_id()
    desk.do(file_id, audit_plan(audit_id, kind, planned_on=min(on, dt.date(2024, 2, 1))))
    desk.do(file_id, RecordAudit(audit_id=audit_id, held_on=on))
    return audit_id


def finding(audit_id: UUID, finding_id: UUID | None = None, **fields: Any) -> RecordAuditFinding:
    told: dict[str, Any] = {"found_on": AUDITED_ON, "severity": Severity.SHORTCOMING, "criterion_code": "participation"}
    return RecordAuditFinding(audit_id=audit_id, finding_id=finding_id or new_id(), **{**told, **fields})


def action(action_id: UUID, **fields: Any) -> OpenQualityAction:
    told: dict[str, Any] = {"opened_on": AUDITED_ON, "owner_id": WORKER, "due_on": dt.date(2024, 5, 31)}
    return OpenQualityAction(action_id=action_id, **{**told, **fields})


def feedback(feedback_id: UUID, **fields: Any) -> ReceiveQualityFeedback:
    told: dict[str, Any] = {
        "received_on": AUDITED_ON,
        "given_by": FeedbackGiver.RESPONSIBLE_WORKER,
        "feedback_kind": "concern",
        "producer": "a producer",
        "form": "Webropol",
    }
    return ReceiveQualityFeedback(feedback_id=feedback_id, **{**told, **fields})


def handled(feedback_id: UUID, **fields: Any) -> HandleQualityFeedback:
    told: dict[str, Any] = {"handled_on": dt.date(2024, 3, 20), "worker_id": WORKER, "result_code": "used_in_arranging"}
    return HandleQualityFeedback(feedback_id=feedback_id, **{**told, **fields})


def survey(round_id: UUID, held_on: dt.date = AUDITED_ON, **fields: Any) -> RecordSurveyRound:
    told: dict[str, Any] = {
        "instrument": "Vaikuttavuus esiin",
        "topics": ("orientation", "goals", "working"),
        "respondents": 7,
        "scores": {"orientation": 3.9, "goals": 4.1, "working": 3.5},
    }
    return RecordSurveyRound(round_id=round_id, held_on=held_on, **{**told, **fields})


def gone_through(round_id: UUID, handled_on: dt.date = AUDITED_ON, **fields: Any) -> HandleSurveyRound:
    told: dict[str, Any] = {"worker_id": WORKER, "in_community": True, "change_code": "evening_rhythm"}
    return HandleSurveyRound(round_id=round_id, handled_on=handled_on, **{**told, **fields})


def supervision(
    supervision_id: UUID, kind: SupervisionKind = SupervisionKind.REACTIVE, **fields: Any
) -> OpenSupervision:
    told: dict[str, Any] = {"opened_on": AUDITED_ON, "producer": "a producer", "ground_codes": ("quality",)}
    return OpenSupervision(supervision_id=supervision_id, supervision_kind=kind, **{**told, **fields})
