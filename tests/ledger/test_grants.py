"""Nobody that the software runs as can change or remove what is recorded."""

import os
from collections.abc import Callable
from typing import LiteralString, get_args

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from domain.ledger.connections import Role, as_role
from domain.ledger.errors import RegisterNameRefused
from domain.ledger.migrate import create_register, registers, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Submission

ROLES: tuple[Role, ...] = get_args(Role)

ATTEMPTS: dict[str, LiteralString] = {
    "insert an event": """
        INSERT INTO {s}.events
        SELECT position + 1, gen_random_uuid(), version, name, recorded_at, record FROM {s}.events
    """,
    "update an event": "UPDATE {s}.events SET name = 'other.1'",
    "delete an event": "DELETE FROM {s}.events",
    "truncate events": "TRUNCATE {s}.events",
    "insert a head": "INSERT INTO {s}.head VALUES ('other', 'other')",
    "update the head": "UPDATE {s}.head SET origin = 'other'",
    "delete the head": "DELETE FROM {s}.head",
    "truncate the head": "TRUNCATE {s}.head",
    "insert a command": "INSERT INTO {s}.commands VALUES (gen_random_uuid(), '', NULL, 0, now())",
    "update a command": "UPDATE {s}.commands SET digest = 'other'",
    "delete a command": "DELETE FROM {s}.commands",
    "truncate commands": "TRUNCATE {s}.commands",
    "truncate tracking": "TRUNCATE {s}.tracking",
    "update a checkpoint": "UPDATE {s}.checkpoints SET note = 'other'",
    "delete a checkpoint": "DELETE FROM {s}.checkpoints",
    "truncate checkpoints": "TRUNCATE {s}.checkpoints",
    "set back what sealers were told": "UPDATE {s}.head SET told_at = 'epoch'",
    "drop the events": "DROP TABLE {s}.events",
    "disable what guards": "ALTER TABLE {s}.events DISABLE TRIGGER ALL",
    "replace append": "DROP FUNCTION {s}.append",
    "replace append_one": "DROP FUNCTION {s}.append_one",
    "replace append_identity": "DROP FUNCTION {s}.append_identity",
    "lock writers out": "LOCK TABLE {s}.events IN EXCLUSIVE MODE",
    "hold the head": "SELECT FROM {s}.head FOR NO KEY UPDATE",
    "create a table": "CREATE TABLE {s}.other (other int)",
}
APPEND: LiteralString = "SELECT {s}.append('{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '', '{{}}')"
APPEND_ONE: LiteralString = "SELECT {s}.append_one(gen_random_uuid(), '', gen_random_uuid(), 0, 'noted.1', '')"
APPEND_IDENTITY: LiteralString = (
    "SELECT {s}.append_identity(gen_random_uuid(), NULL, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '', '{{}}')"
)


APPEND_OF_BEFORE: LiteralString = """
    CREATE FUNCTION append(
        command_ids uuid[], digests bytea[], counts integer[], stream_ids uuid[], versions integer[], names text[],
        states bytea[], follower text DEFAULT NULL, followed_to bigint DEFAULT NULL,
        OUT appended_after bigint, OUT appended_at timestamptz
    ) LANGUAGE sql BEGIN ATOMIC SELECT 0::bigint, now(); END
"""
ADD_CHECKPOINT: LiteralString = "INSERT INTO {s}.checkpoints VALUES (1, now(), 0, 'note')"
SEALING_POINT: LiteralString = "SELECT {s}.sealing_point()"


def _try(dsn: str, role: Role, register: str, statement: LiteralString) -> None:
    with psycopg.connect(as_role(dsn, role)) as connection:
        connection.execute(sql.SQL(statement).format(s=sql.Identifier(schema_of(register))))


