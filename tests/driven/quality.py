"""The rules of quality files (frames Q0, Q1, Q2), each kept and broken, in a file of a service that includes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.ledger.identity import new_id
from domain.quality.commands.complete_quality_action import CompleteQualityAction
from domain.quality.commands.record_audit import RecordAudit
from domain.quality.facts import AuditKind, EventTied, StreamOfEvent
from tests.domain.desk import WORKER, Desk, grant
from tests.domain.quality_desk import (
    AUDITED_ON,
    action,
    assessed,
    audit_held,
    audit_plan,
    criteria,
    drawn,
    feedback,
    file_opened,
    finding,
    gone_through,
    handled,
    supervision,
    survey,
)
from tests.driven.harness import Driven, Story

SERVICES: frozenset[str] = frozenset()
"""None of its own: other groups drive the rest of these services' rules."""
ANY, REHABILITATION, HOME = "L1", "P2", "P1"
IN_TIME, DONE_ON = dt.date(2024, 3, 28), dt.date(2024, 5, 2)
Step = Callable[[Desk, UUID], object]


def file(service: str, *steps: Step) -> Story:
    """A quality file of the service, and what happened in it."""

    def story(desk: Desk) -> UUID:
        file_id = file_opened(desk, service)
        for step in steps:
            step(desk, file_id)
        return file_id

    return story


def audited(kind: AuditKind = AuditKind.ON_SITE) -> Step:
    """An audit of that kind, without a sample."""

    def step(desk: Desk, file_id: UUID) -> None:
        audit_held(desk, file_id, kind)

    return step


def sampled(service: str) -> Step:
    """An audit with its sample drawn first: of an episode of the service that was decided in an import."""

    def step(desk: Desk, file_id: UUID) -> None:
        audit_id, episode_id = new_id(), imported_episode(desk, service)
        desk.do(file_id, audit_plan(audit_id))
        desk.do(file_id, drawn(audit_id, episode_id))
        desk.do(file_id, RecordAudit(audit_id=audit_id, held_on=AUDITED_ON))

    return step


def imported_episode(desk: Desk, service: str) -> UUID:
    """An episode of the service as another system's history tells it: with its deviations, not refused."""
    episode_id = desk.referred()
    decided_on = dt.date(2023, 6, 1)
    desk.do(episode_id, grant(service, decided_on), historical=True)
    return episode_id


def found(*, tied: bool) -> Step:
    """A finding, tied to an entry or to none."""

    def step(desk: Desk, file_id: UUID) -> None:
        audit_id, contact_id = audit_held(desk, file_id), desk.contact()
        event = EventTied(stream_kind=StreamOfEvent.CONTACT, stream_id=contact_id, version=1)
        desk.do(file_id, finding(audit_id, events=(event,) if tied else ()))

    return step


def acted(*, done: bool) -> Step:
    """An action, carried out or not."""

    def step(desk: Desk, file_id: UUID) -> None:
        action_id = new_id()
        desk.do(file_id, action(action_id))
        if done:
            desk.do(file_id, CompleteQualityAction(action_id=action_id, done_on=DONE_ON, worker_id=WORKER))

    return step


def told(*, then: dict[str, Any] | None = None, **fields: Any) -> Step:
    """Feedback, handled as told."""

    def step(desk: Desk, file_id: UUID) -> None:
        feedback_id = new_id()
        desk.do(file_id, feedback(feedback_id, **fields))
        if then is not None:
            desk.do(file_id, handled(feedback_id, **then))

    return step


def supervised(**fields: Any) -> Step:
    """Reactive supervision."""
    return lambda desk, file_id: desk.do(file_id, supervision(new_id(), **fields))


def surveyed(*, in_community: bool | None = None, **fields: Any) -> Step:
    """A survey round, gone through or not."""

    def step(desk: Desk, file_id: UUID) -> None:
        round_id = new_id()
        desk.do(file_id, survey(round_id, **fields))
        if in_community is not None:
            desk.do(file_id, gone_through(round_id, IN_TIME, in_community=in_community))

    return step


def scored(desk: Desk, file_id: UUID) -> None:
    """The criteria, set and assessed."""
    desk.do(file_id, criteria())
    desk.do(file_id, assessed())


TOPICS = ("orientation", "goals", "working")


def without(topic: str) -> Story:
    """A survey round that does not ask of one topic."""
    return file(REHABILITATION, surveyed(topics=tuple(one for one in TOPICS if one != topic)))


def of_any(service: str) -> tuple[Driven, ...]:
    """The rules of Q0, in a file of the service."""
    steps: dict[str, tuple[Step, Step]] = {
        "sample-before-audit": (sampled(service), audited()),
        "finding-tied": (found(tied=True), found(tied=False)),
        "action-done": (acted(done=True), acted(done=False)),
        "feedback-handled": (told(then={}), told(then={"in_team": False})),
        "feedback-form": (told(), told(producer=None)),
        "reactive-supervision-grounds": (supervised(), supervised(ground_codes=())),
    }
    return tuple(
        Driven(service, f"Q0.{rule_id}", kept=file(service, kept), broken=file(service, broken))
        for rule_id, (kept, broken) in steps.items()
    )


CASES = (
    *(case for service in (ANY, "K1", "K2", "H1", "P6", "P7", "P8") for case in of_any(service)),
    Driven(
        REHABILITATION, "Q1.survey-round", kept=file(REHABILITATION, surveyed()), broken=file(REHABILITATION, scored)
    ),
    Driven(
        REHABILITATION,
        "Q1.survey-in-community",
        kept=file(REHABILITATION, surveyed(in_community=True)),
        broken=file(REHABILITATION, surveyed(in_community=False)),
    ),
    Driven(
        REHABILITATION,
        "Q1.survey-instrument",
        kept=file(REHABILITATION, surveyed()),
        broken=file(REHABILITATION, surveyed(instrument="another")),
    ),
    *(
        Driven(REHABILITATION, f"Q1.survey-{topic}", kept=file(REHABILITATION, surveyed()), broken=without(topic))
        for topic in TOPICS
    ),
    Driven(
        REHABILITATION,
        "Q1.criteria-yearly",
        kept=file(REHABILITATION, scored),
        broken=file(REHABILITATION, audited(AuditKind.WRITTEN)),
    ),
    Driven(
        REHABILITATION,
        "Q1.audit-on-site",
        kept=file(REHABILITATION, audited(AuditKind.ON_SITE)),
        broken=file(REHABILITATION, audited(AuditKind.WRITTEN)),
    ),
    Driven(
        REHABILITATION,
        "Q1.audit-written",
        kept=file(REHABILITATION, audited(AuditKind.WRITTEN)),
        broken=file(REHABILITATION, audited(AuditKind.ON_SITE)),
    ),
    Driven(HOME, "Q2.criteria-followed", kept=file(HOME, scored), broken=file(HOME, audited())),
    Driven(HOME, "Q2.criteria-audited", kept=file(HOME, audited()), broken=file(HOME, scored)),
)
