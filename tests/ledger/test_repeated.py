"""A warning that comes again and again does not fill the log."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from structlog.testing import capture_logs

from domain.ledger.repeated import AGAIN_SECONDS, Repeated
from projections import engine

Told = list[dict[str, object]]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_told_at_once_and_then_once_a_minute_with_how_often_it_came() -> None:
    told: Told = []
    clock = Clock()
    repeated = Repeated(lambda **what: told.append(what), clock=clock)
    for second in range(int(AGAIN_SECONDS) + 31):
        clock.now = float(second)
        repeated.met(register="lapland")
    assert told == [{"register": "lapland", "times": 1}, {"register": "lapland", "times": int(AGAIN_SECONDS)}]


def test_what_was_over_and_comes_again_is_told_at_once() -> None:
    told: Told = []
    repeated = Repeated(lambda **what: told.append(what), clock=Clock())
    repeated.met()
    repeated.met()
    repeated.over()
    repeated.met()
    assert told == [{"times": 1}, {"times": 1}]


class Turns:
    """An event to end by that says so at the last turn, and waits for nobody."""

    def __init__(self, turns: int) -> None:
        self._turns: Iterator[int] = iter(range(turns))

    def is_set(self) -> bool:
        return next(self._turns, None) is None

    def wait(self, _seconds: float) -> bool:
        return False


def test_a_follower_whose_database_is_away_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(engine, "Engine", away)
    with capture_logs() as logs:
        engine.follow("host=nowhere", "lapland", Turns(100))  # type: ignore[arg-type] # all that it asks of an event
    assert [(one["event"], one["times"]) for one in logs] == [("projections_wait_for_database", 1)]
