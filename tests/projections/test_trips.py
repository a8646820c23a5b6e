"""Several prepared statements in one round trip, and what a follower makes of a batch with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from threading import get_ident
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection

from domain.fact import Fact
from domain.ledger.database import Prepared
from projections import store, trips
from projections.engine import Engine, run_once
from projections.install import register_connection
from projections.meetings import MEETINGS
from projections.rebuild import rebuild
from projections.standing import Row
from projections.trips import BEGIN, COMMIT, Call, answered, packed, trip, undone_on_fault
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, decision, held, referral, started, whole_episode

ECHO = Prepared(b"echo", b"SELECT $1::bigint, repeat('x', 8000)", ())
DIVIDE = Prepared(b"divide", b"SELECT 1 / $1::bigint", ())
LOCK = Prepared(b"lock", b"SELECT pg_advisory_xact_lock($1::bigint)", ())
END_IT = Prepared(b"end it", b"SELECT pg_terminate_backend(pg_backend_pid())", ())

SOME_MEETINGS: tuple[dict[str, Any], ...] = (
    {"meeting_kind": "client_meeting", "worker_ids": ["w-1", "w-2"], "started_at": datetime(2026, 3, 2, 9, tzinfo=UTC)},
    {"meeting_kind": "network_meeting", "client_ids": [str(uuid4())], "missed": True},
    {"meeting_kind": "client_meeting", "presence_gap_minutes": 5},
)


@pytest.fixture
def connection(book: Book) -> Iterator[Connection[Any]]:
    with register_connection(*book, autocommit=True) as made:
        made.prepare_threshold = None
        yield made


def number(value: int) -> list[bytes | None]:
    return [packed("bigint", value)]


def test_answers_come_in_the_order_of_the_calls_however_much_they_are(connection: Connection[Any]) -> None:
    answers = trip(connection, [Call(ECHO, number(value)) for value in range(2000)])
    assert [answered(connection, answer)[0][0] for answer in answers] == list(range(2000))


def test_a_call_that_fails_is_raised_and_what_was_begun_is_undone(connection: Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), undone_on_fault(connection):
        list(trip(connection, [Call(BEGIN), Call(LOCK, number(7)), Call(DIVIDE, number(0)), Call(COMMIT)]))
    held = connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    assert held.fetchall() == []
    (answer,) = trip(connection, [Call(DIVIDE, number(1))])
    assert answered(connection, answer) == [(1,)]


def test_a_connection_that_ends_on_the_way_is_told(connection: Connection[Any]) -> None:
    with pytest.raises(psycopg.OperationalError):
        list(trip(connection, [Call(ECHO, number(1)), Call(END_IT), Call(ECHO, number(2))]))


@pytest.mark.parametrize("rows_in_one_trip", [0, 10_000])
def test_rows_written_at_once_or_one_by_one_are_those_of_a_rebuild(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch, rows_in_one_trip: int
) -> None:
    monkeypatch.setattr("projections.following.ROWS_IN_ONE_TRIP", rows_in_one_trip)
    for _ in range(3):
        history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, batch_events=7)
    results = rebuild(*book)
    assert all(result.equal for result in results)
    assert sum(result.rebuilt_rows for result in results) > 50


@pytest.mark.parametrize("count", [1, 3, 16, 31, 47])
def test_rows_put_in_some_at_a_time_are_those_put_in_at_once(connection: Connection[Any], count: int) -> None:
    rows = [
        Row(uuid4(), (str(uuid4()),), columns, because=(number,), known_from=number)
        for number, columns in zip(range(1, count + 1), cycle(SOME_MEETINGS), strict=False)
    ]
    store.insert_rows(connection, MEETINGS, rows)
    at_once = store.fingerprint(connection, MEETINGS)
    assert at_once[0] == count
    connection.execute("DELETE FROM meetings")
    calls = list(store.insert_calls(connection, MEETINGS, rows))
    assert len(calls) == count // 16 + (count % 16).bit_count()
    assert len(list(trip(connection, calls))) == len(calls)
    assert store.fingerprint(connection, MEETINGS) == at_once


def test_a_small_batch_takes_three_round_trips_in_all(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        history.record(uuid4(), *whole_episode(uuid4()))
    engine = Engine(*book, batch_events=8)
    engine.hold()
    engine.advance()  # it has met every table
    engine.advance()
    made: list[str] = []
    told_of(made, "psycopg", monkeypatch, Connection, "wait")
    told_of(made, "trip", monkeypatch, trips, "_answers")
    batches = []
    while engine.advance() == 8:
        batches.append(made.copy())
        made.clear()
    engine.close()
    assert ["trip"] * 3 in batches, "a batch that meets a table for the first time has one more"


def test_one_more_entry_reads_as_many_rows_however_long_its_stream_has_become(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode, client, read = uuid4(), uuid4(), list[int]()
    loaded = store.loaded

    def counted(*given: Any) -> Any:
        rows = loaded(*given)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(store, "loaded", counted)

    def rows_read_for(*facts: Fact) -> int:
        read.clear()
        history.record(episode, *facts)
        run_once(*book)
        return sum(read)

    rows_read_for(referral(client), decision(), assigned(), started(), held(uuid4(), client, on=3))
    short = rows_read_for(held(uuid4(), client, on=4))
    rows_read_for(*(held(uuid4(), client, on=number) for number in range(5, 45)))
    assert rows_read_for(held(uuid4(), client, on=45)) == short
    assert all(result.equal for result in rebuild(*book))


def told_of(made: list[str], name: str, monkeypatch: pytest.MonkeyPatch, owner: Any, function: str) -> None:
    """Let every call of the function by this thread be noted under the name: others follow registers of their own."""
    itself, own = getattr(owner, function), get_ident()

    def noted(*given: Any, **named: Any) -> Any:
        if get_ident() == own:
            made.append(name)
        return itself(*given, **named)

    monkeypatch.setattr(owner, function, noted)
