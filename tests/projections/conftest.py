"""A register with its projections installed, a history to write into it, and ways to look at rows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import Connection, sql
from psycopg.rows import dict_row

from domain.ledger.connections import as_role
from domain.ledger.recorder import RegisterRecorder
from projections.engine import run_once
from projections.install import install, register_connection
from tests.projections.history import History

Book = tuple[str, str]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def book(register: Book) -> Book:
    """The DSN and name of an empty register with projections."""
    install(*register)
    return register


@pytest.fixture
def history(book: Book) -> Iterator[History]:
    recorder = RegisterRecorder(*book)
    yield History(recorder)
    recorder.close()


@pytest.fixture
def reader(book: Book) -> Iterator[Connection[dict[str, Any]]]:
    """A connection that may only read."""
    dsn, name = book
    connection = register_connection(as_role(dsn, "reader"), name, autocommit=True)
    connection.row_factory = dict_row
    yield connection
    connection.close()


@pytest.fixture
def rows(book: Book, reader: Connection[dict[str, Any]]) -> Rows:
    """Catches up, then gives the rows of a table: all, or only those standing."""

    def look(table: str, *, standing: bool = True) -> list[dict[str, Any]]:
        run_once(*book)
        only = sql.SQL(" WHERE known_to IS NULL" if standing else "")
        return reader.execute(
            sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)) + only + sql.SQL(" ORDER BY known_from")
        ).fetchall()

    return look