@pytest.mark.parametrize("role", ROLES)
def test_no_runtime_role_can_write_but_through_append(
    role: Role, register: tuple[str, str], recorder: RegisterRecorder, a_submission: Callable[..., Submission]
) -> None:
    recorder.append(a_submission())
    permitted = []
    for attempt, statement in ATTEMPTS.items():
        try:
            _try(register[0], role, register[1], statement)
        except InsufficientPrivilege:
            continue
        permitted.append(attempt)
    assert permitted == []
    assert recorder.head()[0] == 1


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"appender", "migrator"}])
def test_only_the_appender_may_call_append(role: Role, register: tuple[str, str]) -> None:
    for way in (APPEND, APPEND_ONE, APPEND_IDENTITY):
        with pytest.raises(InsufficientPrivilege):
            _try(register[0], role, register[1], way)
        _try(register[0], "appender", register[1], way)


@pytest.mark.parametrize("role", ["projector", "reader", "sealer"])
def test_those_who_read_can_read(
    role: Role, register: tuple[str, str], recorder: RegisterRecorder, a_submission: Callable[..., Submission]
) -> None:
    recorder.append(a_submission(2))
    reader = RegisterRecorder(*register, role=role)
    assert [record.position for record in reader.read_feed(0, 10)] == [1, 2]
    assert reader.position_at(recorder.read_feed(1, 1)[0].recorded_at) == 2
    reader.close()


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"sealer", "migrator"}])
def test_only_the_sealer_adds_checkpoints_and_looks_while_the_head_is_held(
    role: Role, register: tuple[str, str]
) -> None:
    for statement in (ADD_CHECKPOINT, SEALING_POINT):
        with pytest.raises(InsufficientPrivilege):
            _try(register[0], role, register[1], statement)
        _try(register[0], "sealer", register[1], statement)
        with psycopg.connect(register[0]) as connection:
            connection.execute(sql.SQL("DELETE FROM {s}.checkpoints").format(s=sql.Identifier(schema_of(register[1]))))


def test_an_analyst_sees_nothing_of_the_register_itself(register: tuple[str, str]) -> None:
    with pytest.raises(InsufficientPrivilege):
        _try(register[0], "analyst", register[1], "SELECT * FROM {s}.events")


def test_migrating_again_changes_nothing(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Callable[..., Submission]
) -> None:
    recorder.append(a_submission())
    create_register(*register, origin="another/origin")
    recorder.append(a_submission())
    assert [record.position for record in recorder.read_feed(0, 10)] == [1, 2]
    assert register[1] in registers(register[0])


def test_a_register_of_before_gets_the_new_append_in_the_old_ones_place(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Callable[..., Submission]
) -> None:
    schema = sql.Identifier(schema_of(register[1]))
    with psycopg.connect(register[0]) as connection:
        connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(schema))
        connection.execute("DROP FUNCTION append; SET LOCAL ROLE jaksokirja_owner")
        connection.execute(APPEND_OF_BEFORE)
    create_register(*register)
    recorder.append_many([a_submission(2), a_submission(1)])
    assert [record.position for record in recorder.read_feed(0, 10)] == [1, 2, 3]
    with psycopg.connect(register[0]) as connection:
        left = connection.execute(
            "SELECT count(*) FROM pg_proc WHERE proname = 'append' AND pronamespace = %s::regnamespace",
            (schema.as_string(),),
        )
        assert left.fetchall() == [(1,)]


def test_the_migrator_makes_a_register_without_being_a_superuser(postgres: str, register: tuple[str, str]) -> None:
    login, name = f"migrating-{os.getpid()}", f"migrated-{os.getpid()}"
    with psycopg.connect(postgres) as connection:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(login), sql.Literal(name))
        connection.execute(made)
        connection.execute(sql.SQL("GRANT jaksokirja_migrator TO {}").format(sql.Identifier(login)))
    dsn = make_conninfo(postgres, user=login, password=name)
    try:
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchall() == [
                (False,)
            ]
        create_register(dsn, name)
        create_register(dsn, name)
        assert name in registers(postgres)
    finally:
        with psycopg.connect(postgres) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema_of(name))))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


@pytest.mark.parametrize("name", ["", "a", "A-b", "1a", "a_b", 'a"; drop', "a" * 42, "ä-kunta", "kunta\n"])
def test_a_name_that_could_be_mistaken_is_no_registers_name(name: str, postgres: str) -> None:
    with pytest.raises(RegisterNameRefused):
        create_register(postgres, name)
