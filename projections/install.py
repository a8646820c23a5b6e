"""Makes the tables and functions of the projections in a register's schema. Idempotent; runs as the schema's owner.

Must never hold: rows. Nobody who follows events can create or drop anything, nor delete a row: a projector inserts
rows and says when they ended, a reader reads.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import resources
from typing import Any

import psycopg
import structlog
from psycopg import Connection, sql
from psycopg.errors import DeadlockDetected, LockNotAvailable, UndefinedTable

from domain.ledger.connections import as_role
from domain.ledger.migrate import schema_of
from projections.analysis import FINGERPRINT, make_views, views_there
from projections.catalogue import PROJECTIONS
from projections.indexes import bring, declared, lacking
from projections.rows import Projection, Table
from projections.store import RUNNING, Checkpoint, checkpoints, lock_key

log = structlog.get_logger()

LONGEST_WAIT = "1500ms"
"""How long views and tables wait for the end of one reader's transaction, and who comes after behind them. Longer than
the second after which PostgreSQL looks for deadlocks and sends an autovacuum away."""

Before = Callable[[Connection[Any]], None]
"""What is done first in each transaction that replaces something, while nobody else installs: it may refuse."""

_FUNCTION = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)", re.MULTILINE)
_READING = sql.SQL("jaksokirja_projector, jaksokirja_reader")


def install(
    dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS, *, before: Before = lambda _: None
) -> list[str]:
    """Make what is missing, replace functions that changed; the names of projections that must be rebuilt.

    Indexes of tables that are there are made while others read and write them. Those, and analysts' views, that an open
    transaction is in the way of are logged, and wait for the next time. The login must be a member of
    jaksokirja_migrator.
    """
    projections = tuple(projections)
    with owner_connection(dsn, register) as connection:
        installing_alone(connection, register)
        before(connection)
        connection.execute((resources.files("projections") / "checkpoints.sql").read_bytes())
        known = checkpoints(connection)
        for projection in projections:
            if projection.name not in known:
                create_tables(connection, projection)
                create_indexes(connection, projection)
                _begin(connection, projection)
        for projection in projections:
            if projection.name not in known or _other_questions(projection, known[projection.name]):
                replace_questions(connection, projection)
        lasting = _lasting(projections, known)
        are_views_lacking = bool(_not_shown(connection, register, lasting))
        are_indexes_lacking = bool(lacking(connection, lasting))
    if are_views_lacking and not _shown(dsn, register, lasting, before):
        log.warning("views_wait", register=register)
    if are_indexes_lacking:
        dsn = as_role(dsn, "migrator")
        with register_connection(dsn, register, owner=True, autocommit=True) as connection:
            waiting = bring(connection, lasting)
        if waiting:
            log.warning("indexes_wait", register=register, indexes=waiting)
    return [projection.name for projection in projections if projection not in lasting]


class NotOfThisRelease(Exception):
    """Projections of this release are not there, or are of another one, and the login may not make them."""

    def __init__(self, register: str, names: Sequence[str]) -> None:
        super().__init__(
            f"Projections of {register} are not as this release makes them, and this login may not make them:"
            f" {', '.join(names)}. A member of jaksokirja_migrator does: `jaksokirja migrate`, `jaksokirja rebuild`."
        )


def require_installed(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> None:
    """Whoever may not install asks this instead, as a reader. Raises NotOfThisRelease."""
    known: Mapping[str, Checkpoint] = {}
    with suppress(UndefinedTable), register_connection(as_role(dsn, "reader"), register) as connection:
        known = checkpoints(connection)
    lacking = [p.name for p in projections if not _is_current(p, known.get(p.name))]
    if lacking:
        raise NotOfThisRelease(register, lacking)


def _is_current(projection: Projection, known: Checkpoint | None) -> bool:
    """Whether its rows and its questions are of this release."""
    return known is not None and not outdated(projection, known) and not _other_questions(projection, known)


def installing_alone(connection: Connection[Any], register: str) -> None:
    """Wait, to the end of the transaction, until nobody else makes functions there: two at once fail."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key(f"install {register}"),))


