"""The engine: one holder at a time, following, waiting, roles. And rebuilding: beside the live tables, then swapped."""

import threading
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.ledger.connections import as_role
from projections.catalogue import PROJECTIONS
from projections.engine import Engine, NotInstalled, NotYetReflected, follow, run_once, wait_for
from projections.install import install, owner_connection, register_connection
from projections.loading import RebuildStopped
from projections.rebuild import rebuild, start_up
from projections.store import CHECKPOINTS, checkpoints
from tests.projections.conftest import Book, Rows
from tests.projections.history import History, decision, referral, started, whole_episode


def test_one_engine_at_a_time_holds_a_projection_and_another_takes_over_when_it_goes(
    book: Book, history: History
) -> None:
    first, second = Engine(*book), Engine(*book)
    assert len(first.hold()) == len(PROJECTIONS)
    assert second.hold() == []
    first.close()
    assert len(second.hold()) == len(PROJECTIONS)
    second.close()


def test_a_follower_takes_events_in_as_they_come(book: Book, history: History, reader: Connection[Any]) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=follow, args=(*book, stop))
    follower.start()
    try:
        with reader_connection(book) as connection:
            for _ in range(3):
                wait_for(connection, history.record(uuid4(), referral(uuid4()), decision()), 10)
    finally:
        stop.set()
        follower.join(timeout=10)
    assert len(reader.execute("SELECT FROM episodes WHERE known_to IS NULL").fetchall()) == 3


def reader_connection(book: Book) -> Connection[Any]:
    return register_connection(as_role(book[0], "reader"), book[1], autocommit=True)


def test_a_follower_survives_the_loss_of_its_connection(book: Book, history: History, postgres: str) -> None:
    stop = threading.Event()
    dsn, register = make_conninfo(book[0], application_name=f"follower-{uuid4()}"), book[1]
    follower = threading.Thread(target=follow, args=(dsn, register, stop))
    follower.start()
    try:
        with reader_connection(book) as connection:
            wait_for(connection, history.record(uuid4(), referral(uuid4())), 10)
            assert cut_off(postgres, dsn) == 1
            wait_for(connection, history.record(uuid4(), referral(uuid4())), 20)
            assert cut_off(postgres, dsn) == 1, "it is there again, and by a new connection"
    finally:
        stop.set()
        follower.join(timeout=10)


def cut_off(postgres: str, dsn: str) -> int:
    """End the connections that bear the DSN's name, and no other's; how many there were."""
    with psycopg.connect(postgres, autocommit=True) as other:
        ended = other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
            (conninfo_to_dict(dsn)["application_name"],),
        ).fetchall()
    return ended.count((True,))


def test_waiting_ends_with_a_named_error(book: Book, history: History) -> None:
    position = history.record(uuid4(), referral(uuid4()))
    with reader_connection(book) as connection:
        began = time.monotonic()
        with pytest.raises(NotYetReflected):
            wait_for(connection, position, 0.05)
        assert time.monotonic() - began < 5
        run_once(*book)
        wait_for(connection, position, 0)


def test_waiting_for_what_is_not_there_is_refused_at_once(book: Book, history: History) -> None:
    position = history.record(uuid4(), referral(uuid4()))
    with reader_connection(book) as connection:
        with pytest.raises(NotInstalled, match="no projection named episode, visit"):
            wait_for(connection, position, 60, ["visit", "trail", "episode"])
        with owner_connection(*book) as owner:
            owner.execute("DELETE FROM projection_checkpoints")
        with pytest.raises(NotInstalled, match="The register has no projections"):
            wait_for(connection, position, 60)


