"""`jaksokirja client`: found by an identity code that is asked for, and the index made anew."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from domain.client.commands.register_client import RegisterClient
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from scripts.commandline.main import app
from tests.domain.people import identity_code

CODE = identity_code(dt.date(2011, 2, 3))


def asked(register: str, code: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["client", "find", "--register", register], input=f"{code}\n")
    return done.exit_code, done.output


def test_a_client_is_found_also_by_an_index_that_was_made_anew(
    postgres: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", postgres)
    client_id: UUID = new_id()
    command = RegisterClient(identity_code=CODE)
    book.execute(Order(stream_id=client_id, command=command, command_id=new_id(), actor="O1"))
    status, output = asked(book.register_name, CODE)
    assert (status, str(client_id) in output, CODE in output) == (0, True, False)
    with psycopg.connect(postgres) as connection:
        index = sql.Identifier(schema_of(book.register_name), "client_index")
        connection.execute(sql.SQL("DELETE FROM {}").format(index))
    assert asked(book.register_name, CODE)[0] == 2
    done = CliRunner().invoke(app, ["client", "reindex", "--register", book.register_name])
    assert "1 clients can be found" in done.output
    assert asked(book.register_name, CODE)[0] == 0
