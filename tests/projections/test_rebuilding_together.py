"""Two who rebuild in one register: one after the other, and what the first made anew is not made again at a start."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.install import owner_connection
from projections.loading import RebuildStopped, _counts, load
from projections.rebuild import PHASES, rebuild, start_up
from projections.rows import Projection
from projections.store import lock_key
from tests.patience import until
from tests.projections.conftest import Book
from tests.projections.history import History, whole_episode

KILLED = """
import sys, time
import projections.loading
from projections.rebuild import rebuild
def stays(share):
    print("loading", flush=True)
    time.sleep(600)
projections.loading.load_part = stays
rebuild(sys.argv[1], sys.argv[2], processes=2)
"""


def until_somebody_waits(book: Book) -> None:
    """For an advisory lock, in this register's database."""
    asked = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(book[0], autocommit=True) as connection:
        until(lambda: connection.execute(asked).fetchone() is not None)


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
                until_somebody_waits(book)

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
        until_somebody_waits(book)
        load(dsn, register, chosen, *given, **{**more, "processes": 1})

    monkeypatch.setattr("projections.rebuild.load", noted)
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(start_up, *book) for _ in range(2)]
        stands = [{one.position for one in start.result().values()} for start in starts]
    assert stands[0] == stands[1] == {last}
    assert [sorted(names) for names in loaded] == [sorted(one.name for one in PROJECTIONS)]


def test_of_a_rebuild_that_was_killed_nothing_stays_in_the_way_of_the_next(book: Book, history: History) -> None:
    for _ in range(4):
        history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    words = [sys.executable, "-c", KILLED, *book]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as killed:
        try:
            assert killed.stdout is not None
            assert any("loading" in line for line in killed.stdout), "it ended before it loaded anything"
        finally:
            killed.kill()
    with psycopg.connect(book[0], autocommit=True) as connection:
        held = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
        key = lock_key(f"rebuild {book[1]}") % 2**64
        until(lambda: connection.execute(held, (key >> 32, key % 2**32)).fetchone() is None)
    assert all(result.equal for result in rebuild(*book))


def test_where_a_share_cannot_be_folded_the_others_need_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.loading.load_part", partial(begun, tmp_path))
    shares: Any = range(20)
    with pytest.raises(RebuildStopped):
        list(_counts(shares, PROJECTIONS, 2))
    assert len(list(tmp_path.iterdir())) < len(shares)


def begun(folder: Path, share: int) -> int:
    (folder / str(share)).touch()
    if share == 0:
        raise RebuildStopped("at position 1")
    time.sleep(0.2)
    return 1
