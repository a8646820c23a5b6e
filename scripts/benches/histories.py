"""A made-up history of early-support family work, as large as a bench wants it: every figure of it is drawn, none real.

Never here: measuring.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from uuid import UUID

from domain.calendar import start_of_day
from domain.client.facts import ClientRegistered
from domain.consequence import DutyMet, DutyOpened
from domain.contact.facts import ContactAnswered, ContactChannel, ContactReceived, ContactSource, FamilyConsent
from domain.correction import EntryStruckOut, MistakeKind
from domain.entry import Entry
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    DecisionKind,
    DecisionMade,
    EpisodeClosed,
    EpisodeStarted,
    Goal,
    MeetingCancelled,
    MeetingHeld,
    MeetingKind,
    MeetingMode,
    Outcome,
    PlanEvaluated,
    PlanKind,
    PlanMade,
    ReferralReceived,
    WorkerAssigned,
)
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.secrecy.sealing import sealed_by_nobody
from domain.ledger.submission import Draft, Submission
from domain.register.facts import WorkerRole
from domain.registry import REGISTRY

AREAS = ("north", "south", "east", "west")
FIRST_DAY = dt.date(2021, 1, 4)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a family's history begins: its area and unit, its worker, its first day."""

    area: str
    worker: str
    day: dt.date
    unit_id: str | None = None


def write_history(recorder: RegisterRecorder, events: int, *, seed: int = 1) -> int:
    """Append at least so many events, an episode's after another's; how many they were."""
    drawn = random.Random(seed)
    written, drafts = 0, list[Draft]()
    while written + len(drafts) < events:
        drafts += [draft(*placed) for placed in numbered(_one_family(drawn))]
        if len(drafts) >= 1000:
            recorder.append(Submission(new_id(), b"bench", tuple(drafts)))
            written, drafts = written + len(drafts), []
    if drafts:
        recorder.append(Submission(new_id(), b"bench", tuple(drafts)))
    return written + len(drafts)


def drafts(events: int, *, seed: int = 1) -> Iterator[Draft]:
    """So many events of such a history, as they would be appended."""
    drawn = random.Random(seed)
    families = (draft(*placed) for _ in repeat(None) for placed in numbered(_one_family(drawn)))
    return islice(families, events)


def _one_family(drawn: random.Random) -> Iterator[tuple[UUID, Fact]]:
    area, worker = drawn.choice(AREAS), f"instructor-{drawn.randrange(7)}"
    return family(drawn, Place(area, worker, FIRST_DAY + dt.timedelta(days=drawn.randrange(900))))


def family(drawn: random.Random, place: Place) -> Iterator[tuple[UUID, Fact]]:
    """A child, a contact, and an episode of two months, from the place's day on."""
    client, contact, episode = new_id(), new_id(), new_id()
    area, worker, day = place.area, place.worker, place.day
    yield client, ClientRegistered(area=area, born_on=day - dt.timedelta(days=drawn.randrange(300, 3000)))
    yield (
        contact,
        ContactReceived(
            received_at=start_of_day(day) + dt.timedelta(hours=9),
            channel=ContactChannel.PHONE,
            source=ContactSource.FAMILY,
            consent=FamilyConsent.GIVEN,
            client_id=client,
            area=area,
        ),
    )
    yield contact, ContactAnswered(answered_at=start_of_day(day) + dt.timedelta(hours=30), worker_id=worker)
    for fact in life_of_an_episode(drawn, client, place):
        yield episode, fact
    if drawn.random() < 0.05:
        yield episode, EntryStruckOut(entry=9, mistake=MistakeKind.ENTERED_TWICE, reason="entered twice")


