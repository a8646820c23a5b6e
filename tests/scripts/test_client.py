"""`jaksokirja client`: found by an identity code that is asked for, and the index made anew."""

from __future__ import annotations

import datetime as dt
import json
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


def looked(register: str, command: str) -> tuple[int, object]:
    done = CliRunner().invoke(app, ["client", command, "--json", "--register", register])
    return done.exit_code, json.loads(done.stdout)


def missing(client_id: UUID) -> dict[str, str]:
    return {"client_id": str(client_id), "fault": "code_not_found"}


def test_a_client_is_found_also_by_an_index_that_was_made_anew(
    postgres: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", postgres)
    client_id: UUID = new_id()
    command = RegisterClient(identity_code=CODE)
    book.execute(Order(stream_id=client_id, command=command, command_id=new_id(), actor="O1"))
    assert asked(book.register_name, CODE) == (0, f"{client_id}\n")  # nothing but the id: what pipes a code reads it
    with psycopg.connect(postgres) as connection:
        index = sql.Identifier(schema_of(book.register_name), "client_index")
        connection.execute(sql.SQL("DELETE FROM {}").format(index))
    assert asked(book.register_name, CODE)[0] == 2
    assert looked(book.register_name, "check") == (1, {"clients": 1, "astray": [missing(client_id)]})
    assert looked(book.register_name, "reindex") == (0, {"clients": 1, "astray": []})
    assert looked(book.register_name, "check") == (0, {"clients": 1, "astray": []})
    assert asked(book.register_name, CODE)[0] == 0


def test_an_index_that_leads_to_another_client_is_told_and_not_followed(
    postgres: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", postgres)
    one, other = new_id(), new_id()
    for client_id, code in ((one, CODE), (other, identity_code(dt.date(2012, 3, 4)))):
        command = RegisterClient(identity_code=code)
        book.execute(Order(stream_id=client_id, command=command, command_id=new_id(), actor="O1"))
    with psycopg.connect(postgres) as connection:
        index = sql.Identifier(schema_of(book.register_name), "client_index")
        connection.execute(sql.SQL("DELETE FROM {} WHERE client_id = %s").format(index), (other,))
        connection.execute(sql.SQL("UPDATE {} SET client_id = %s").format(index), (other,))
    status, output = asked(book.register_name, CODE)
    assert (status, "client_index_astray" in output) == (1, True)
    assert str(other) not in output
    assert CODE not in output
    checked = CliRunner().invoke(app, ["client", "check", "--register", book.register_name])
    assert (checked.exit_code, CODE in checked.output) == (1, False)
    assert f"{other}: client_index_astray\n" in checked.output
    assert "2 clients have an identity code; the index is wrong about 2 of them." in checked.output
    mended = CliRunner().invoke(app, ["client", "reindex", "--register", book.register_name])
    assert (mended.exit_code, mended.output) == (
        0,
        "2 clients have an identity code; the index is wrong about 0 of them.\n",
    )
    assert asked(book.register_name, CODE) == (0, f"{one}\n")
