"""Installing beside those who are at work: a follower of an earlier release, somebody's long question."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from structlog.testing import capture_logs

from projections.catalogue import PROJECTIONS
from projections.indexes import declared
from projections.install import indexes_waiting, install, owner_connection, register_connection
from projections.store import checkpoints
from tests.patience import until
from tests.projections.conftest import Book

PATIENCE_SECONDS = 30

MEETINGS = next(projection for projection in PROJECTIONS if projection.name == "meetings")
BY_DAY = next(index.name() for index in declared(MEETINGS) if index.says.startswith("(meeting_on)"))

AS_BEFORE = """
    ALTER TABLE projection_checkpoints DROP COLUMN together;
    DROP TABLE projection_progress;
    CREATE TABLE projection_progress
        (projection text, position bigint, moved_at timestamptz, PRIMARY KEY (projection, position));
    UPDATE projection_checkpoints SET position = 5;
"""
"""The tables of the release in which each projection had rows of progress of its own."""
A_BATCH = """
    SELECT FROM projection_checkpoints ORDER BY projection FOR UPDATE;
    INSERT INTO projection_progress SELECT projection, 6, now() FROM projection_checkpoints;
"""
"""What a follower of that release does to them."""


def waits_for(connection: Connection[Any], looks: Connection[Any]) -> bool:
    """Whether somebody waits for what this connection's transaction holds."""
    waiting = "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    return bool(looks.execute(waiting, (connection.info.backend_pid,)).rowcount)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """The work, done in a thread, which has ended afterwards."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_batch_that_an_earlier_release_is_at_while_progress_is_carried_over_counts(book: Book) -> None:
    with owner_connection(*book) as connection:
        connection.execute(AS_BEFORE)
    with register_connection(*book, autocommit=True) as looks, register_connection(*book) as follower:
        follower.execute(A_BATCH)
        with beside(lambda: install(*book)):
            until(lambda: waits_for(follower, looks))
            follower.commit()
        assert {checkpoint.position for checkpoint in checkpoints(looks).values()} == {6}


@pytest.fixture
def somebody(book: Book) -> Iterator[Connection[Any]]:
    """Who asks a long question of the same database: a transaction that stays open, about no table of ours."""
    with psycopg.connect(book[0]) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT FROM pg_class LIMIT 1")
        yield connection


def dropped(book: Book, index: str) -> None:
    with owner_connection(*book) as connection:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))


@contextmanager
def shortly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever makes indexes meanwhile waits no longer for others than a test does."""
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("projections.indexes.LONGEST_WAIT", "200ms")
        yield


def test_an_index_that_somebodys_open_transaction_is_in_the_way_of_is_told_and_made_the_next_time(
    book: Book, somebody: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(book, BY_DAY)
    with shortly(monkeypatch), capture_logs() as told, beside(lambda: install(*book)) as installing:
        installing.join(PATIENCE_SECONDS)
        has_ended = not installing.is_alive()
        somebody.rollback()
    assert has_ended
    assert [one["indexes"] for one in told if one["event"] == "indexes_wait"] == [[BY_DAY]]
    assert indexes_waiting(*book) == [BY_DAY]
    assert install(*book) == []
    assert indexes_waiting(*book) == []


def test_an_index_that_is_declared_no_more_goes_the_next_time_when_somebody_is_at_its_table(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = replace(MEETINGS, script=MEETINGS.script.replace("CREATE INDEX ON {meetings} (meeting_on)", "-- ", 1))
    with shortly(monkeypatch), register_connection(*book) as other:
        other.execute("SELECT FROM meetings")
        install(*book, [without])
    assert indexes_waiting(*book, [without]) == [BY_DAY]
    install(*book, [without])
    with register_connection(*book) as connection:
        assert connection.execute("SELECT to_regclass(%s)", (BY_DAY,)).fetchone() == (None,)
