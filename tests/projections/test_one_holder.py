"""What is asked of one worker or unit is found by indexes of its own: it must be what all of it says of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from domain.episode.facts import (
    DecisionKind,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeSuspended,
    EpisodeTransferred,
    WorkerReleased,
)
from domain.fact import Fact
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, closed, day, decision, held, planned, referral, started
from tests.projections.random_history import duty_of


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


WORKERS, UNITS, DAYS = ("anna", "bo", "cy", "di"), ("unit-1", "unit-2"), 40
EPISODES, FACTS_AFTER_THE_REFERRAL = 6, 12


def some_fact(random: Random, assignments: list[Any]) -> Fact:
    """Any fact that moves an episode, its worker, a meeting or a duty, on any day."""
    on = random.randrange(DAYS)
    workers = tuple(random.sample(WORKERS, random.randint(1, len(WORKERS))))
    assignment = uuid4()
    facts = [
        decision(on=on),
        decision(DecisionKind.REFUSED, on=on),
        assigned(random.choice(WORKERS), on=on, assignment_id=assignment),
        assigned(random.choice(WORKERS), on=on, assignment_id=assignment),
        started(on),
        EpisodeSuspended(suspended_on=day(on), reason="x"),
        EpisodeResumed(resumed_on=day(on)),
        closed(on),
        EpisodeReopened(reopened_on=day(on), reason="x"),
        EpisodeTransferred(
            transferred_on=day(on), area="south", unit_id=random.choice(UNITS), from_area="north", worker_id="bo"
        ),
        held(uuid4(), uuid4(), on=on % 25, worker_ids=workers),
        planned(uuid4(), on=on % 25, at=0, workers=workers),
        duty_of(random.randrange(5)),
    ]
    if assignments:
        facts.append(WorkerReleased(assignment_id=random.choice(assignments), to_on=day(on)))
    fact = random.choice(facts)
    if fact in facts[2:4]:
        assignments.append(assignment)
    return fact


def write(history: History, random: Random) -> list[int]:
    """Episodes told among each other, some entries struck out; the positions after each act."""
    episodes = {uuid4(): list[Any]() for _ in range(EPISODES)}
    positions = [
        history.record(one, referral(uuid4(), on=random.randrange(5), unit_id=random.choice(UNITS))) for one in episodes
    ]
    for _ in range(EPISODES * FACTS_AFTER_THE_REFERRAL):
        episode = random.choice(list(episodes))
        positions.append(history.record(episode, some_fact(random, episodes[episode])))
        if random.random() < 0.1:
            positions.append(history.strike(episode, random.randint(2, history.versions[episode])))
    return positions


@pytest.mark.parametrize("seed", range(4))
def test_of_one_holder_is_answered_what_all_of_it_says_of_that_holder_as_of_any_moment(
    book: Book, history: History, ask: Reading, seed: int
) -> None:
    random = Random(seed)
    positions = write(history, random)
    run_once(*book)
    moments: list[int | None] = [None, *random.sample(positions, 5)]
    seen: Counter[str] = Counter()
    for as_of, on in product(moments, (day(6), day(20), day(DAYS + 1))):
        caseload(ask, as_of, on, seen)
        counted_of_a_worker(ask, as_of, on, seen)
    assert min(seen[what] for what in ("worker", "unit", "visits", "duties")) > 0, "nothing was compared"


def caseload(ask: Reading, as_of: int | None, on: dt.date, seen: Counter[str]) -> None:
    """The rows themselves, of a worker and of a unit."""
    rows = ask.caseload_episodes(on_day=on, as_of=as_of).rows
    for worker in WORKERS:
        theirs = [row for row in rows if worker in row.worker_ids]
        assert ask.caseload_episodes(worker=worker, on_day=on, as_of=as_of).rows == theirs
        seen["worker"] += len(theirs)
    for unit in UNITS:
        theirs = [row for row in rows if row.unit_id == unit]
        assert ask.caseload_episodes(unit=unit, on_day=on, as_of=as_of).rows == theirs
        seen["unit"] += len(theirs)


def counted_of_a_worker(ask: Reading, as_of: int | None, on: dt.date, seen: Counter[str]) -> None:
    """One by one, as many as are counted among all: whatever number of workers a meeting has."""
    asked: dict[str, Any] = {"on_day": on, "as_of": as_of, "from_on": day(4), "to_on": day(24)}
    meetings = {row.group_key: row.held_meetings + row.planned_meetings for row in ask.visits("worker", **asked).rows}
    duties = {row.group_key: row.duties for row in ask.duties("worker", **asked).rows}
    for worker in WORKERS:
        one_by_one = ask.explain("visits", by="worker", key=worker, **asked).rows
        assert len({row.item for row in one_by_one}) == len(one_by_one) == meetings.get(worker, 0)
        assert len(ask.explain("duties", by="worker", key=worker, **asked).rows) == duties.get(worker, 0)
        seen["visits"] += meetings.get(worker, 0)
        seen["duties"] += duties.get(worker, 0)
