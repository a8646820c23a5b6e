"""Replays a register up to a position into a schema of its own: every projection as it was known then.

Must never hold: a fold of its own, a write into a register's schema. The replay's schema refers to nothing outside
itself; when it is done nobody may write into it, and readers read it with the same questions as a register's. Rows of
the live projections, which say since when and until when they were known, are compared with it: they must be the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import psycopg
from psycopg import Connection, sql

from domain.ledger.connections import as_role
from domain.ledger.migrate import SCHEMA_PREFIX
from projections import store
from projections.analysis import ANALYSIS_PREFIX
from projections.catalogue import PROJECTIONS
from projections.feed import head
from projections.install import (
    add_primary_keys,
    create_indexes,
    create_tables,
    drop_primary_keys,
    outdated,
    register_connection,
    replace_questions,
    schema_connection,
)
from projections.loading import Progress, load
from projections.queries import Reading
from projections.rows import Projection, Table

_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TAKEN = frozenset({"public", "information_schema"})
_WRITERS = ("projector", "appender", "sealer", "analyst")


class ReplayRefused(Exception):
    """The replay cannot be made, or the schema is none. `code` is stable; the message says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that was made: of which register, up to which position, recorded when (None: before the first)."""

    register: str
    schema: str
    position: int
    recorded_at: dt.datetime | None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class ReplayedTable:
    """A table of a replay, beside what the live one says of then. `equal` is None where that cannot be asked."""

    table: str
    rows: int
    live_rows: int | None
    equal: bool | None


def replay(
    dsn: str,
    register: str,
    into: str,
    upto: int,
    *,
    replace: bool = False,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Rebuild every projection as known at the position into the schema, which must not be there yet.

    `replace`: an earlier replay of that name is dropped first. The login must be a member of jaksokirja_migrator and
    jaksokirja_projector. Raises ReplayRefused; RebuildStopped when an event cannot be folded: then no schema is left.
    """
    recorded_at = _recorded_at(dsn, register, upto)
    made = Replay(register, checked_name(into), upto, recorded_at)
    if replace and _exists(dsn, into):
        drop_replay(dsn, into)
    _begin(dsn, made)
    try:
        load(dsn, register, PROJECTIONS, "", upto, into=into, processes=processes, progress=progress)
        with _owner(dsn, into) as connection:
            _finish(connection, made)
    except BaseException:
        drop_replay(dsn, into)
        raise
    return made


def drop_replay(dsn: str, schema: str) -> Replay:
    """Drop a replay, whole or half made; which one it was. Raises ReplayRefused for any other schema."""
    found = replay_in(dsn, schema)
    with _owner(dsn, schema) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    return found


def replay_in(dsn: str, schema: str) -> Replay:
    """The replay that the schema holds. Raises ReplayRefused when it is not there, or holds something else."""
    checked_name(schema)
    if not _exists(dsn, schema):
        raise ReplayRefused("unknown_schema", f"There is no schema {schema}.")
    with _owner(dsn, schema) as connection:
        owned = connection.execute(
            "SELECT FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'replayed'"
            " AND tableowner = 'jaksokirja_owner'",
            (schema,),
        ).fetchone()
        if owned is None:
            raise ReplayRefused("not_a_replay", f"{schema} holds no replay, and is left alone. Name another schema.")
        row = connection.execute("SELECT register, position, recorded_at, is_whole FROM replayed").fetchone()
    assert row is not None  # noqa: S101 -- written with the table, in one transaction; tells the type checker
    return Replay(row[0], schema, row[1], row[2], row[3])


@contextmanager
def replay_reading(dsn: str, schema: str) -> Iterator[Reading]:
    """The questions, asked of a replay instead of a register, as the reader role."""
    with schema_connection(as_role(dsn, "reader"), schema, autocommit=True) as connection:
        yield Reading(connection)


def compare(dsn: str, made: Replay) -> list[ReplayedTable]:
    """Each table of the replay, beside the live rows as they were known then."""
    with (
        register_connection(as_role(dsn, "reader"), made.register) as live,
        schema_connection(as_role(dsn, "reader"), made.schema) as replayed,
    ):
        return [
            _compared(live, replayed, table, made.position, there=there)
            for projection, there in _live(live, made.position)
            for table in projection.tables
        ]


def checked_name(schema: str) -> str:
    """The name, when a replay may have it. Raises ReplayRefused."""
    kept = schema.startswith((SCHEMA_PREFIX, ANALYSIS_PREFIX, "pg_")) or schema in _TAKEN
    if kept or _SCHEMA.fullmatch(schema) is None:
        message = (
            f"A replay's schema is named by lower-case letters, digits and _, at most 63, and neither {SCHEMA_PREFIX}…,"
            f" {ANALYSIS_PREFIX}…, pg_… nor public: such as then_2022."
        )
        raise ReplayRefused("bad_schema_name", message)
    return schema


