"""The questions that a bench asks of a grown register, of whom and as of when, and how long each takes.

Times are of the whole question as the API asks it: a snapshot, how far it is, the rows as models. The processor time is
that of the connection's server process alone, where the system tells it: waiting for a busy machine is no part of it.
Never here: what is compared with what.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from projections.queries import Figure, Reading
from scripts.benches.grown import Grown
from scripts.benches.multiplied import copied
from scripts.benches.unfolding import WORKERS_A_UNIT, workers

MOMENTS = 50
_EARLIEST = 0.2
"""Past moments are drawn from what follows this part of the history, in which every worker has had families enough."""
_AN_EPISODE_AGO = 0.08
"""Before the moment by this part of the history an episode began that has since ended."""
_NEAR = 50
_MONTH = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Moment:
    """A position (None: now), the day that it was then, and an episode that had lately ended."""

    as_of: int | None
    day: dt.date
    episode_id: UUID


@dataclass(slots=True)
class Asker:
    """Asks a register, over one connection, about workers, units and moments drawn at random."""

    reading: Reading
    of: Grown
    drawn: random.Random = field(default_factory=lambda: random.Random(7))
    now: list[Moment] = field(default_factory=list)
    past: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = [self._moment(None) for _ in range(MOMENTS)]
        earliest = int(self.of.events * _EARLIEST)
        self.past = [self._moment(self.drawn.randrange(earliest, self.of.events)) for _ in range(MOMENTS)]

    @property
    def worker(self) -> str:
        """One of the workers."""
        return self._name(f"instructor-{self.drawn.randrange(workers(self.of.recorded))}")

    @property
    def unit(self) -> str:
        """One of the units that have all their workers."""
        return self._name(f"unit-{self.drawn.randrange(workers(self.of.recorded) // WORKERS_A_UNIT)}")

    def _name(self, recorded: str) -> str:
        return recorded if self.of.copies == 1 else copied(recorded, self.drawn.randrange(self.of.copies))

    def _moment(self, as_of: int | None) -> Moment:
        events = self.of.events
        position = as_of or events
        then = position - int(events * _AN_EPISODE_AGO) - self.drawn.randrange(events // 50)
        (day,) = self._one(
            "SELECT max(occurred_on) FROM trail WHERE position BETWEEN %s AND %s", position - _NEAR, position
        )
        (episode_id,) = self._one(
            "SELECT stream_id FROM trail WHERE position BETWEEN %s AND %s AND name LIKE 'meeting_held.%%'"
            " ORDER BY position DESC LIMIT 1",
            0,
            then,
        )
        return Moment(as_of, day, episode_id)

    def _one(self, question: Any, first: int, last: int) -> Any:
        return self.reading.connection.execute(question, (first, last)).fetchone()


def _visits(asker: Asker, at: Moment) -> Any:
    return _explained(asker, "visits", at, at.day - _MONTH)


def _duties(asker: Asker, at: Moment) -> Any:
    return _explained(asker, "duties", at, at.day)


def _explained(asker: Asker, figure: Figure, at: Moment, from_on: dt.date) -> Any:
    """Of one worker, one by one, for a month from the day on."""
    return asker.reading.explain(
        figure, by="worker", key=asker.worker, on_day=at.day, as_of=at.as_of, from_on=from_on, to_on=from_on + _MONTH
    )


QUESTIONS: Mapping[str, Callable[[Asker, Moment], Any]] = {
    "caseload of a worker": lambda asker, at: asker.reading.caseload_episodes(
        worker=asker.worker, on_day=at.day, as_of=at.as_of
    ),
    "caseload of a unit": lambda asker, at: asker.reading.caseload_episodes(
        unit=asker.unit, on_day=at.day, as_of=at.as_of
    ),
    "an episode's history": lambda asker, at: asker.reading.trail(at.episode_id, as_of=at.as_of),
    "a worker's visits of a month": _visits,
    "a worker's duties due in a month": _duties,
}
LIMITS_MS: Mapping[str, float] = {"caseload of a worker": 10.0, "an episode's history": 10.0}
"""What the 99th percentile is asked to stay below."""


@dataclass(slots=True)
class Timed:
    """Milliseconds of each asking, how many rows were answered, and the server's processor time of each."""

    wall_ms: list[float] = field(default_factory=list)
    server_ms: list[float] = field(default_factory=list)
    rows: int = 0

    @property
    def median(self) -> float:
        """The median of the times, in milliseconds."""
        return statistics.median(self.wall_ms)

    @property
    def worst(self) -> float:
        """The 99th percentile of the times, in milliseconds."""
        return statistics.quantiles(self.wall_ms, n=100)[98]

    @property
    def server(self) -> float:
        """The median of the server's processor time, in milliseconds; 0 where the system does not tell it."""
        return statistics.median(self.server_ms)

    @property
    def server_worst(self) -> float:
        """The 99th percentile of the server's processor time, in milliseconds."""
        return statistics.quantiles(self.server_ms, n=100)[98]


def in_turns(question: str, turns: Mapping[str, tuple[Asker, list[Moment]]], times: int) -> dict[str, Timed]:
    """Ask the question so many times, one turn after another, so that a busy machine slows all alike.

    Each turn needs a connection of its own: its processor time is the difference of before and after.
    """
    found = {name: Timed() for name in turns}
    for asker, moments in turns.values():
        for at in moments[:10]:  # plans are made, and pages are read, before the clock starts
            QUESTIONS[question](asker, at)
    for number in range(times):
        for name, (asker, moments) in turns.items():
            spent, began = _processor_ms(asker), time.perf_counter()
            answer = QUESTIONS[question](asker, moments[number % len(moments)])
            found[name].wall_ms.append((time.perf_counter() - began) * 1000)
            found[name].server_ms.append(_processor_ms(asker) - spent)
            found[name].rows += len(answer.rows)
    for name in turns:
        if not found[name].rows:
            raise RuntimeError(f"{question}, {name}: not one row was answered, so that nothing was measured")
    return found


def _processor_ms(asker: Asker) -> float:
    """What the connection's server process has used so far; zero where the system does not tell."""
    try:
        told = Path(f"/proc/{asker.reading.connection.info.backend_pid}/schedstat").read_text()
    except FileNotFoundError:
        return 0.0
    return int(told.split()[0]) / 1_000_000