def indexes_waiting(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> list[str]:
    """The names of indexes that an `install` left to the next one."""
    with owner_connection(dsn, register) as connection:
        return lacking(connection, _lasting(projections, checkpoints(connection)))


def views_waiting(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> list[str]:
    """The names of projections whose views for analysts an `install` left to the next one."""
    with owner_connection(dsn, register) as connection:
        lasting = _lasting(projections, checkpoints(connection))
        return [projection.name for projection in _not_shown(connection, register, lasting)]


def _not_shown(connection: Connection[Any], register: str, projections: Iterable[Projection]) -> list[Projection]:
    """Those whose views for analysts are not there, or tell of other questions or of another release's words."""
    known, there = checkpoints(connection), views_there(connection, register)
    shown = {name: checkpoint.questions_fingerprint for name, checkpoint in known.items()}
    return [p for p in projections if shown.get(p.name) != _as_shown(p) or not there(p)]


def _shown(dsn: str, register: str, projections: Sequence[Projection], before: Before) -> bool:
    """Whether analysts see the projections now: unless somebody's transaction is in the way."""
    try:
        with owner_connection(dsn, register) as connection:
            installing_alone(connection, register)
            before(connection)
            wait_shortly(connection)
            show(connection, register, _not_shown(connection, register, projections))
    except (LockNotAvailable, DeadlockDetected):
        return False
    return True


def show(connection: Connection[Any], register: str, projections: Sequence[Projection]) -> None:
    """Make what analysts see of the projections, anew, and write down that it is made."""
    make_views(connection, register, projections)
    for projection in projections:
        _mark_questions(connection, projection, _as_shown(projection))


def wait_shortly(connection: Connection[Any]) -> None:
    """To the end of the transaction, for no lock longer than LONGEST_WAIT: then LockNotAvailable is raised."""
    connection.execute(f"SET LOCAL lock_timeout TO '{LONGEST_WAIT}'")


def _lasting(projections: Iterable[Projection], known: Mapping[str, Checkpoint]) -> list[Projection]:
    """Those whose tables stay: the others get new ones."""
    return [p for p in projections if p.name not in known or not outdated(p, known[p.name])]


def outdated(projection: Projection, checkpoint: Checkpoint) -> bool:
    """Whether the rows were made by another fold than today's, so that they must be rebuilt before it goes on."""
    return checkpoint.fold_fingerprint != projection.fingerprint


def _as_shown(projection: Projection) -> str:
    """What is written down of it once its functions are there and analysts see it: of both."""
    return f"{projection.questions_fingerprint}.{FINGERPRINT}"


def _other_questions(projection: Projection, checkpoint: Checkpoint) -> bool:
    return checkpoint.questions_fingerprint.partition(".")[0] != projection.questions_fingerprint


def owner_connection(dsn: str, register: str) -> Connection[Any]:
    """A connection as the owner of the register's schema, in a transaction that `with` commits."""
    return register_connection(as_role(dsn, "migrator"), register, owner=True)


def register_connection(dsn: str, register: str, *, owner: bool = False, autocommit: bool = False) -> Connection[Any]:
    """A connection whose search path is the register's schema."""
    return schema_connection(dsn, schema_of(register), owner=owner, autocommit=autocommit)


def schema_connection(dsn: str, schema: str, *, owner: bool = False, autocommit: bool = False) -> Connection[Any]:
    """A connection whose search path is the schema, which need not be there yet."""
    connection = psycopg.connect(dsn, autocommit=True)
    if owner:
        connection.execute("SET ROLE jaksokirja_owner")
    connection.execute(sql.SQL("SET search_path TO {}, pg_temp").format(sql.Identifier(schema)))
    # A plan whose dear arms are never executed would be compiled for their sake, at each question.
    connection.execute("SET timezone TO 'UTC'; SET jit TO off")
    connection.autocommit = autocommit
    return connection


def create_tables(connection: Connection[Any], projection: Projection, suffix: str = "") -> None:
    """Make the projection's tables, empty, and say who may do what with them.

    With a suffix nobody vacuums them before they are swapped: it would be in the way of the keys.
    """
    connection.execute(_with_tables(projection, "tables", suffix))
    names = [sql.Identifier(table.name + suffix) for table in projection.tables]
    all_of_them = sql.SQL(", ").join(names)
    statements = [
        sql.SQL("GRANT SELECT ON {} TO {}").format(all_of_them, _READING),
        sql.SQL("GRANT INSERT, UPDATE (known_to) ON {} TO jaksokirja_projector").format(all_of_them),
    ]
    if suffix:
        statements += [sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(name) for name in names]
    _at_once(connection, statements)


def drop_primary_keys(connection: Connection[Any], projection: Projection, suffix: str) -> None:
    """Let the tables be loaded without them: an index is made faster of all rows at once."""
    drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
    names = [table.name + suffix for table in projection.tables]
    _at_once(connection, [drop.format(sql.Identifier(name), sql.Identifier(f"{name}_pkey")) for name in names])


def add_primary_keys(connection: Connection[Any], projection: Projection, suffix: str) -> None:
    """Make the primary keys that were dropped: stream, key and `known_from`, of every table."""
    add = sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})")
    keys = {table.name: (table.stream, *table.key, "known_from") for table in projection.tables}
    _at_once(connection, [add.format(sql.Identifier(name + suffix), _names(key)) for name, key in keys.items()])


