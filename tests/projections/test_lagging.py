"""A projection that lags behind the others of its engine, while events keep coming."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from projections.catalogue import PROJECTIONS
from projections.engine import Engine, run_once
from projections.feed import poll
from tests.projections.conftest import Book
from tests.projections.history import History, referral, whole_episode

LAGGARD = "duties"
OTHERS = [projection for projection in PROJECTIONS if projection.name != LAGGARD]
BATCH_EVENTS = 4


@pytest.fixture
def behind(book: Book, history: History) -> int:
    """How many events one projection is behind all others, which have taken in what there is."""
    for _ in range(3):
        last = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, OTHERS)
    return last


@pytest.fixture
def engine(book: Book, behind: int) -> Iterator[Engine]:
    """Holds all of them."""
    engine = Engine(*book, batch_events=BATCH_EVENTS)
    engine.hold()
    yield engine
    engine.close()


def places(engine: Engine) -> dict[str, int]:
    return {name: checkpoint.position for name, checkpoint in engine.statuses().items()}


def test_one_that_lags_gets_a_batch_whenever_the_others_get_one(engine: Engine, history: History, behind: int) -> None:
    for looks in range(1, 4):
        last = history.record(uuid4(), referral(uuid4()))
        assert engine.advance() == 1 + BATCH_EVENTS
        assert places(engine) == {projection.name: last for projection in OTHERS} | {LAGGARD: looks * BATCH_EVENTS}


def test_one_that_lags_comes_to_stand_with_the_others_though_an_event_comes_at_every_look(
    engine: Engine, history: History, behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = threading.get_ident()

    def between(*given: Any) -> Any:
        if threading.get_ident() == looking:  # followers of other tests' registers look too
            history.record(uuid4(), referral(uuid4()))
        return poll(*given)

    monkeypatch.setattr("projections.engine.poll", between)
    for _ in range(behind):
        engine.advance()
    assert len(set(places(engine).values())) == 1
    assert engine.advance() == 1, "all take the next one together"