def test_installing_again_changes_nothing(book: Book, history: History, rows: Rows) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    before = rows("episodes", standing=False)
    assert install(*book) == []
    assert rows("episodes", standing=False) == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM episodes",
        "TRUNCATE episodes",
        "UPDATE episodes SET area = 'x'",
        "DROP TABLE episodes",
        "DELETE FROM projection_checkpoints",
    ],
)
def test_the_projector_can_only_add_rows_and_end_them(book: Book, statement: str) -> None:
    with (
        register_connection(as_role(book[0], "projector"), book[1], autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_reader_writes_nothing(book: Book) -> None:
    with (
        reader_connection(book) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("UPDATE episodes SET known_to = 1")


def test_no_plan_of_a_question_is_compiled(book: Book) -> None:
    with reader_connection(book) as connection:
        assert connection.execute("SHOW jit").fetchone() == ("off",)


def spoil(book: Book) -> None:
    with owner_connection(*book) as connection:
        connection.execute("UPDATE episodes SET area = 'elsewhere' WHERE known_to IS NULL")


def test_a_rebuild_that_differs_is_told_and_leaves_the_live_table(book: Book, history: History, rows: Rows) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    spoil(book)
    by_table = {result.table: result for result in rebuild(*book)}
    assert by_table["episodes"].failed
    assert not by_table["episodes"].swapped
    assert by_table["meetings"].swapped
    assert rows("episodes")[0]["area"] == "elsewhere"


def test_a_forced_rebuild_swaps_what_differs(book: Book, history: History, rows: Rows) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    spoil(book)
    rebuild(*book, force=True)
    assert rows("episodes")[0]["area"] == "north"
    history.record(uuid4(), referral(uuid4()))
    assert len(rows("episodes")) == 2


def test_a_rebuild_catches_a_lagging_live_table_up_and_compares_at_one_position(book: Book, history: History) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    last = history.record(uuid4(), *whole_episode(uuid4()))
    results = rebuild(*book)
    assert all(result.equal for result in results)
    assert {result.position for result in results} == {last}
    assert {c.position for c in run_once(*book).values()} == {last}


def test_following_goes_on_through_a_rebuild(book: Book, history: History) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=follow, args=(*book, stop))
    follower.start()
    try:
        for _ in range(20):
            history.record(uuid4(), *whole_episode(uuid4()))
        assert all(result.equal for result in rebuild(*book))
        with reader_connection(book) as connection:
            wait_for(connection, history.record(uuid4(), referral(uuid4())), 20)
    finally:
        stop.set()
        follower.join(timeout=10)
    assert all(result.equal for result in rebuild(*book))


def test_several_processes_rebuild_to_the_same_rows(book: Book, history: History) -> None:
    for _ in range(10):
        history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    assert all(result.equal for result in rebuild(*book, processes=2))


def test_what_is_rebuilt_is_vacuumed_once_it_stands_in_its_place_and_not_before(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    off, told = "autovacuum_enabled=off", dict[str, list[str] | None]()

    def look(phase: str) -> None:
        found = reader.execute("SELECT oid::regclass::text AS name, reloptions FROM pg_class WHERE relkind = 'r'")
        told.update({f"{row['name']} at {phase}": row["reloptions"] for row in found})

    rebuild(*book, begins=look)
    assert told["trail__rebuilt at compare"] == [off]
    assert told["trail at compare"] is None
    assert told["trail at done"] is None


def test_rows_of_another_fold_wait_for_a_rebuild_which_starting_up_does(
    book: Book, history: History, rows: Rows
) -> None:
    history.record(uuid4(), referral(uuid4()), decision(), started())
    run_once(*book)
    old = next(p for p in PROJECTIONS if p.name == "episodes")
    new = replace(old, code=b"another fold")
    last = history.record(uuid4(), referral(uuid4()))
    assert run_once(*book, [new])["episodes"].position < last
    assert start_up(*book, [new])["episodes"].position == last
    assert len(rows("episodes")) == 2


def test_an_old_snapshot_makes_no_batch_dearer(book: Book, history: History) -> None:
    for _ in range(40):
        history.record(uuid4(), *whole_episode(uuid4()))
    engine = Engine(*book, batch_events=1)
    engine.hold()
    engine.advance()
    with register_connection(*book) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT FROM events LIMIT 1")
        before = pages_read_for_the_checkpoints(book)
        batches = 0
        while engine.advance():
            batches += 1
        assert batches > 200
        assert pages_read_for_the_checkpoints(book) <= before + len(PROJECTIONS)  # its index has become one page deeper
    engine.close()


def pages_read_for_the_checkpoints(book: Book) -> int:
    """How many pages PostgreSQL looks at to tell how far each projection is."""
    with reader_connection(book) as connection:
        plan = connection.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + CHECKPOINTS).fetchone()
    assert plan is not None
    return int(plan[0][0]["Plan"]["Shared Hit Blocks"]) + int(plan[0][0]["Plan"]["Shared Read Blocks"])


def test_progress_is_written_down_now_and_then_and_what_lies_behind_is_deleted(
    book: Book, history: History, reader: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.engine.SETTLED_BATCHES", 10)
    for _ in range(4):
        last = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, batch_events=1)
    kept = reader.execute("SELECT position FROM projection_progress ORDER BY position").fetchall()
    written = reader.execute("SELECT DISTINCT position FROM projection_checkpoints").fetchall()
    assert len(written) == 1
    assert [row["position"] for row in kept] == [*range(written[0]["position"] + 1, last + 1)]
    assert last - 10 < written[0]["position"] <= last


def test_progress_that_an_earlier_release_kept_by_projection_is_carried_over(book: Book, history: History) -> None:
    for _ in range(2):
        last = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    with owner_connection(*book) as connection:
        connection.execute(
            "DROP TABLE projection_progress; ALTER TABLE projection_checkpoints DROP COLUMN together;"
            " CREATE TABLE projection_progress"
            " (projection text, position bigint, moved_at timestamptz, PRIMARY KEY (projection, position));"
            " INSERT INTO projection_progress SELECT projection, position, updated_at FROM projection_checkpoints;"
            " UPDATE projection_checkpoints SET position = 1"
        )
    assert install(*book) == []
    with reader_connection(book) as connection:
        assert {checkpoint.position for checkpoint in checkpoints(connection).values()} == {last}
    last = history.record(uuid4(), *whole_episode(uuid4()))
    assert {checkpoint.position for checkpoint in run_once(*book).values()} == {last}
    assert all(result.equal for result in rebuild(*book))


def test_those_that_stand_apart_catch_up_and_are_then_followed_together(book: Book, history: History) -> None:
    trail = [projection for projection in PROJECTIONS if projection.name == "trail"]
    for _ in range(2):
        history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, trail, batch_events=3)
    engine = Engine(*book, batch_events=2)
    engine.hold()
    try:
        for _ in range(3):
            last = history.record(uuid4(), *whole_episode(uuid4()))
            while engine.advance():
                pass
            assert {checkpoint.position for checkpoint in engine.statuses().values()} == {last}
    finally:
        engine.close()
    assert all(result.equal for result in rebuild(*book))


@pytest.mark.parametrize("follows", ["rebuilds", "takes over"])
def test_who_comes_next_goes_on_from_the_last_progress(book: Book, history: History, follows: str) -> None:
    for _ in range(2):
        last = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, batch_events=1)
    if follows == "rebuilds":
        results = rebuild(*book)
        assert all(result.equal for result in results)
        assert {result.position for result in results} == {last}
    last = history.record(uuid4(), *whole_episode(uuid4()))
    assert {checkpoint.position for checkpoint in run_once(*book).values()} == {last}
    assert all(result.equal for result in rebuild(*book))


@pytest.mark.parametrize("processes", [1, 2])
def test_an_id_that_is_none_stops_the_rebuild_in_words(book: Book, history: History, processes: int) -> None:
    state = (
        b'{"occurred_at":"2022-01-03T10:00:00Z","actor":"anna","correlation_id":"'
        + b"not-a-correlation-id-at-all-but-long"
        + b'","plain":{"area":"north"}}'
    )
    history.record_raw(uuid4(), "client_registered.1", state)
    with pytest.raises(RebuildStopped, match="rows of trail cannot be written: ValueError"):
        rebuild(*book, processes=processes)
    checkpoint = run_once(*book)["trail"]
    assert (checkpoint.status, checkpoint.position, checkpoint.error_position) == ("stopped", 0, 1)
