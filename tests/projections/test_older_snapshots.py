"""Analysts whose transaction is older than the tables that a rebuild has put in their places: refused, never told 0."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import SerializationFailure

from projections.analysis import WORDS
from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.install import owner_connection, show
from projections.rebuild import rebuild
from tests.patience import until
from tests.projections.analysts import PERIOD, SCHEMA, VIEWS, Analyst, facts_of_a_register, logged_in, of
from tests.projections.conftest import Book
from tests.projections.history import History
from tests.projections.test_installing import beside, waits_for

VISITS = "SELECT * FROM visits('area', NULL, %s, %s, %s)"


@pytest.fixture
def analyst(book: Book, history: History) -> Iterator[Analyst]:
    history.record_all(facts_of_a_register())
    run_once(*book)
    with logged_in(*book) as connection:
        yield connection


def figure_calls(analyst: Analyst) -> list[sql.Composed]:
    """Every figure, asked with nothing: as often as it takes arguments."""
    counted = analyst.execute(
        "SELECT proname, pronargs FROM pg_proc WHERE pronamespace = %s::regnamespace AND proname = ANY(%s)",
        (SCHEMA, list(WORDS.figures)),
    ).fetchall()
    nothing = sql.SQL(", ")
    calls = sql.SQL("SELECT * FROM {}({})")
    return [
        calls.format(sql.Identifier(row["proname"]), nothing.join(called(row["proname"], row["pronargs"])))
        for row in counted
    ]


def called(name: str, arguments: int) -> list[sql.Composable]:
    by = WORDS.figures[name]["by"]
    return [sql.Literal(by[0]) if by and at == 0 else sql.NULL for at in range(arguments)]


def test_every_view_and_figure_is_refused_in_a_transaction_that_is_older_than_its_tables(
    book: Book, analyst: Analyst
) -> None:
    asked = [sql.SQL("SELECT * FROM {}").format(sql.Identifier(view)) for view in sorted(VIEWS)]
    asked += figure_calls(analyst)
    assert len(asked) == len(VIEWS) + len(WORDS.figures)
    analyst.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    analyst.execute("SELECT * FROM reflected()")
    rebuild(*book)
    for question in asked:
        refused = pytest.raises(SerializationFailure, match="made anew since your transaction began: begin it anew")
        with refused, analyst.transaction():
            analyst.execute(question)
    analyst.execute("ROLLBACK")
    analyst.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    for question in asked:
        analyst.execute(question)
    assert of(analyst, "meetings")


def test_each_statement_of_a_transaction_in_read_committed_sees_the_tables_that_are_there(
    book: Book, analyst: Analyst
) -> None:
    before = of(analyst, "meetings")
    analyst.execute("BEGIN")
    analyst.execute("SELECT * FROM reflected()")
    rebuild(*book)
    assert sorted(map(str, of(analyst, "meetings"))) == sorted(map(str, before)) != []


def test_a_figure_that_had_to_wait_for_a_swap_is_refused_and_never_told_of_empty_tables(
    book: Book, analyst: Analyst
) -> None:
    refused: list[BaseException] = []

    def asks() -> None:
        with pytest.raises(SerializationFailure) as raised:
            analyst.execute(VISITS, PERIOD)
        refused.append(raised.value)

    with owner_connection(*book) as swap, psycopg.connect(book[0], autocommit=True) as looks:
        swap.execute("LOCK TABLE projection_swaps IN ACCESS EXCLUSIVE MODE")
        with beside(asks):
            until(lambda: waits_for(swap, looks))
            show(swap, book[1], PROJECTIONS)
            swap.commit()
    assert refused
    assert analyst.execute(VISITS, PERIOD).fetchall()


def test_that_a_views_tables_are_the_right_ones_is_asked_once_and_not_of_each_row(analyst: Analyst) -> None:
    for view in VIEWS:
        plan = analyst.execute(sql.SQL("EXPLAIN SELECT * FROM {}").format(sql.Identifier(view))).fetchall()
        asked = [line for row in plan for line in row.values() if "is_whole()" in line]
        assert [line.partition(":")[0].strip() for line in asked] == ["One-Time Filter"]
