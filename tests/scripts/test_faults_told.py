"""What was changed in the database, or is of an earlier release, is one clear line on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.health import health
from api.registers import Registers
from api.settings import BadSetting, Settings
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.destruction_keys import CondemnedKeys
from domain.ledger.secrecy.keyring import KeyFenced, KeyringNotMigrated, create_keyring
from scripts.commandline.faults import told
from scripts.postgres import ServerFailed, running
from tests.domain.desk import Desk, meeting
from tests.scripts.conftest import RunCommand

BEFORE_RESTRICTIONS = (
    "ALTER TABLE keyring.data_keys DROP CONSTRAINT data_keys_known_state, DROP CONSTRAINT data_keys_parted",
    "DROP INDEX keyring.data_keys_sealing",
    "ALTER TABLE keyring.data_keys DROP COLUMN retired_at, DROP COLUMN parted_at, DROP COLUMN former,"
    " DROP COLUMN parts, DROP COLUMN kept_count, DROP COLUMN searched_to",
    "DROP TABLE keyring.restrictions, keyring.restricted_parts, keyring.destructions",
)


@pytest.fixture
def desk(register: tuple[str, str]) -> Iterator[Desk]:
    desk = Desk(*register)
    desk.open()
    yield desk
    desk.book.close()


@pytest.fixture
def episode(desk: Desk) -> UUID:
    """An episode with a note in it."""
    episode_id = desk.started()
    desk.do(episode_id, meeting(1, note="said in confidence"))
    return episode_id


@pytest.fixture
def older_keyring(postgres: str) -> Iterator[str]:
    """The DSN of a keyring as it was before entries could be restricted."""
    name = f"older_{new_id().hex}"
    dsn = make_conninfo(postgres, dbname=name)
    create_keyring(dsn)
    with psycopg.connect(dsn) as connection:
        for statement in BEFORE_RESTRICTIONS:
            connection.execute(statement.encode())
    yield dsn
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_keyring_of_an_earlier_release_is_told_with_what_brings_it_up_to_date(
    jaksokirja: RunCommand, desk: Desk, episode: UUID, older_keyring: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_KEYRING_DSN", older_keyring)
    asked = ("history", str(episode), "-r", desk.book.register_name)
    done = jaksokirja(*asked)
    assert (done.exit_code, "[keyring_not_migrated]" in done.output) == (1, True), done.output
    assert "jaksokirja migrate" in done.output
    with closing(CondemnedKeys(older_keyring, desk.book.register_name)) as keys, pytest.raises(KeyringNotMigrated):
        keys.standing(new_id())
    create_keyring(older_keyring)
    assert jaksokirja(*asked).exit_code == 0


def test_a_register_of_another_release_is_told_with_what_brings_it_up_to_date(
    jaksokirja: RunCommand, desk: Desk, episode: UUID
) -> None:
    events = sql.Identifier(schema_of(desk.book.register_name), "events")
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(sql.SQL("ALTER TABLE {} RENAME version TO version_of_old").format(events))
    done = jaksokirja("history", str(episode), "-r", desk.book.register_name)
    assert (done.exit_code, "[register_not_migrated]" in done.output) == (1, True), done.output
    assert "jaksokirja migrate" in done.output


def test_a_sealed_part_that_somebody_changed_is_one_clear_line(
    jaksokirja: RunCommand, desk: Desk, episode: UUID
) -> None:
    events = sql.Identifier(schema_of(desk.book.register_name), "events")
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(
            sql.SQL(
                "UPDATE {} SET record = overlay(record PLACING 'AAAA'::bytea FROM position(%s IN record) + 14)"
                " WHERE stream_id = %s AND position(%s IN record) > 0"
            ).format(events),
            (b'"ciphertext":"', episode, b'"ciphertext":"'),
        )
    done = jaksokirja("history", str(episode), "-r", desk.book.register_name)
    assert (done.exit_code, "[segment_refused]" in done.output) == (1, True), done.output
    assert "Traceback" not in done.output


def test_a_key_that_is_being_destroyed_has_a_code_of_its_own() -> None:
    fault = told(KeyFenced("a key"))
    assert fault is not None
    assert (fault.code, fault.exit_status) == ("key_fenced", 1)


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        *(("DNS", "DSN"), ("DSM", "DSN"), ("dsn", "DSN"), ("DAT", "DATA"), ("DATS", "DATA"), ("PROT", "PORT")),
        *(
            ("SEALERS", "SEALER"),
            ("SEALRE", "SEALER"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("PATIENSE_SECONDS", "PATIENCE_SECONDS"),
        ),
        *(("REGISTER_KEYFILE", "REGISTER_KEY_FILE"), ("REGISTER_FILE_KEY", "REGISTER_KEY_FILE")),
        *(("REGISTERKEY", "REGISTER_KEY"), ("REGISTER_KYE", "REGISTER_KEY"), ("REGISTER_KEYS", "REGISTER_KEY")),
    ],
)
def test_a_setting_that_is_mistyped_is_refused_with_the_one_that_may_be_meant(mistyped: str, meant: str) -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.from_environment({f"JAKSOKIRJA_{mistyped}": "postgresql://u:secret@h/x"})
    assert str(caught.value).startswith(f"JAKSOKIRJA_{mistyped}: there is no such setting. Is JAKSOKIRJA_{meant} meant")
    assert "secret" not in str(caught.value)
    assert Settings.from_environment({f"JAKSOKIRJA_{mistyped}": ""}) == Settings(), "empty is as if it were not there"


@pytest.mark.parametrize(
    "name",
    [
        *("REGISTER_KEY", "PYTHON", "TEST_DSN", "LEGACY_DATA", "VECTORS", "SERVICE_HOST", "VERSION"),
        *("EXPORT", "IMPORT", "REPORT", "POST", "PORTAL", "COST", "METADATA", "DATE", "KEYSTORE", "LOG_FILE", "SEALED"),
        *("KEYRING_PASSWORD", "REGISTER_KEY_OLD", "REGISTER_KEY_BACKUP", ""),
    ],
)
def test_variables_that_are_read_elsewhere_or_are_no_slip_of_a_setting_are_left_alone(name: str) -> None:
    assert Settings.from_environment({f"JAKSOKIRJA_{name}": "x"}) == Settings()


def test_a_setting_that_is_no_number_is_told_in_words() -> None:
    with pytest.raises(BadSetting, match=r"^JAKSOKIRJA_PORT: should be a whole number$"):
        Settings.from_environment({"JAKSOKIRJA_PORT": "80a"})


@pytest.mark.parametrize("setting", ["JAKSOKIRJA_DSN", "JAKSOKIRJA_KEYRING_DSN"])
@pytest.mark.parametrize("dsn", ["postgresql://u:se%zzcret@h/x", "host=h password=se cret", "secret"])
def test_a_connection_string_that_cannot_be_read_is_told_without_what_it_says(setting: str, dsn: str) -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.from_environment({setting: dsn})
    fault = told(caught.value)
    assert fault is not None
    assert fault.code == "bad_setting"
    assert fault.message.startswith(f"{setting}: is no connection string")
    assert "cret" not in fault.message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"user": "nobody_of_that_name"}, 'role "nobody_of_that_name" does not exist'),
        ({"dbname": "no_such_place"}, 'database "no_such_place" does not exist'),
        ({"host": "127.0.0.1", "port": 1}, "port 1 failed: Connection refused"),
        ({"options": "-c role=jaksokirja_unknown"}, 'role "jaksokirja_unknown" does not exist'),
    ],
)
def test_why_a_database_is_away_is_told_as_it_said_it(
    changed: dict[str, str], said: str, postgres: str, jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", make_conninfo(postgres, **changed, password="se-cret"))
    done = jaksokirja("registers")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert f"{said} [database_away]" in done.stderr
    assert "cret" not in done.output


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:pa@secret@host.invalid/x",
        "postgresql://u:pa/secret@host.invalid/x",
        "postgresql://u:pa?secret@host.invalid/x",
        "postgresql://u:secret/word@127.0.0.1/x",
        "postgresql://secret@word@host.invalid/x",
        "host=secret.invalid dbname=x",
        "host=127.0.0.1 port=secret dbname=x",
        "host=127.0.0.1 port=1 password=secret",
        "host=127.0.0.1 port=1 sslmode=require sslpassword=secret",
    ],
)
def test_a_password_out_of_its_place_is_not_told(
    dsn: str, jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", dsn)
    done = jaksokirja("registers")
    assert done.exit_code in {1, 2}
    assert "[database_away]" in done.stderr or "[bad_setting]" in done.stderr
    assert "secret" not in done.output


@pytest.fixture
def bounded(postgres: str) -> Iterator[str]:
    """The DSN of a login that has no role, and may have no connection until its limit is lifted."""
    name = f"bounded_{new_id().hex}"
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 0").format(sql.Identifier(name)))
    yield make_conninfo(postgres, user=name)
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_server_without_a_connection_left_is_not_told_as_one_that_is_away(
    bounded: str, jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", bounded)
    done = jaksokirja("registers")
    assert (done.exit_code, "[too_many_connections]" in done.stderr) == (1, True), done.output
    registers = Registers(bounded, patience_seconds=0.5)
    try:
        told, usable = health(registers)
    finally:
        registers.close()
    assert (told["database"], usable) == ("too_many_connections", False)


def test_what_a_login_may_not_do_is_one_line(
    bounded: str, postgres: str, desk: Desk, jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = sql.Identifier(str(conninfo_to_dict(bounded)["user"]))
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT -1").format(login))
    monkeypatch.setenv("JAKSOKIRJA_DSN", bounded)
    for words in (("migrate", desk.book.register_name), ("caseload", "--by", "worker", "-r", desk.book.register_name)):
        done = jaksokirja(*words)
        assert done.exit_code == 1, done.output
        assert done.stderr.endswith("[login_not_allowed]\n")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("free_mib", "said"), [(11, "is full: 11 MiB are free, 32 are needed"), (900, "server.log")])
def test_where_our_own_server_is_away_a_full_disk_is_told_or_else_its_log(
    free_mib: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAKSOKIRJA_DSN", raising=False)
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path))
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "server.log").touch()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free_mib << 20))
    fault = told(LedgerUnavailable("gone"))
    assert fault is not None
    assert (fault.code, said in fault.message) == ("database_away", True)


def test_a_server_that_cannot_recover_on_a_full_disk_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "postmaster.pid").write_text("1\n")
    monkeypatch.setattr("scripts.postgres._Server.is_there", lambda _: True)
    monkeypatch.setattr("scripts.postgres._Server._process_id", lambda _: 1)
    monkeypatch.setattr("scripts.postgres._Server.stop", lambda _: None)
    monkeypatch.setattr("scripts.postgres.FULL_DISK_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=11 << 20))
    with pytest.raises(ServerFailed, match="is full: 11 MiB are free"), running(tmp_path):
        pass
