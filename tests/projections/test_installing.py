"""Installing beside those who are at work: a follower of an earlier release, somebody's long question."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from projections.install import install, owner_connection, register_connection
from projections.store import checkpoints
from tests.projections.conftest import Book

PATIENCE_SECONDS = 30

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


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_batch_that_an_earlier_release_is_at_while_progress_is_carried_over_counts(book: Book) -> None:
    with owner_connection(*book) as connection:
        connection.execute(AS_BEFORE)
    with register_connection(*book, autocommit=True) as looks, register_connection(*book) as follower:
        follower.execute(A_BATCH)
        with beside(lambda: install(*book)):
            until(lambda: waits_for(follower, looks))
            follower.commit()
        assert {checkpoint.position for checkpoint in checkpoints(looks).values()} == {6}
