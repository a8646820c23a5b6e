"""What stands around the rows once they are rebuilt: keys, indexes, rights and first statistics."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, LiteralString
from uuid import uuid4

import pytest
from psycopg import Connection

from projections.engine import run_once
from projections.install import register_connection
from projections.rebuild import rebuild
from tests.projections.conftest import Book
from tests.projections.history import History, whole_episode

AROUND: LiteralString = """
WITH tables AS (SELECT c.* FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r')
SELECT 'table', relname, concat(relacl, reloptions) FROM tables
UNION ALL SELECT 'column', concat(t.relname, ' ', a.attname), concat(a.attnotnull, a.attacl)
    FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid WHERE a.attnum > 0
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(o.oid)
    FROM pg_constraint o JOIN tables t ON t.oid = o.conrelid WHERE o.contype <> 'n'
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index i JOIN tables t ON t.oid = i.indrelid WHERE i.indisvalid
UNION ALL SELECT 'function', proname, concat(proacl, prosrc)
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""
WITHOUT_STATISTICS: LiteralString = """
SELECT DISTINCT a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0
    AND NOT EXISTS (SELECT FROM pg_statistic s WHERE s.starelid = c.oid AND s.staattnum = a.attnum)
"""


@pytest.fixture
def database(book: Book) -> Iterator[Connection[Any]]:
    with register_connection(*book, autocommit=True) as connection:
        yield connection


def around(connection: Connection[Any]) -> set[tuple[Any, ...]]:
    """What the catalogue says of the register's tables and functions, but for their rows."""
    """But for the releases that had the projections, which a rebuild notes down."""
    return {row for row in connection.execute(AROUND) if "projection_releases" not in row[1]}


def test_around_rebuilt_rows_stands_what_stood_around_them_before(
    book: Book, history: History, database: Connection[Any]
) -> None:
    before = around(database)
    assert {what for what, _, _ in before} == {"table", "column", "constraint", "index", "function"}
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    assert all(result.swapped for result in rebuild(*book))
    assert around(database) == before


def test_of_rebuilt_rows_there_are_statistics_of_all_columns_that_questions_go_by(
    book: Book, history: History, database: Connection[Any]
) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    told = [result.table for result in rebuild(*book) if result.rebuilt_rows]
    assert "trail" in told
    assert database.execute(WITHOUT_STATISTICS, (told,)).fetchall() == [("because",)]


def test_rows_and_indexes_beside_the_live_ones_wait_for_no_disk_and_the_swap_does(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = dict[str, object]()

    def told(module: str, name: str) -> None:
        works = getattr(import_module(module), name)

        def tells(connection: Connection[Any], *told: object, **named: object) -> object:
            waits[name] = connection.execute("SHOW synchronous_commit").fetchone()
            return works(connection, *told, **named)

        monkeypatch.setattr(f"{module}.{name}", tells)

    told("projections.store", "insert_rows")
    told("projections.indexing", "add_primary_keys")
    told("projections.rebuild", "swap_tables")
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    waits.clear()
    assert all(result.swapped for result in rebuild(*book, processes=1))
    assert waits == {"insert_rows": ("off",), "add_primary_keys": ("off",), "swap_tables": ("on",)}
