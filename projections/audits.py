"""Quality files and what is followed in them: criteria and scores, audits, samples, findings, actions, supervision.

Must never hold: what findings, actions and conclusions say in words.
"""

from collections.abc import Iterator

from domain.calendar import late_after
from domain.entry import Entry
from domain.quality.facts import (
    AuditClosed,
    AuditFindingRecorded,
    AuditHeld,
    AuditPlanned,
    AuditSampleDrawn,
    QualityActionDone,
    QualityActionOpened,
    QualityCriteriaAssessed,
    QualityCriteriaSet,
    QualityFileOpened,
    SupervisionClosed,
    SupervisionOpened,
)
from projections.rows import Amend, Close, Open, Operation, Projection, Table

FILES = Table(
    "quality_files", stream="file_id", key={}, columns=("opened_on", "service", "model_version", "unit_id", "area")
)
CRITERIA = Table(
    "quality_criteria",
    stream="file_id",
    key={"criterion_code": "text"},
    columns=("set_on", "origin", "target_score"),
)
CRITERIA_SCORES = Table(
    "criteria_scores",
    stream="file_id",
    key={"entry": "int4", "criterion_code": "text"},
    columns=("assessed_on", "score", "worker_id", "audit_id"),
)
AUDITS = Table(
    "audits",
    stream="file_id",
    key={"audit_id": "uuid"},
    columns=(
        "audit_kind", "planned_on", "takes_place_on", "auditor", "scope", "covers_from", "covers_to", "seed",
        "drawn_on", "population_position", "population_size", "population_sha256", "held_on", "closed_on",
        "result_code",
    ),
)  # fmt: skip
AUDIT_SAMPLES = Table(
    "audit_samples",
    stream="file_id",
    key={"audit_id": "uuid", "episode_id": "uuid"},
    columns=("drawn_on", "rank"),
)
AUDIT_FINDINGS = Table(
    "audit_findings",
    stream="file_id",
    key={"finding_id": "uuid"},
    columns=("audit_id", "found_on", "severity", "criterion_code", "event_streams", "event_versions"),
)
QUALITY_ACTIONS = Table(
    "quality_actions",
    stream="file_id",
    key={"action_id": "uuid"},
    columns=(
        "because_of", "opened_on", "owner_id", "due_on", "late_after_on", "action_code", "done_on", "done_by",
    ),
)  # fmt: skip
SUPERVISIONS = Table(
    "supervisions",
    stream="file_id",
    key={"supervision_id": "uuid"},
    columns=(
        "supervision_kind", "opened_on", "producer", "with_procurement", "because_of", "ground_codes", "closed_on",
        "result_code",
    ),
)  # fmt: skip
_PLANNED = AUDITS.columns[:8]
_DRAWN = ("drawn_on", "population_position", "population_size", "population_sha256")
_SUPERVISED = SUPERVISIONS.columns[:6]


def file_opened(_entry: Entry, fact: QualityFileOpened) -> Iterator[Operation]:
    yield Open("quality_files", (), {name: getattr(fact, name) for name in FILES.columns})


def criteria_set(_entry: Entry, fact: QualityCriteriaSet) -> Iterator[Operation]:
    yield Close("quality_criteria", ())
    for criterion in fact.criteria:
        told = {"set_on": fact.set_on, "origin": fact.origin, "target_score": criterion.target_score}
        yield Open("quality_criteria", (criterion.code,), told)


def criteria_assessed(entry: Entry, fact: QualityCriteriaAssessed) -> Iterator[Operation]:
    for code, score in fact.scores.items():
        told = {name: getattr(fact, name) for name in ("assessed_on", "worker_id", "audit_id")}
        yield Open("criteria_scores", (entry.version, code), {**told, "score": score})


def audit_planned(_entry: Entry, fact: AuditPlanned) -> Iterator[Operation]:
    yield Open("audits", (fact.audit_id,), {name: getattr(fact, name) for name in _PLANNED})


def sample_drawn(_entry: Entry, fact: AuditSampleDrawn) -> Iterator[Operation]:
    yield Amend("audits", (fact.audit_id,), {name: getattr(fact, name) for name in _DRAWN})
    for rank, episode_id in enumerate(fact.episode_ids, start=1):
        yield Open("audit_samples", (fact.audit_id, episode_id), {"drawn_on": fact.drawn_on, "rank": rank})


def audit_held(_entry: Entry, fact: AuditHeld) -> Iterator[Operation]:
    yield Amend("audits", (fact.audit_id,), {"held_on": fact.held_on, "auditor": fact.auditor})


def finding_recorded(_entry: Entry, fact: AuditFindingRecorded) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("audit_id", "found_on", "severity", "criterion_code")}
    streams = tuple(event.stream_id for event in fact.events)
    versions = tuple(event.version for event in fact.events)
    row = {**told, "event_streams": streams, "event_versions": versions}
    yield Open("audit_findings", (fact.finding_id,), row)


def action_opened(_entry: Entry, fact: QualityActionOpened) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("because_of", "opened_on", "owner_id", "due_on", "action_code")}
    yield Open("quality_actions", (fact.action_id,), {**told, "late_after_on": late_after(fact.due_on)})


def action_done(_entry: Entry, fact: QualityActionDone) -> Iterator[Operation]:
    yield Amend("quality_actions", (fact.action_id,), {"done_on": fact.done_on, "done_by": fact.worker_id})


def audit_closed(_entry: Entry, fact: AuditClosed) -> Iterator[Operation]:
    yield Amend("audits", (fact.audit_id,), {"closed_on": fact.closed_on, "result_code": fact.result_code})


def supervision_opened(_entry: Entry, fact: SupervisionOpened) -> Iterator[Operation]:
    yield Open("supervisions", (fact.supervision_id,), {name: getattr(fact, name) for name in _SUPERVISED})


def supervision_closed(_entry: Entry, fact: SupervisionClosed) -> Iterator[Operation]:
    closing = {"closed_on": fact.closed_on, "result_code": fact.result_code}
    yield Amend("supervisions", (fact.supervision_id,), closing)


PROJECTION = Projection.beside(
    __name__,
    (FILES, CRITERIA, CRITERIA_SCORES, AUDITS, AUDIT_SAMPLES, AUDIT_FINDINGS, QUALITY_ACTIONS, SUPERVISIONS),
    {
        QualityFileOpened: file_opened,
        QualityCriteriaSet: criteria_set,
        QualityCriteriaAssessed: criteria_assessed,
        AuditPlanned: audit_planned,
        AuditSampleDrawn: sample_drawn,
        AuditHeld: audit_held,
        AuditFindingRecorded: finding_recorded,
        QualityActionOpened: action_opened,
        QualityActionDone: action_done,
        AuditClosed: audit_closed,
        SupervisionOpened: supervision_opened,
        SupervisionClosed: supervision_closed,
    },
    questions=("quality_review", "outcomes"),
)
