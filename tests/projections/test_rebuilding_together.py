"""Two who rebuild in one register: one after the other, and what the first made anew is not made again at a start."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.install import owner_connection
from projections.loading import load
from projections.rebuild import PHASES, rebuild, start_up
from projections.rows import Projection
from tests.projections.conftest import Book
from tests.projections.history import History, whole_episode


def test_a_rebuild_waits_for_one_that_is_under_way(book: Book, history: History) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    phases: list[tuple[str, str]] = []

    def noting(who: str) -> Callable[[str], None]:
        return lambda phase: phases.append((who, phase))

    with ThreadPoolExecutor(1) as pool:
        others: list[Future[Any]] = []

        def begins(phase: str) -> None:
            noting("first")(phase)
            if phase == "load":
                others.append(pool.submit(rebuild, *book, processes=1, begins=noting("second")))
                time.sleep(0.3)  # long enough for it to make the same tables, if it did not wait

        assert all(result.equal for result in rebuild(*book, processes=1, begins=begins))
        assert all(result.equal for result in others[0].result())
    assert phases == [(who, phase) for who in ("first", "second") for phase in PHASES]


def test_what_somebody_else_rebuilds_at_the_start_is_not_rebuilt_again(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    with owner_connection(*book) as connection:
        connection.execute("UPDATE projection_checkpoints SET fold_fingerprint = 'older'")
    loaded: list[Sequence[str]] = []

    def noted(dsn: str, register: str, chosen: Sequence[Projection], *given: Any, **more: Any) -> None:
        loaded.append([projection.name for projection in chosen])
        time.sleep(0.3)  # the other one has found the same projections outdated by now
        load(dsn, register, chosen, *given, **{**more, "processes": 1})

    monkeypatch.setattr("projections.rebuild.load", noted)
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(start_up, *book) for _ in range(2)]
        stands = [{one.position for one in start.result().values()} for start in starts]
    assert stands[0] == stands[1] == {last}
    assert [sorted(names) for names in loaded] == [sorted(one.name for one in PROJECTIONS)]
