"""Whatever somebody did to the index of identity codes beside the ledger is told by name, and mended from the log."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.register_client import RegisterClient
from domain.correction import MistakeKind
from domain.ledger.book import IDENTITY_TAGS
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.identities import IndexFault, examined, mended
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.refusal import IdentityRegistered
from tests.domain.desk import Desk
from tests.domain.people import identity_code
from tests.patience import until
from tests.secrecy.conftest import destroy, fence

BORN_ON = dt.date(2018, 1, 31)
CODES = [identity_code(BORN_ON, number=number) for number in range(900, 906)]
Told = tuple[int, set[tuple[UUID, IndexFault]]]


def quietly(done: int, total: int) -> None:
    assert done <= total


def checked(desk: Desk) -> Told:
    found, astray = examined(desk.book, quietly)
    assert len(set(astray)) == len(astray)
    return found, {(one.client_id, one.fault) for one in astray}


def after_mending(desk: Desk) -> Told:
    found, astray = mended(desk.book, quietly)
    return found, {(one.client_id, one.fault) for one in astray}


def client(desk: Desk, code: str) -> UUID:
    return desk.client(identity_code=code, born_on=None)


def correct(desk: Desk, client_id: UUID, code: str) -> None:
    told: dict[str, Any] = {"entry": 1, "mistake": MistakeKind.TYPING_ERROR, "reason": "r"}
    desk.do(client_id, CorrectEntry(changes={"identity_code": code}, **told))


def in_index(desk: Desk, statement: LiteralString, *arguments: object) -> None:
    with psycopg.connect(desk.dsn) as connection:
        index = sql.Identifier(schema_of(desk.book.register_name), "client_index")
        changed = connection.execute(sql.SQL(statement).format(index), arguments).rowcount
    assert changed, "nothing was changed"


def test_of_an_index_that_the_ledger_wrote_nothing_is_told(desk: Desk) -> None:
    desk.client()
    client(desk, CODES[0])
    correct(desk, client(desk, CODES[1]), CODES[2])
    struck, fenced, destroyed = client(desk, CODES[3]), client(desk, CODES[4]), client(desk, CODES[5])
    desk.do(struck, StrikeOutEntry(entry=1, mistake=MistakeKind.WRONG_CLIENT, reason="r"))
    fence(desk.dsn, desk.book.register_name, fenced)
    destroy(desk.dsn, desk.book.register_name, destroyed)
    desk.book.clients.purge(destroyed)
    desk.book.safe.keyring.forget()
    assert checked(desk) == (2, set())
    assert after_mending(desk) == (2, set())
    assert desk.book.clients.find(CODES[4]) == fenced  # nobody here can say what it should be: it stays


def test_a_tag_that_was_taken_away_is_told_and_put_back(desk: Desk) -> None:
    one, other = client(desk, CODES[0]), client(desk, CODES[1])
    in_index(desk, "DELETE FROM {} WHERE client_id = %s", one)
    assert checked(desk) == (2, {(one, IndexFault.MISSING)})
    assert after_mending(desk) == (2, set())
    assert [desk.book.clients.find(code) for code in CODES[:2]] == [one, other]


def test_tags_that_lead_to_each_others_clients_are_told_and_mended(desk: Desk) -> None:
    one, other = client(desk, CODES[0]), client(desk, CODES[1])
    in_index(desk, "UPDATE {} SET client_id = CASE client_id WHEN %s THEN %s::uuid ELSE %s END", one, other, one)
    faults = {(who, fault) for who in (one, other) for fault in (IndexFault.MISSING, IndexFault.ASTRAY)}
    assert checked(desk) == (2, faults)
    assert after_mending(desk) == (2, set())
    assert [desk.book.clients.find(code) for code in CODES[:2]] == [one, other]


def test_a_tag_too_many_and_one_of_nobody_are_told_and_taken_away(desk: Desk) -> None:
    one, nobody = client(desk, CODES[0]), new_id()
    for who, code in ((one, CODES[1]), (nobody, CODES[2])):
        in_index(desk, "INSERT INTO {} VALUES (%s, %s)", desk.book.clients.tag_of(who, code).tag, who)
    assert isinstance(desk.refused(new_id(), RegisterClient(identity_code=CODES[1])), IdentityRegistered)
    assert checked(desk) == (1, {(one, IndexFault.ASTRAY), (nobody, IndexFault.ASTRAY)})
    assert after_mending(desk) == (1, set())
    for code in CODES[1:3]:
        client(desk, code)
    assert desk.book.clients.find(CODES[0]) == one


def test_a_tag_of_a_client_whose_code_was_destroyed_is_told_and_taken_away(desk: Desk) -> None:
    one = client(desk, CODES[0])
    destroy(desk.dsn, desk.book.register_name, one)
    desk.book.safe.keyring.forget()
    assert checked(desk) == (0, {(one, IndexFault.ASTRAY)})
    assert after_mending(desk) == (0, set())
    assert desk.book.clients.find(CODES[0]) is None


def test_two_clients_with_one_code_are_told_and_left_to_people(desk: Desk) -> None:
    one = client(desk, CODES[0])
    in_index(desk, "DELETE FROM {} WHERE client_id = %s", one)
    other = client(desk, CODES[0])
    assert checked(desk) == (2, {(one, IndexFault.TWICE)})
    assert after_mending(desk) == (2, {(one, IndexFault.TWICE)})
    desk.do(other, StrikeOutEntry(entry=1, mistake=MistakeKind.WRONG_CLIENT, reason="r"))
    assert after_mending(desk) == (1, set())
    assert desk.book.clients.find(CODES[0]) == one


def test_an_index_under_a_key_that_was_lost_is_told_and_made_anew(desk: Desk) -> None:
    """As when the keyring is put back from before the register's first client: the tags' key is another one."""
    clients = {client(desk, code): code for code in CODES[:3]}
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        connection.execute(
            "DELETE FROM keyring.data_keys WHERE register = %s AND task = %s",
            (desk.book.register_name, IDENTITY_TAGS),
        )
    desk.book.safe.keyring.forget()
    faults = {(who, fault) for who in clients for fault in (IndexFault.MISSING, IndexFault.ASTRAY)}
    assert checked(desk) == (3, faults)
    assert after_mending(desk) == (3, set())
    assert {desk.book.clients.find(code): code for code in clients.values()} == clients


def test_what_is_told_while_it_is_looked_at_is_no_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, tags = client(desk, CODES[0]), desk.book.clients.tags

    def tags_then_more() -> dict[UUID, frozenset[bytes]]:
        seen = tags()
        correct(desk, one, CODES[1])
        client(desk, CODES[2])
        return seen

    monkeypatch.setattr(desk.book.clients, "tags", tags_then_more)
    assert checked(desk) == (2, set())


def test_a_client_whose_code_is_told_while_they_are_looked_at_again_is_looked_at_once_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(desk, CODES[0])
    tags_of, told = desk.book.clients.tags_of, [False]

    def told_first(client_id: UUID) -> frozenset[bytes]:
        if not told[0]:
            told[0] = True
            correct(desk, client_id, CODES[1])
        return tags_of(client_id)

    in_index(desk, "DELETE FROM {}")
    monkeypatch.setattr(desk.book.clients, "tags_of", told_first)
    assert checked(desk) == (1, set())  # telling the code has put its tag there


@pytest.mark.parametrize("astray", ["DELETE FROM {}", "UPDATE {} SET tag = sha256(tag)"])
def test_a_code_that_is_told_while_it_is_mended_is_the_one_that_is_found(
    astray: LiteralString, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, put_right, told = client(desk, CODES[0]), desk.book.clients.put_right, [False]

    def told_first(client_id: UUID, tag: bytes | None, version: int) -> bool:
        if not told[0]:
            told[0] = True
            correct(desk, client_id, CODES[1])
        return put_right(client_id, tag, version)

    in_index(desk, astray)
    monkeypatch.setattr(desk.book.clients, "put_right", told_first)
    assert after_mending(desk) == (1, set())
    assert [desk.book.clients.find(code) for code in CODES[:2]] == [None, one]


def test_what_was_decided_on_a_client_as_they_stood_before_is_not_put_into_the_index(desk: Desk) -> None:
    one = client(desk, CODES[0])
    right, late = (desk.book.clients.tag_of(one, code).tag for code in CODES[:2])
    for version in (0, 2):
        assert not desk.book.clients.put_right(one, late, version)
        assert not desk.book.clients.put_right(one, None, version)
    assert desk.book.clients.tags() == {one: frozenset({right})}
    assert desk.book.clients.put_right(one, None, 1)
    assert desk.book.clients.tags() == {}


def test_a_code_that_is_being_recorded_while_its_client_is_mended_leaves_no_tag_too_many(desk: Desk) -> None:
    one = client(desk, CODES[0])
    right, late = (desk.book.clients.tag_of(one, code).tag for code in CODES[:2])
    in_index(desk, "DELETE FROM {}")
    schema = schema_of(desk.book.register_name)
    held_up = "SELECT FROM pg_locks WHERE relation = %s::regclass AND mode = %s AND granted = %s"

    def is_there(connection: psycopg.Connection, mode: str, *, granted: bool) -> bool:
        return connection.execute(held_up, (f'"{schema}".client_index', mode, granted)).rowcount == 1

    with (
        psycopg.connect(desk.dsn) as holder,
        psycopg.connect(desk.dsn, autocommit=True) as watch,
        ThreadPoolExecutor() as threads,
    ):
        holder.execute(sql.SQL("SELECT FROM {} FOR UPDATE").format(sql.Identifier(schema, "head")))
        told = threads.submit(correct, desk, one, CODES[1])
        until(lambda: is_there(watch, "RowExclusiveLock", granted=True))  # it has given up the old tag, and waits
        mended_too = threads.submit(desk.book.clients.put_right, one, right, 1)
        until(lambda: mended_too.done() or is_there(watch, "ShareRowExclusiveLock", granted=False))
        holder.rollback()
        told.result()
        assert not mended_too.result(), "what was seen of the client is old by now"
    assert desk.book.clients.tags() == {one: frozenset({late})}
