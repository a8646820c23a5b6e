"""A register with its projections installed, a history to write into it, and ways to look at rows."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from domain.ledger.connections import as_role
from domain.ledger.migrate import create_register
from domain.ledger.recorder import RegisterRecorder
from projections.engine import run_once
from projections.install import install, register_connection
from tests.projections.history import History

Book = tuple[str, str]
REGISTER = "projected"
Rows = Callable[..., list[dict[str, Any]]]


_numbers = count(1)


@pytest.fixture(scope="session")
def installed(postgres: str) -> Iterator[str]:
    """The name of a database that holds nothing but an empty register with projections, to be copied."""
    name = f"installed_{os.getpid()}"
    database = sql.Identifier(name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        dsn = make_conninfo(postgres, dbname=name)
        create_register(dsn, REGISTER)
        install(dsn, REGISTER)
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))  # nor autovacuum's
    yield name
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(database))


@pytest.fixture
def book(postgres: str, installed: str) -> Iterator[Book]:
    """The DSN and name of an empty register with projections: in a database that is copied, not made anew."""
    name = f"{installed}_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        copied = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")  # else all of it goes through the log
        # but for who may do what with the database itself
        connection.execute(copied.format(sql.Identifier(name), sql.Identifier(installed)))
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO jaksokirja_owner").format(sql.Identifier(name)))
        yield make_conninfo(postgres, dbname=name), REGISTER
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