def create_indexes(connection: Connection[Any], projection: Projection, suffix: str = "") -> None:
    """Make the indexes beside the primary keys: after loading, where there is much to load."""
    _at_once(connection, [index.statement(suffix) for index in declared(projection)])


def replace_questions(connection: Connection[Any], projection: Projection) -> None:
    """Make the projection's functions anew. Bodies are not checked: another projection's table may be yet to come."""
    text = projection.parts["questions"]
    connection.execute("SET LOCAL check_function_bodies TO off")
    found = _FUNCTION.findall(text)
    if found:
        names = _names(found)
        connection.execute(sql.SQL("DROP FUNCTION IF EXISTS {}").format(names))
        connection.execute(text.encode())
        may = ("REVOKE ALL ON FUNCTION {} FROM PUBLIC", "GRANT EXECUTE ON FUNCTION {} TO {}")
        _at_once(connection, [sql.SQL(one).format(names, _READING) for one in may])
    _mark_questions(connection, projection, projection.questions_fingerprint)


def _mark_questions(connection: Connection[Any], projection: Projection, fingerprint: str) -> None:
    connection.execute(
        "UPDATE projection_checkpoints SET questions_fingerprint = %s WHERE projection = %s",
        (fingerprint, projection.name),
    )


def swap_tables(connection: Connection[Any], tables: Iterable[Table], suffix: str) -> None:
    """Put the tables with the suffix in the places of the live ones, which are dropped."""
    live = [table.name for table in tables]
    named = connection.execute(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = ANY(%s::text[]::regclass[]) AND strpos(c.relname, %s) > 0",
        ([name + suffix for name in live], suffix),
    ).fetchall()
    statements = [sql.SQL("DROP TABLE IF EXISTS {}").format(_names(live))]
    for name in live:
        beside = sql.Identifier(name + suffix)
        statements.append(sql.SQL("ALTER TABLE {} RESET (autovacuum_enabled)").format(beside))
        statements.append(sql.SQL("ALTER TABLE {} RENAME TO {}").format(beside, sql.Identifier(name)))
    for (index,) in named:
        right = sql.Identifier(index.replace(suffix, ""))
        statements.append(sql.SQL("ALTER INDEX {} RENAME TO {}").format(sql.Identifier(index), right))
    _at_once(connection, statements)


def _at_once(connection: Connection[Any], statements: Sequence[sql.Composable]) -> None:
    """Several statements in one trip: one by one they are most of what rebuilding a small register costs."""
    if statements:
        connection.execute(sql.SQL(";\n").join(statements))


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _begin(connection: Connection[Any], projection: Projection) -> None:
    connection.execute(
        "INSERT INTO projection_checkpoints (projection, position, fold_fingerprint, questions_fingerprint, status,"
        " updated_at) VALUES (%s, 0, %s, '', %s, %s) ON CONFLICT DO NOTHING",
        (projection.name, projection.fingerprint, RUNNING, dt.datetime.now(dt.UTC)),
    )


def _with_tables(projection: Projection, part: str, suffix: str) -> sql.Composed:
    """The script's part with the tables' names, in braces there, replaced."""
    text = projection.parts[part]
    names = {table.name: sql.Identifier(table.name + suffix) for table in projection.tables}
    return sql.SQL(text).format(**names)
