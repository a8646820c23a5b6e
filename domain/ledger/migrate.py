"""Makes registers: the cluster's roles and one schema a register, from the files in schema/. Idempotent, forward only.

Never here: what a projection keeps, data. A change to a table is a new file of its own, added at the end of OBJECTS.
"""

import hashlib
import re
from collections.abc import Iterable
from importlib import resources
from typing import LiteralString

import psycopg
from psycopg import sql

from domain.ledger.errors import HeadAstray, RegisterNameRefused, RegisterNotMigrated

OBJECTS = (
    "head", "events", "commands", "tracking", "checkpoints", "position_at", "append", "append_one", "sealing_point",
    "grants", "client_index", "append_identity", "head_row", "told_at",
)  # fmt: skip
SCHEMA_PREFIX = "register_"

RELEASE_OF: LiteralString = (
    "SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = %s"
)

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
_MIGRATION_LOCK = 0x6A616B736F  # "jakso": one migration at a time


def release_of(scripts: Iterable[bytes]) -> str:
    """What tells schemas that these scripts made from those that others did: it stands in the schema's comment."""
    return f"jaksokirja {hashlib.sha256(b''.join(scripts)).hexdigest()}"


def schema_of(register: str) -> str:
    """The name of the register's schema. Raises RegisterNameRefused."""
    if _NAME.fullmatch(register) is None:
        raise RegisterNameRefused(f"{register!r} is no name for a register: {RegisterNameRefused.__doc__}")
    return SCHEMA_PREFIX + register.replace("-", "_")


def create_register(dsn: str, register: str, *, origin: str | None = None) -> None:
    """Create the register, or bring its schema up to date. `origin` names its log, for good; the first one stays.

    The login must be jaksokirja_migrator's member, or a superuser where the roles are still to be made.
    Raises HeadAstray when a second head row stands in a register of an earlier release.
    """
    schema = sql.Identifier(schema_of(register))
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        _create_roles(connection)
        connection.execute("SET LOCAL ROLE jaksokirja_owner")
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        connection.execute(
            sql.SQL(
                "GRANT USAGE ON SCHEMA {} TO jaksokirja_appender, jaksokirja_projector, jaksokirja_reader,"
                " jaksokirja_sealer"
            ).format(schema)
        )
        connection.execute(sql.SQL("SET LOCAL search_path TO {}, pg_temp").format(schema))
        for name in OBJECTS:
            _make(connection, name, register)
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(schema, sql.Literal(_release())))
        connection.execute(
            "INSERT INTO head (register, origin) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (register, origin or f"jaksokirja/{register}"),
        )


def create_roles(dsn: str) -> None:
    """Make the roles alone, where registers are to be restored into. The login must be allowed to."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        _create_roles(connection)


def require_migrated(dsn: str, register: str) -> None:
    """Whoever may not migrate asks this instead. Raises RegisterNotMigrated when the schema is of another release."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(RELEASE_OF, (schema_of(register),)).fetchone()
    if found != (_release(),):
        raise RegisterNotMigrated(register)


def registers(dsn: str) -> list[str]:
    """The names of the registers in this database, sorted."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT n.nspname FROM pg_catalog.pg_namespace n"
            " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'head' AND c.relkind = 'r'"
            " WHERE pg_catalog.starts_with(n.nspname, %s) ORDER BY n.nspname",
            (SCHEMA_PREFIX,),
        ).fetchall()
    return [str(name).removeprefix(SCHEMA_PREFIX).replace("_", "-") for (name,) in rows]


def _make(connection: psycopg.Connection, name: str, register: str) -> None:
    try:
        connection.execute(_statements(name))
    except psycopg.errors.UniqueViolation:
        if name != "head_row":
            raise
        raise HeadAstray(register) from None


def _create_roles(connection: psycopg.Connection) -> None:
    connection.execute(_statements("roles"))


def _release() -> str:
    """What the schema of a register that is up to date says it was made by."""
    return release_of(_statements(name) for name in ("roles", *OBJECTS))


def _statements(name: str) -> bytes:
    return (resources.files("domain.ledger") / "schema" / f"{name}.sql").read_bytes()
