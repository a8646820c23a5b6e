"""A replay into a schema of its own is what the live projections say of then; nobody writes into it."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from domain.ledger.connections import as_role
from projections import replaying
from projections.catalogue import PROJECTIONS
from projections.comparing.difference import FIGURES
from projections.comparing.figure import Asked
from projections.engine import run_once
from projections.install import register_connection, schema_connection
from projections.loading import RebuildStopped
from projections.queries import Reading, reading
from projections.replaying import ReplayRefused, compare, drop_replay, replay, replay_in, replay_reading
from tests.projections.conftest import Book
from tests.projections.history import History, day, referral, whole_episode
from tests.projections.random_history import write_random
from tests.test_scale import NONE_OF

Act = Callable[[], object]
DAYS = (day(3), day(30), day(400))


@pytest.fixture
def schema(book: Book) -> Iterator[str]:
    """The name of a schema that is not there; dropped afterwards if it came to be."""
    name = f"then_{uuid4().hex[:12]}"
    yield name
    with psycopg.connect(book[0]) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def every_answer(read: Reading, as_of: int, service: str = "K1") -> dict[tuple[Any, ...], Any]:
    """Every figure, grouped in every way, on several days, and the trail, as known at the position."""
    found: dict[tuple[Any, ...], Any] = {}
    for figure in FIGURES.values():
        for by in figure.by:
            for on_day in DAYS:
                asked = Asked(as_of=as_of, on_day=on_day, by=by, service=service)
                found[(figure.name, by, on_day)] = figure.ask(read, asked).rows
                if figure.rows is not None:
                    rows = read.connection.execute(figure.rows, asked.parameters).fetchall()
                    found[(figure.name, by, on_day, "rows")] = sorted(map(repr, rows))
    found[("trail",)] = read.connection.execute("SELECT * FROM trail_rows(%s)", (as_of,)).fetchall()
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_and_view_of_a_replay_equals_the_live_one_as_of_then(
    book: Book, history: History, schema: str, seed: int
) -> None:
    random = Random(seed)
    positions = write_random(history, random)
    then = random.choice(positions)
    run_once(*book, batch_events=random.randint(1, 50))
    made = replay(*book, schema, then, replace=True)
    with reading(*book) as live, replay_reading(book[0], schema) as replayed:
        live_answers = every_answer(live, then)
        assert {key for key, rows in live_answers.items() if rows}, "nothing was asked of anything"
        assert every_answer(replayed, then) == live_answers
        earlier = positions[0]
        assert every_answer(replayed, earlier) == every_answer(live, earlier), "it knows what was known before, too"
        last = replayed.reflected()
        assert (last.position, last.head, last.stopped) == (then, then, ())
    told = compare(book[0], made)
    assert [table for table in told if not table.equal] == []
    assert {table.table for table in told} == {table.name for each in PROJECTIONS for table in each.tables}


def test_a_replay_holds_nothing_that_was_recorded_later(book: Book, history: History, schema: str) -> None:
    then = history.record(uuid4(), referral(uuid4()))
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    replay(*book, schema, then)
    with replay_reading(book[0], schema) as replayed:
        (row,) = replayed.caseload("phase", on_day=day(40)).rows
        assert (row.group_key, row.open_episodes) == ("referred", 1)
        assert replayed.position_at(dt.datetime.now(dt.UTC)) == then


def test_nothing_had_been_known_at_position_zero(book: Book, history: History, schema: str) -> None:
    history.record(uuid4(), referral(uuid4()))
    assert replay(*book, schema, 0).recorded_at is None
    with replay_reading(book[0], schema) as replayed:
        assert replayed.caseload("area", on_day=day(40)).rows == []
        assert replayed.reflected().position == 0


def test_live_rows_that_were_tampered_with_differ_from_the_replay(book: Book, history: History, schema: str) -> None:
    then = history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    with register_connection(book[0], book[1]) as connection:
        connection.execute("UPDATE meetings SET ended_at = ended_at + interval '1 hour'")
    made = replay(*book, schema, then)
    assert [table.table for table in compare(book[0], made) if table.equal is False] == ["meetings"]


def test_what_the_live_projections_have_not_come_to_is_not_compared(book: Book, history: History, schema: str) -> None:
    then = history.record(uuid4(), referral(uuid4()))
    made = replay(*book, schema, then)
    assert {(table.live_rows, table.equal) for table in compare(book[0], made)} == {(None, None)}


@pytest.mark.parametrize("role", ["projector", "appender", "analyst", "sealer"])
def test_only_readers_come_into_a_replay(book: Book, history: History, schema: str, role: Any) -> None:
    replay(*book, schema, history.record(uuid4(), referral(uuid4())))
    with schema_connection(as_role(book[0], role), schema) as connection, pytest.raises(psycopg.errors.Error) as caught:
        connection.execute(sql.SQL("SELECT FROM {}.episodes").format(sql.Identifier(schema)))
    assert isinstance(caught.value, psycopg.errors.InsufficientPrivilege)


WRITES: tuple[LiteralString, ...] = (
    "INSERT INTO phases (episode_id) SELECT episode_id FROM episodes", "UPDATE episodes SET area = 'x'",
    "DELETE FROM episodes", "TRUNCATE episodes", "DROP TABLE episodes", "UPDATE replayed SET position = 0",
    "CREATE TABLE mine (n int PRIMARY KEY)",
)  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_a_reader_changes_nothing_in_a_replay(book: Book, history: History, schema: str, write: LiteralString) -> None:
    replay(*book, schema, history.record(uuid4(), referral(uuid4())))
    with (
        schema_connection(as_role(book[0], "reader"), schema) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)),
    ):
        connection.execute(write)


def test_a_replays_schema_keeps_the_rules_of_growing(book: Book, history: History, schema: str) -> None:
    replay(*book, schema, history.record(uuid4(), *whole_episode(uuid4())))
    with psycopg.connect(book[0]) as connection:
        for what, question in NONE_OF.items():
            assert connection.execute(question, {"schema": schema}).fetchall() == [], what


def test_a_schema_that_is_there_is_refused_unless_the_replay_in_it_is_to_be_replaced(
    book: Book, history: History, schema: str
) -> None:
    first = history.record(uuid4(), referral(uuid4()))
    second = history.record(uuid4(), referral(uuid4()))
    replay(*book, schema, first)
    with pytest.raises(ReplayRefused) as caught:
        replay(*book, schema, second)
    assert caught.value.code == "schema_exists"
    assert replay_in(book[0], schema).position == first
    assert replay(*book, schema, second, replace=True).position == second


@pytest.mark.parametrize(
    "name", ["public", "pg_mine", "register_x", "analysis_x", "information_schema", "Then", "a b", "", "1x"]
)
def test_a_name_that_is_kept_for_others_is_refused(book: Book, name: str) -> None:
    acts: tuple[Act, ...] = (lambda: replay(*book, name, 0, replace=True), lambda: drop_replay(book[0], name))
    for act in acts:
        with pytest.raises(ReplayRefused) as caught:
            act()
        assert caught.value.code == "bad_schema_name"


def test_a_schema_that_holds_something_else_is_neither_dropped_nor_replaced(book: Book, schema: str) -> None:
    with psycopg.connect(book[0]) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("CREATE TABLE {}.replayed (n int PRIMARY KEY)").format(sql.Identifier(schema)))
    acts: tuple[Act, ...] = (lambda: replay(*book, schema, 0, replace=True), lambda: drop_replay(book[0], schema))
    for act in acts:
        with pytest.raises(ReplayRefused) as caught:
            act()
        assert caught.value.code == "not_a_replay"


def test_a_dropped_replay_is_gone_and_an_unknown_one_is_told(book: Book, schema: str) -> None:
    replay(*book, schema, 0)
    assert drop_replay(book[0], schema).position == 0
    with pytest.raises(ReplayRefused) as caught:
        drop_replay(book[0], schema)
    assert caught.value.code == "unknown_schema"


def test_a_position_that_the_register_has_not_is_refused(book: Book, history: History, schema: str) -> None:
    history.record(uuid4(), referral(uuid4()))
    for position in (2, -1):
        with pytest.raises(ReplayRefused) as caught:
            replay(*book, schema, position)
        assert caught.value.code == "beyond_head"


def test_a_replay_that_stops_leaves_no_schema(
    book: Book, history: History, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.record(uuid4(), referral(uuid4()))
    wrong = history.record_raw(uuid4(), "tea_served.1", b"{}")
    with pytest.raises(RebuildStopped, match=f"position {wrong}"):
        replay(*book, schema, wrong)
    with pytest.raises(ReplayRefused):
        replay_in(book[0], schema)
    assert replay(*book, schema, wrong - 1).position == wrong - 1


def test_a_half_made_replay_answers_nothing_and_can_be_dropped(
    book: Book, history: History, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:  # as when the process is killed: nothing is tidied up
        patched.setattr(replaying, "drop_replay", lambda *_: None)
        patched.setattr(replaying, "load", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            replay(*book, schema, 0)
    assert replay_in(book[0], schema) == replace(replay_in(book[0], schema), is_whole=False, position=0)
    with replay_reading(book[0], schema) as read, pytest.raises(psycopg.errors.Error):
        read.caseload("area", on_day=day(1))
    assert not drop_replay(book[0], schema).is_whole