def _begin(dsn: str, made: Replay) -> None:
    """Make the schema with its tables, empty, in which a projector may write. Raises ReplayRefused when it is there."""
    schema = sql.Identifier(made.schema)
    with _owner(dsn, made.schema) as connection:
        try:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        except psycopg.errors.DuplicateSchema:
            message = f"There is a schema {made.schema} already; --replace makes a replay anew, --drop drops it."
            raise ReplayRefused("schema_exists", message) from None
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO jaksokirja_projector").format(schema))
        for projection in PROJECTIONS:
            create_tables(connection, projection)
            drop_primary_keys(connection, projection, "")
        connection.execute((resources.files("projections") / "checkpoints.sql").read_bytes())
        connection.execute((resources.files("projections") / "replayed.sql").read_bytes())
        connection.execute(
            "INSERT INTO replayed (register, position, recorded_at, replayed_at, is_whole)"
            " VALUES (%s, %s, %s, %s, false)",
            (made.register, made.position, made.recorded_at, dt.datetime.now(dt.UTC)),
        )


def _finish(connection: Connection[Any], made: Replay) -> None:
    """Make keys, indexes and questions; from here on readers read it, and nobody writes."""
    for projection in PROJECTIONS:
        add_primary_keys(connection, projection, "")
        create_indexes(connection, projection)
        connection.execute(
            "INSERT INTO projection_checkpoints (projection, position, fold_fingerprint, questions_fingerprint, status,"
            " updated_at) VALUES (%s, %s, %s, '', %s, %s)",
            (projection.name, made.position, projection.fingerprint, store.RUNNING, dt.datetime.now(dt.UTC)),
        )
        replace_questions(connection, projection)
    connection.execute((resources.files("domain.ledger") / "schema" / "position_at.sql").read_bytes())
    connection.execute("UPDATE replayed SET is_whole = true")
    _grant_reading_alone(connection, sql.Identifier(made.schema))
    for projection in PROJECTIONS:
        for table in projection.tables:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))


def _grant_reading_alone(connection: Connection[Any], schema: sql.Identifier) -> None:
    roles = sql.SQL(", ").join(sql.Identifier(f"jaksokirja_{role}") for role in _WRITERS)
    for statement in (
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {roles}",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC, {roles}",
        "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {roles}",
        "GRANT USAGE ON SCHEMA {schema} TO jaksokirja_reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO jaksokirja_reader",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO jaksokirja_reader",
    ):
        connection.execute(sql.SQL(statement).format(schema=schema, roles=roles))


def _live(connection: Connection[Any], position: int) -> list[tuple[Projection, bool]]:
    """The projections, and whether the live rows of each can tell what was known at the position."""
    known = store.checkpoints(connection)
    return [
        (projection, (at := known.get(projection.name)) is not None
         and at.position >= position and not outdated(projection, at))
        for projection in PROJECTIONS
    ]  # fmt: skip


def _compared(
    live: Connection[Any], replayed: Connection[Any], table: Table, position: int, *, there: bool
) -> ReplayedTable:
    rows, fingerprint = _fingerprint(replayed, table, position)
    if not there:
        return ReplayedTable(table.name, rows, None, None)
    live_rows, live_fingerprint = _fingerprint(live, table, position)
    return ReplayedTable(table.name, rows, live_rows, (rows, fingerprint) == (live_rows, live_fingerprint))


def _fingerprint(connection: Connection[Any], table: Table, position: int) -> tuple[int, str]:
    """How many rows had been put there by the position, and a hash over them as they stood then, in any order."""
    names: Sequence[str] = (table.stream, *table.key, "known_from", "because", *table.columns)
    row = connection.execute(
        sql.SQL(
            "SELECT count(*), coalesce(sum(hash_record_extended(ROW({columns},"
            " CASE WHEN t.known_to <= %(position)s THEN t.known_to END), 0)), 0)"
            " FROM {table} t WHERE t.known_from <= %(position)s"
        ).format(
            columns=sql.SQL(", ").join(sql.Identifier("t", name) for name in names), table=sql.Identifier(table.name)
        ),
        {"position": position},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has one row; tells the type checker
    return int(row[0]), f"{int(row[1]) % 2**64:016x}"


def _recorded_at(dsn: str, register: str, position: int) -> dt.datetime | None:
    with register_connection(as_role(dsn, "projector"), register) as connection:
        last = head(connection)
        if not 0 <= position <= last:
            raise ReplayRefused("beyond_head", f"The register has no position {position}; its last is {last}.")
        row = connection.execute("SELECT recorded_at FROM events WHERE position = %s", (position,)).fetchone()
    return row[0] if row else None


def _exists(dsn: str, schema: str) -> bool:
    with _owner(dsn, schema) as connection:
        return connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is not None


def _owner(dsn: str, schema: str) -> Connection[Any]:
    return schema_connection(as_role(dsn, "migrator"), schema, owner=True)
