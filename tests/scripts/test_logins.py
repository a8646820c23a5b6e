"""Who serves need not be who migrates: a login that may not become the owner of anything finds all made, or is told."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.settings import PROJECT, Settings
from domain.ledger.connections import as_role, may_work_as
from domain.ledger.errors import RegisterNotMigrated
from domain.ledger.migrate import create_register, create_roles, registers, schema_of
from domain.ledger.secrecy.keyring import (
    KEYRING_DATABASE,
    KeyringNotMigrated,
    create_keyring,
    create_keyring_roles,
    keyring_dsn,
    require_keyring,
)
from domain.ledger.secrecy.wrapping import REGISTER_KEY, RegisterKeyFault
from projections.install import NotOfThisRelease, install
from projections.rebuild import rebuild
from scripts.commandline.serve import make_ready
from scripts.postgres import running
from tests.conftest import QUICK
from tests.domain.desk import Desk, meeting
from tests.scripts.conftest import RunCommand

GRANTED = dict(re.findall(r"GRANT (jaksokirja_.*) TO (\w+);", (PROJECT / "docs" / "running.md").read_text()))
"""Which roles the documentation has granted, and to which login."""
(SERVES,) = (re.findall(r"jaksokirja_(\w+)", roles) for roles, name in GRANTED.items() if name == "jk_serve")
(MIGRATES,) = (re.findall(r"jaksokirja_(\w+)", roles) for roles, name in GRANTED.items() if name == "jk_migrate")
ROLES = "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, 'jaksokirja_')"
_numbers = count(1)


@pytest.fixture
def login(postgres: str) -> Iterator[Callable[..., str]]:
    """Makes a login that is a member of those roles and of no others; its DSN."""
    made = list[sql.Identifier]()

    def of(*roles: str) -> str:
        name = f"login_{os.getpid()}_{next(_numbers)}"
        made.append(sql.Identifier(name))
        with psycopg.connect(postgres) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(made[-1]))
            for role in roles:
                granted = sql.Identifier(f"jaksokirja_{role}")
                connection.execute(sql.SQL("GRANT {} TO {}").format(granted, made[-1]))
        return make_conninfo(postgres, user=name)

    yield of
    with psycopg.connect(postgres) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def only(register: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The register, installed; no other is served."""
    install(*register)
    monkeypatch.setattr("scripts.commandline.serve.registers", lambda _dsn: [register[1]])
    return register[1]


@pytest.fixture
def serves(login: Callable[..., str], only: str, tmp_path: Path) -> tuple[Settings, str]:
    """The settings and the DSN of a login that serves and may not migrate."""
    return Settings(data=tmp_path), login(*SERVES)


def test_a_login_that_may_not_migrate_serves_what_is_made(serves: tuple[Settings, str], only: str) -> None:
    make_ready(*serves)
    desk = Desk(serves[1], only)
    desk.open()
    desk.do(desk.started(), meeting(1, note="said in confidence"))
    make_ready(*serves)
    head, _ = desk.book.ledger.head()
    desk.book.close()
    with psycopg.connect(as_role(serves[1], "reader")) as connection:
        places = sql.SQL("SELECT min(position) FROM {}").format(
            sql.Identifier(schema_of(only), "projection_checkpoints")
        )
        assert connection.execute(places).fetchone() == (head,)