def life_of_an_episode(drawn: random.Random, client: UUID, place: Place) -> Iterator[Fact]:
    """The facts of an episode, from its referral to its end."""
    worker, day = place.worker, place.day + dt.timedelta(days=2)
    yield ReferralReceived(
        client_ids=(client,),
        received_on=day,
        source=ContactSource.FAMILY,
        consent=FamilyConsent.GIVEN,
        requested_service="K2",
        area=place.area,
        unit_id=place.unit_id,
        need="everyday life with small children",
    )
    yield _grant(day + dt.timedelta(days=3))
    yield WorkerAssigned(
        assignment_id=new_id(), worker_id=worker, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=day + dt.timedelta(days=3)
    )
    yield EpisodeStarted(started_on=day + dt.timedelta(days=5))
    yield DutyOpened(
        duty_key="plan", rule_id="plan", service="K2", model_version=1, strength="must",
        due_on=day + dt.timedelta(days=14), started_by=4,
    )  # fmt: skip
    yield from _planned_work(worker, day + dt.timedelta(days=6))
    yield DutyMet(duty_key="plan", met_by=6, met_on=day + dt.timedelta(days=6))
    for week in range(1, 9):
        yield meeting(drawn, client, worker, day + dt.timedelta(days=7 * week))
    yield PlanEvaluated(evaluated_on=day + dt.timedelta(days=60), worker_id=worker, evaluation="went well enough")
    yield EpisodeClosed(closed_on=day + dt.timedelta(days=61), reason=ClosureReason.GOALS_MET, outcome=Outcome.NONE)


def _planned_work(worker: str, day: dt.date) -> Iterator[Fact]:
    goals = (Goal(goal_id=new_id(), theme="parenting"), Goal(goal_id=new_id(), theme="relations"))
    texts = {str(goal.goal_id): "evenings without quarrels" for goal in goals}
    kind = PlanKind.FAMILY_WORK_PLAN
    yield PlanMade(plan_id=new_id(), plan_kind=kind, made_on=day, worker_id=worker, goals=goals, goal_texts=texts)


def _grant(day: dt.date) -> DecisionMade:
    return DecisionMade(
        decision_id=new_id(),
        kind=DecisionKind.GRANTED,
        service="K2",
        model_version=1,
        decided_on=day,
        decision_maker="leader-1",
        legal_basis="1301/2014",
        service_task="child_family",
        meetings_granted=7,
        age_years=4,
    )


def meeting(drawn: random.Random, client: UUID, worker: str, day: dt.date) -> Fact:
    """A meeting that was held, or now and then cancelled by the family."""
    begins = start_of_day(day) + dt.timedelta(hours=drawn.randrange(9, 15))
    kind = MeetingKind.CLIENT_MEETING
    if drawn.random() < 0.15:
        return MeetingCancelled(
            meeting_id=new_id(), meeting_kind=kind, cancelled_at=begins - dt.timedelta(hours=20), starts_at=begins,
            cancelled_by=CancelledBy.FAMILY, worker_ids=(worker,),
        )  # fmt: skip
    return MeetingHeld(
        meeting_id=new_id(), meeting_kind=kind, started_at=begins, ended_at=begins + dt.timedelta(minutes=90),
        mode=MeetingMode.HOME, worker_ids=(worker,), client_ids=(client,), note="talked about the week",
    )  # fmt: skip


def numbered(facts: Iterator[tuple[UUID, Fact]]) -> Iterator[tuple[UUID, int, Fact]]:
    """Each with its version in its stream."""
    versions: dict[UUID, int] = {}
    for stream_id, fact in facts:
        versions[stream_id] = versions.get(stream_id, 0) + 1
        yield stream_id, versions[stream_id], fact


def draft(stream_id: UUID, version: int, fact: Fact, occurred_at: dt.datetime | None = None) -> Draft:
    """As it would be appended. `occurred_at`: when nothing in the fact says it."""
    occurred_at = fact.happened_at() or occurred_at or start_of_day(FIRST_DAY)
    entry = Entry(stream_id, version, fact, occurred_at, actor="instructor-1", correlation_id=stream_id)
    return Draft(stream_id, version, fact.stored_name(), REGISTRY.encode(entry, sealed_by_nobody))
