"""What is so about the quality of a service, folded from the facts in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.consequence import ModelReference
from domain.entry import Entry
from domain.quality.facts import (
    AuditClosed,
    AuditFindingRecorded,
    AuditHeld,
    AuditPlanned,
    AuditSampleDrawn,
    QualityActionDone,
    QualityActionOpened,
    QualityCriteriaSet,
    QualityFeedbackHandled,
    QualityFeedbackReceived,
    QualityFileOpened,
    SupervisionClosed,
    SupervisionOpened,
    SurveyRoundHandled,
    SurveyRoundHeld,
)
from domain.state import StreamState


@dataclass(kw_only=True)
class _Folded:
    """What the fold gathers."""

    opened: QualityFileOpened | None = None
    criteria: QualityCriteriaSet | None = None
    audits: dict[UUID, AuditPlanned] = field(default_factory=dict)
    samples: dict[UUID, AuditSampleDrawn] = field(default_factory=dict)
    held: dict[UUID, AuditHeld] = field(default_factory=dict)
    audits_closed: dict[UUID, AuditClosed] = field(default_factory=dict)
    findings: dict[UUID, AuditFindingRecorded] = field(default_factory=dict)
    actions: dict[UUID, QualityActionOpened] = field(default_factory=dict)
    actions_done: dict[UUID, QualityActionDone] = field(default_factory=dict)
    feedback: dict[UUID, QualityFeedbackReceived] = field(default_factory=dict)
    feedback_handled: dict[UUID, QualityFeedbackHandled] = field(default_factory=dict)
    rounds: dict[UUID, SurveyRoundHeld] = field(default_factory=dict)
    rounds_handled: dict[UUID, SurveyRoundHandled] = field(default_factory=dict)
    supervisions: dict[UUID, SupervisionOpened] = field(default_factory=dict)
    supervisions_closed: dict[UUID, SupervisionClosed] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class QualityState(StreamState):
    """The quality of a service in a unit or area; everything by its own id."""

    opened: QualityFileOpened | None = None
    criteria: QualityCriteriaSet | None = None
    audits: Mapping[UUID, AuditPlanned] = field(default_factory=dict)
    samples: Mapping[UUID, AuditSampleDrawn] = field(default_factory=dict)
    held: Mapping[UUID, AuditHeld] = field(default_factory=dict)
    audits_closed: Mapping[UUID, AuditClosed] = field(default_factory=dict)
    findings: Mapping[UUID, AuditFindingRecorded] = field(default_factory=dict)
    actions: Mapping[UUID, QualityActionOpened] = field(default_factory=dict)
    actions_done: Mapping[UUID, QualityActionDone] = field(default_factory=dict)
    feedback: Mapping[UUID, QualityFeedbackReceived] = field(default_factory=dict)
    feedback_handled: Mapping[UUID, QualityFeedbackHandled] = field(default_factory=dict)
    rounds: Mapping[UUID, SurveyRoundHeld] = field(default_factory=dict)
    rounds_handled: Mapping[UUID, SurveyRoundHandled] = field(default_factory=dict)
    supervisions: Mapping[UUID, SupervisionOpened] = field(default_factory=dict)
    supervisions_closed: Mapping[UUID, SupervisionClosed] = field(default_factory=dict)

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model whose rules on quality apply."""
        return ModelReference(self.opened.service, self.opened.model_version) if self.opened else None


def fold_quality(entries: Sequence[Entry], in_force: Sequence[Entry]) -> QualityState:
    """The state from the stream's entries."""
    folded = _Folded()
    for entry in in_force:
        _take(folded, entry)
    return QualityState(entries=tuple(entries), in_force=tuple(in_force), **vars(folded))


def _take(folded: _Folded, entry: Entry) -> None:
    match entry.fact:
        case QualityFileOpened() as fact:
            folded.opened = fact
        case QualityCriteriaSet() as fact:
            folded.criteria = fact
        case AuditPlanned() as fact:
            folded.audits[fact.audit_id] = fact
        case AuditSampleDrawn() as fact:
            folded.samples[fact.audit_id] = fact
        case AuditHeld() as fact:
            folded.held[fact.audit_id] = fact
        case AuditClosed() as fact:
            folded.audits_closed[fact.audit_id] = fact
        case AuditFindingRecorded() as fact:
            folded.findings[fact.finding_id] = fact
        case QualityActionOpened() as fact:
            folded.actions[fact.action_id] = fact
        case QualityActionDone() as fact:
            folded.actions_done[fact.action_id] = fact
        case QualityFeedbackReceived() as fact:
            folded.feedback[fact.feedback_id] = fact
        case QualityFeedbackHandled() as fact:
            folded.feedback_handled[fact.feedback_id] = fact
        case SurveyRoundHeld() as fact:
            folded.rounds[fact.round_id] = fact
        case SurveyRoundHandled() as fact:
            folded.rounds_handled[fact.round_id] = fact
        case SupervisionOpened() as fact:
            folded.supervisions[fact.supervision_id] = fact
        case SupervisionClosed() as fact:
            folded.supervisions_closed[fact.supervision_id] = fact
        case _:
            pass