def test_nothing_is_served_by_another_register_key_than_the_one_that_sealed(
    serves: tuple[Settings, str], only: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(serves[1], only)
    desk.open()
    desk.do(desk.started(), meeting(1, note="said in confidence"))
    desk.book.close()
    make_ready(*serves)
    monkeypatch.setenv(REGISTER_KEY, base64.b64encode(b"another key that is no secret...").decode())
    with pytest.raises(RegisterKeyFault, match="wrapped by another register key"):
        make_ready(*serves)


def test_the_login_that_migrates_makes_and_rebuilds_registers(login: Callable[..., str], only: str) -> None:
    migrates = login(*MIGRATES)
    create_register(migrates, only)
    assert all(result.swapped for result in rebuild(migrates, only))


@pytest.mark.parametrize("command", ["migrate", "rebuild"])
def test_the_login_that_migrates_gives_the_commands_that_the_documentation_has_it_give(
    command: str, login: Callable[..., str], only: str, jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", login(*MIGRATES))
    done = jaksokirja(command, only) if command == "migrate" else jaksokirja(command, "-r", only)
    assert (done.exit_code, done.stderr) == (0, "")


def test_it_is_told_that_a_register_of_another_release_is_to_be_migrated(
    serves: tuple[Settings, str], register: tuple[str, str]
) -> None:
    schema = sql.Identifier(schema_of(register[1]))
    with psycopg.connect(register[0]) as connection:
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS NULL").format(schema))
    with pytest.raises(RegisterNotMigrated, match="`jaksokirja migrate`"):
        make_ready(*serves)
    create_register(*register)
    make_ready(*serves)


@pytest.mark.parametrize("other", ["fold_fingerprint", "questions_fingerprint"])
def test_it_is_told_which_projections_are_of_another_release(
    other: str, serves: tuple[Settings, str], register: tuple[str, str]
) -> None:
    table = sql.Identifier(schema_of(register[1]), "projection_checkpoints")
    change = sql.SQL("UPDATE {} SET {} = 'other' WHERE projection = 'episodes'").format(table, sql.Identifier(other))
    with psycopg.connect(register[0]) as connection:
        connection.execute(change)
    with pytest.raises(NotOfThisRelease, match=r"not make them: episodes\. A member of jaksokirja_migrator"):
        make_ready(*serves)


def test_it_is_told_that_projections_are_not_there_at_all(
    login: Callable[..., str], register: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.commandline.serve.registers", lambda _dsn: [register[1]])
    with pytest.raises(NotOfThisRelease, match="clients"):
        make_ready(Settings(data=tmp_path), login(*SERVES))


def test_it_is_told_that_the_keyring_is_to_be_migrated(serves: tuple[Settings, str], postgres: str) -> None:
    keyring = keyring_dsn(postgres)
    with psycopg.connect(keyring) as connection:
        connection.execute("COMMENT ON SCHEMA keyring IS 'other'")
    try:
        with pytest.raises(KeyringNotMigrated, match="`jaksokirja migrate`"):
            make_ready(*serves)
    finally:
        create_keyring(keyring)
    make_ready(*serves)


def test_a_login_that_may_only_read_is_shown_figures(
    jaksokirja: RunCommand, login: Callable[..., str], only: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", login("reader"))
    done = jaksokirja("caseload", "--by", "worker", "--register", only)
    assert done.exit_code == 0, done.output


def test_a_login_is_asked_for_its_own_roles_only(login: Callable[..., str], postgres: str) -> None:
    reads = login("reader")
    assert (may_work_as(reads, "reader"), may_work_as(reads, "migrator"), may_work_as(postgres, "migrator")) == (
        True, False, True,
    )  # fmt: skip


def test_roles_alone_are_made_for_a_backup_to_be_restored_into(
    jaksokirja: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "data", settings=QUICK) as dsn:
        monkeypatch.setenv("JAKSOKIRJA_DSN", dsn)
        monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path / "own"))
        done = jaksokirja("migrate", "--roles-only")
        assert done.exit_code == 0, done.output
        with psycopg.connect(make_conninfo(dsn, dbname=KEYRING_DATABASE)) as connection:
            assert connection.execute(ROLES).fetchone() == (10,)
            assert connection.execute("SELECT FROM pg_namespace WHERE nspname = 'keyring'").rowcount == 0
        assert registers(dsn) == []
        assert not (tmp_path / "own").exists()
        create_roles(dsn)
        create_keyring_roles(keyring_dsn(dsn))
        with pytest.raises(KeyringNotMigrated):
            require_keyring(keyring_dsn(dsn))
