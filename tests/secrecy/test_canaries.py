"""A canary in every sensitive field of every kind of fact is in no byte that the ledger keeps."""

from __future__ import annotations

import base64
import datetime as dt
import json
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.entry import Entry
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.ledger.mapper import draft_of
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.ledger.submission import Submission
from domain.registry import REGISTRY
from domain.subjects import Subject
from domain.withheld import Withheld
from projections.rebuild import start_up
from tests.domain.desk import NOW, Desk
from tests.domain.test_registry import sample_of

CANARY = "Canary-7f3a"
BORN_ON = dt.date(1987, 6, 5)
CHILD = UUID("0189ffff-7777-7777-8777-777777777777")
ENCODED = (base64.b64encode(CANARY.encode())[:-2].decode(), CANARY.encode().hex())
SECRETS = (CANARY, BORN_ON.isoformat(), str(CHILD), *ENCODED)
SENSITIVE = sorted(name for name, fact in REGISTRY.facts.items() if fact.sensitive)


def with_canaries(kind: type[Fact]) -> Fact:
    """A fact of the class whose sensitive fields say something that stands nowhere else."""
    fact = sample_of(kind)
    changes = {name: _canary(getattr(fact, name)) for name in kind.sensitive}
    if "content" in kind.model_fields and isinstance(getattr(fact, "content", None), Fact):
        changes["content"] = with_canaries(type(fact.content))  # type: ignore[attr-defined] # it has one: just asked
    return fact.model_copy(update=changes)


def _canary(value: Any) -> Any:
    match value:
        case bool():
            return value  # a yes or no is in the clear nowhere, but cannot be searched for
        case StrEnum():
            return value  # nor can one of a few codes, which other facts say too
        case dt.date():
            return BORN_ON
        case UUID():
            return CHILD
        case dict():
            return dict.fromkeys(value, CANARY)
        case tuple():
            return (CANARY,)
        case _:
            return CANARY


def everything_kept(desk: Desk) -> str:
    """Every row of every table of the register and of the keyring, as text; bytes as they are and in hex."""
    kept: list[str] = []
    schema = schema_of(desk.book.register_name)
    for dsn, name in ((desk.dsn, schema), (keyring_dsn(desk.dsn), "keyring")):
        with psycopg.connect(dsn) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (name,)).fetchall()
            assert tables
            for (table,) in tables:
                for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name, table))):
                    kept += [v.decode(errors="replace") + v.hex() if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(kept)


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """A register with one of every kind of fact that has a sensitive field, and its projections."""
    for name in SENSITIVE:
        stream_id = new_id()
        fact = with_canaries(REGISTRY.facts[name])
        entry = Entry(stream_id, 1, fact, NOW, actor="O1", correlation_id=new_id())
        seal = desk.book.safe.sealing({1: (Subject(new_id(), "child_welfare"), Subject(new_id(), "child_welfare"))})
        desk.book.ledger.append(Submission(new_id(), b"d" * 32, (draft_of(entry, seal),)))
    start_up(desk.dsn, desk.book.register_name)
    return desk


def test_no_canary_is_in_any_table(filled: Desk) -> None:
    kept = everything_kept(filled)
    assert "ciphertext" in kept  # what is searched is what was written
    assert [secret for secret in SECRETS if secret in kept] == []


def test_every_canary_is_read_again_by_who_has_the_keys(filled: Desk) -> None:
    entries = filled.book.safe.entries(filled.book.ledger.read_feed(filled.last_position() - len(SENSITIVE), 1000))
    assert [entry.fact.stored_name() for entry in entries] == SENSITIVE
    for entry in entries:
        assert json.loads(entry.fact.model_dump_json()) == json.loads(with_canaries(type(entry.fact)).model_dump_json())
        assert entry.fact.withheld == {}


@pytest.mark.parametrize("name", SENSITIVE)
def test_every_fact_is_read_without_keys_and_says_what_it_does_not_show(name: str) -> None:
    kind = REGISTRY.facts[name]
    fact = with_canaries(kind)
    plain, hidden = fact.split()
    unread = kind.join(plain, {}, dict.fromkeys(kind.hidden_names(hidden), Withheld.DESTROYED))
    assert unread.split()[0] == plain
    assert CANARY not in f"{unread!r} {unread.model_dump_json()}"
    assert {name for name in unread.withheld if "." not in name} <= kind.sensitive | {"reason"}
