"""The keyring: a key a holder and task, made once, lent for a while, wrapped, and shown to nobody."""

from __future__ import annotations

import base64
import itertools
import os
import re
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from domain.ledger.identity import new_id
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.secrecy import keyring as module
from domain.ledger.secrecy.keyring import LEASE_SECONDS, KeyFenced, Keyring, create_keyring, keyring_dsn
from domain.ledger.secrecy.opening import KeyringPlace, OlderData, require_sealed
from domain.ledger.secrecy.sealing import DataKey
from domain.ledger.secrecy.wrapping import (
    REGISTER_KEY,
    RegisterKey,
    RegisterKeyFault,
    make_register_key,
    register_secret,
)
from domain.ledger.submission import Draft, Submission
from domain.subjects import Subject
from domain.withheld import Withheld
from tests.secrecy.conftest import destroy, fence

SECRET = b"another register key, no secret!"


class Clock:
    """Seconds that pass when a test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def name() -> str:
    return f"keys-{new_id()}"


@pytest.fixture
def keyring(postgres: str, name: str, clock: Clock) -> Iterator[Keyring]:
    keyring = opened(postgres, name, clock)
    yield keyring
    keyring.close()


def opened(dsn: str, name: str, clock: Clock | None = None, secret: bytes = SECRET) -> Keyring:
    return Keyring(keyring_dsn(dsn), name, RegisterKey(secret, name), clock=clock or Clock())


def test_the_same_holder_and_task_has_the_same_key_in_every_process(keyring: Keyring, postgres: str, name: str) -> None:
    one, other = Subject(new_id(), "child_welfare"), Subject(new_id(), "child_welfare")
    keys = keyring.provide([one, other])
    assert keys[one].secret != keys[other].secret
    again = opened(postgres, name)
    assert again.provide([one])[one].secret == keys[one].secret
    assert again.keys([keys[other].key_id])[keys[other].key_id] != keys[one]
    again.close()


def test_another_task_of_the_same_client_has_another_key(keyring: Keyring) -> None:
    client_id = new_id()
    keys = keyring.provide([Subject(client_id, "child_welfare"), Subject(client_id, "family_centre")])
    assert len({key.secret for key in keys.values()}) == 2


def test_those_who_ask_at_the_same_time_get_one_key(postgres: str, name: str) -> None:
    subjects = [Subject(new_id(), "child_welfare") for _ in range(20)]
    keyrings = [opened(postgres, name) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: one.provide(subjects), keyrings))
    for subject in subjects:
        assert len({keys[subject].secret for keys in found}) == 1
    for one in keyrings:
        one.close()


def test_who_finds_a_key_made_meanwhile_takes_that_one_and_makes_the_others(
    keyring: Keyring, postgres: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Subject(new_id(), "child_welfare"), Subject(new_id(), "child_welfare")
    quicker, make = opened(postgres, name), keyring._make

    def made_too_late(subjects: Sequence[Subject]) -> dict[Subject, DataKey]:
        quicker.provide([one])
        return make(subjects)

    monkeypatch.setattr(keyring, "_make", made_too_late)
    keys = keyring.provide([one, other])
    assert keys == quicker.provide([one, other])
    assert keys == keyring.provide([one, other])
    quicker.close()


def test_keys_for_many_are_made_in_as_many_round_trips_as_for_one(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[int] = []
    rows = Keyring._rows

    def counted(*arguments: Any) -> Any:
        trips.append(1)
        return rows(*arguments)

    monkeypatch.setattr(Keyring, "_rows", counted)
    for count in (1, 500):
        trips.clear()
        keyring.provide([Subject(new_id(), "child_welfare") for _ in range(count)])
        assert len(trips) == 2


def test_asking_for_a_key_costs_the_same_among_many_though_its_plan_was_made_among_few(postgres: str) -> None:
    dsn = make_conninfo(postgres, dbname=f"keyring_{new_id().hex}")
    create_keyring(dsn)
    keyring = Keyring(dsn, "register", RegisterKey(SECRET, "register"))
    subject = Subject(new_id(), "child_welfare")
    (key,) = keyring.provide([subject]).values()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE keyring.data_keys")  # known to be small: reading all of it looks cheapest
    before = pages_asked_for(keyring, subject, key)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO keyring.data_keys (key_id, register, holder_id, task, wrapped)"
            " SELECT gen_random_uuid(), 'register', gen_random_uuid(), 'child_welfare', ''"
            " FROM generate_series(1, 5000)"
        )
    assert pages_asked_for(keyring, subject, key) <= before + 4  # an index of two more levels each
    keyring.close()


def test_what_is_asked_of_keys_is_planned_once_a_connection(keyring: Keyring) -> None:
    subject = Subject(new_id(), "child_welfare")
    for _ in range(8):
        (key,) = keyring.provide([subject]).values()
        keyring.forget()
        keyring.keys([key.key_id])
        keyring.forget()
    with keyring._connections.one(5) as connection:
        asked = "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
        plans = {statement: (kept, anew) for statement, kept, anew in connection.execute(asked)}
    for question in (module._STANDING, module._NAMED):
        kept, anew = plans[statement_of(question)]
        assert kept >= 8
        assert anew == 0


def pages_asked_for(keyring: Keyring, subject: Subject, key: DataKey) -> int:
    """How many pages PostgreSQL looks at for the key, by its holder and by its name, on the connection that asks."""
    for _ in range(8):  # so often it may plan anew before it keeps to a plan
        keyring.forget()
        assert keyring.standing([subject]) == {subject: key}
        keyring.forget()
        assert keyring.keys([key.key_id]) == {key.key_id: key}
    with keyring._connections.one(5) as connection:
        named = dict(connection.execute("SELECT statement, name FROM pg_prepared_statements").fetchall())
        by_holder = (named[statement_of(module._STANDING)], [subject.holder_id], [subject.task], "register")
        by_name = (named[statement_of(module._NAMED)], [key.key_id], "register")
        return sum(pages_of(connection, *one) for one in (by_holder, by_name))


def statement_of(question: str) -> str:
    """As the driver sends it."""
    places = itertools.count(1)
    return re.sub("%b", lambda _: f"${next(places)}", question)


def pages_of(connection: psycopg.Connection, name: str, *given: Any) -> int:
    asked = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {} ({})").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Literal, given))
    )
    (plan,) = connection.execute(asked).fetchone() or ()
    return int(plan[0]["Plan"]["Shared Hit Blocks"]) + int(plan[0]["Plan"]["Shared Read Blocks"])


def test_a_key_is_lent_until_the_lease_is_over_and_no_longer(
    keyring: Keyring, clock: Clock, postgres: str, name: str
) -> None:
    subject = Subject(new_id(), "child_welfare")
    key = keyring.provide([subject])[subject]
    fence(postgres, name, subject.holder_id)
    clock.seconds += LEASE_SECONDS - 1
    assert keyring.provide([subject])[subject] == key
    clock.seconds += 1
    with pytest.raises(KeyFenced):
        keyring.provide([subject])
    assert keyring.keys([key.key_id]) == {key.key_id: Withheld.FENCED}
    destroy(postgres, name, subject.holder_id)
    clock.seconds += LEASE_SECONDS
    assert keyring.keys([key.key_id]) == {key.key_id: Withheld.DESTROYED}


def test_while_a_key_is_fenced_no_other_is_made_and_after_its_end_a_new_one_is(
    keyring: Keyring, postgres: str, name: str
) -> None:
    subject = Subject(new_id(), "child_welfare")
    before = keyring.provide([subject])[subject]
    fence(postgres, name, subject.holder_id)
    keyring.forget()
    with pytest.raises(KeyFenced):
        keyring.provide([subject])
    destroy(postgres, name, subject.holder_id)
    keyring.forget()
    after = keyring.provide([subject])[subject]
    assert after.key_id != before.key_id


def test_a_key_that_the_keyring_does_not_hold_is_not_yours(keyring: Keyring) -> None:
    unknown = new_id()
    assert keyring.keys([unknown]) == {unknown: Withheld.NOT_YOURS}


def test_a_key_of_another_register_is_not_yours(keyring: Keyring, postgres: str) -> None:
    other = opened(postgres, f"keys-{new_id()}")
    subject = Subject(new_id(), "child_welfare")
    key = other.provide([subject])[subject]
    assert keyring.keys([key.key_id]) == {key.key_id: Withheld.NOT_YOURS}
    other.close()


def wrapped(dsn: str, key: DataKey) -> bytes:
    with psycopg.connect(keyring_dsn(dsn)) as connection:
        row = connection.execute("SELECT wrapped FROM keyring.data_keys WHERE key_id = %s", (key.key_id,)).fetchone()
    assert row is not None
    return bytes(row[0])


def put(dsn: str, key_id: UUID, wrapped_key: bytes) -> None:
    with psycopg.connect(keyring_dsn(dsn)) as connection:
        connection.execute("UPDATE keyring.data_keys SET wrapped = %s WHERE key_id = %s", (wrapped_key, key_id))


def test_a_wrapped_key_that_was_put_into_another_row_does_not_open(keyring: Keyring, postgres: str) -> None:
    one, other = Subject(new_id(), "child_welfare"), Subject(new_id(), "child_welfare")
    keys = keyring.provide([one, other])
    put(postgres, keys[one].key_id, wrapped(postgres, keys[other]))
    keyring.forget()
    with pytest.raises(RegisterKeyFault):
        keyring.provide([one])


def test_another_register_key_is_told_as_such(keyring: Keyring, postgres: str, name: str) -> None:
    subject = Subject(new_id(), "child_welfare")
    keyring.provide([subject])
    other = opened(postgres, name, secret=bytes(32))
    with pytest.raises(RegisterKeyFault, match="Use the register key that the keyring was made with"):
        other.provide([subject])
    other.close()


def test_a_key_stands_in_the_keyring_only_wrapped(keyring: Keyring, postgres: str) -> None:
    subject = Subject(new_id(), "child_welfare")
    key = keyring.provide([subject])[subject]
    stored = wrapped(postgres, key)
    assert key.secret not in stored
    assert SECRET not in stored
    assert repr(key.secret) not in repr((keyring, key, vars(key) if hasattr(key, "__dict__") else ()))


@pytest.mark.parametrize(
    "statement", ["DELETE FROM keyring.data_keys", "TRUNCATE keyring.data_keys", "DROP TABLE keyring.data_keys"]
)
def test_who_works_with_keys_cannot_remove_a_row(postgres: str, keyring: Keyring, statement: str) -> None:
    keyring.provide([Subject(new_id(), "child_welfare")])
    with (
        psycopg.connect(keyring_dsn(postgres), options="-c role=jaksokirja_keykeeper") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["migrator", "appender", "projector", "reader", "sealer", "analyst", "owner"])
def test_no_role_of_the_ledger_reads_the_keyring(register: tuple[str, str], role: str) -> None:
    with (
        psycopg.connect(keyring_dsn(register[0]), options=f"-c role=jaksokirja_{role}") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM keyring.data_keys")


def test_the_keyring_is_made_again_without_harm(postgres: str, keyring: Keyring) -> None:
    subject = Subject(new_id(), "child_welfare")
    key = keyring.provide([subject])[subject]
    create_keyring(keyring_dsn(postgres))
    keyring.forget()
    assert keyring.provide([subject])[subject] == key


def test_a_register_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "register.key"
    assert make_register_key(file)
    first = register_secret(file, {})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not make_register_key(file)
    assert register_secret(file, {}) == first
    assert os.listdir(file.parent) == ["register.key"]


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "register.key"
    make_register_key(file)
    assert register_secret(file, {REGISTER_KEY: base64.b64encode(SECRET).decode()}) == SECRET


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(31)).decode(), "ä" * 44])
def test_what_is_no_register_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "register.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(RegisterKeyFault) as caught:
        register_secret(file, {})
    assert str(file) in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_register_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "register.key"
    make_register_key(file)
    file.chmod(0o640)
    with pytest.raises(RegisterKeyFault, match="can be read by others"):
        register_secret(file, {})


def test_no_new_register_key_is_made_where_the_keyring_holds_keys(
    postgres: str, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.provide([Subject(new_id(), "child_welfare")])
    monkeypatch.delenv(REGISTER_KEY)
    place = KeyringPlace(keyring_dsn(postgres), tmp_path / "register.key")
    with pytest.raises(RegisterKeyFault, match="Put back the one that the keyring was made with"):
        place.make()
    assert not place.key_file.exists()


def test_a_register_that_was_filled_in_the_clear_is_refused_with_what_to_do(register: tuple[str, str]) -> None:
    recorder = RegisterRecorder(*register)
    require_sealed(*register)
    state = b'{"plain":{},"sensitive":{"note":"said"}}'
    recorder.append(Submission(new_id(), b"digest", (Draft(new_id(), 1, "meeting_held.1", state),)))
    recorder.close()
    with pytest.raises(OlderData, match="Set JAKSOKIRJA_DATA to a new folder"):
        require_sealed(*register)
