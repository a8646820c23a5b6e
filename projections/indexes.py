"""The indexes beside the primary keys: as a projection's .sql declares them, and as they are in a register.

An index bears the name of its table and of what it says, so that the names alone tell whether all are there that are
declared: they are in no fingerprint, and a change of one asks for no rebuild. Must never hold: tables, rows, questions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog
from psycopg import Connection, sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

from projections.rows import Projection

_DECLARED = re.compile(r"\s*CREATE INDEX ON \{(\w+)\}\s+([^;]+);\s*")
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_OURS = re.compile(r"_by_[0-9a-f]{8}$")
_LIKE = "__declared"

LONGEST_WAIT = "3s"
"""How long an index waits for the end of one transaction of somebody else's: making one waits for all that are open."""

_THERE = """
SELECT i.relname, t.relname, x.indisvalid, substring(pg_get_indexdef(x.indexrelid) from ' USING .*')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY(%s) AND NOT x.indisprimary
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Index:
    """An index as declared: `says` is all that follows the table's name."""

    table: str
    says: str

    def name(self, suffix: str = "") -> str:
        """Its name on the table, or on the one beside it with the suffix."""
        return f"{self.table}{suffix}_by_{hashlib.sha256(self.says.encode()).hexdigest()[:8]}"

    def statement(self, suffix: str = "", *, concurrently: bool = False) -> sql.Composed:
        """What makes it; `concurrently`: while others write, in no transaction."""
        make = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ") if concurrently else sql.SQL("CREATE INDEX {} ON {} ")
        names = (sql.Identifier(self.name(suffix)), sql.Identifier(self.table + suffix))
        return make.format(*names) + sql.SQL(self.says)


class There(NamedTuple):
    """An index that a register has. `valid`: not left half made. `says`: as PostgreSQL tells it."""

    name: str
    table: str
    valid: bool
    says: str


def declared(projection: Projection) -> list[Index]:
    """The indexes in the projection's script. Raises ValueError when something else stands among them."""
    text = _COMMENT.sub("", projection.parts["indexes"]).strip()
    found, end = list[Index](), 0
    while end < len(text):
        match = _DECLARED.match(text, end)
        if match is None:
            raise ValueError(f"{projection.name}.sql: no CREATE INDEX ON {{table}} …; at {text[end : end + 40]!r}")
        found.append(Index(match[1], " ".join(match[2].split())))
        end = match.end()
    return found


def lacking(connection: Connection[Any], projections: Iterable[Projection]) -> list[str]:
    """The names of indexes that are other than declared: missing, half made, or there and declared no more."""
    projections = tuple(projections)
    wanted = {index.name() for projection in projections for index in declared(projection)}
    ours = [one for one in _there(connection, projections) if one.name in wanted or _OURS.search(one.name)]
    half = {one.name for one in ours if not one.valid}
    return sorted(half | (wanted ^ {one.name for one in ours}))


def bring(connection: Connection[Any], projections: Iterable[Projection]) -> list[str]:
    """Make the declared indexes that are missing, while others read and write; the names of those still `lacking`.

    One that says the same under another name is given its own; ours that is declared no more goes; one that somebody
    else made stays. `connection`: as the schema's owner, in autocommit. What another process is at is left to it, and
    what an open transaction is in the way of to the next time: who has it is not waited for longer than LONGEST_WAIT.
    """
    projections = tuple(projections)
    connection.execute(f"SET lock_timeout TO '{LONGEST_WAIT}'")
    with _alone(connection) as alone, suppress(LockNotAvailable, DeadlockDetected):
        if alone:
            for projection in projections:
                _adopt(connection, projection)
            _make(connection, projections)
    return lacking(connection, projections)


def _make(connection: Connection[Any], projections: Iterable[Projection]) -> None:
    """Drop what is half made or declared no more, and make what is missing. Raises what waiting for others raises."""
    projections = tuple(projections)
    wanted = {index.name(): index for projection in projections for index in declared(projection)}
    there = _there(connection, projections)
    missing = wanted.keys() - {one.name for one in there if one.valid}
    for one in there:
        if one.name in missing or (one.name not in wanted and _OURS.search(one.name)):
            connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(one.name)))
    for name in sorted(missing):
        log.info("index_being_made", index=name)
        connection.execute(wanted[name].statement(concurrently=True))


def _adopt(connection: Connection[Any], projection: Projection) -> None:
    """Give the names of those that are missing to such as say the same: PostgreSQL tells what ours come to."""
    there = _there(connection, [projection])
    missing = [index for index in declared(projection) if index.name() not in {one.name for one in there}]
    if not missing or not there:
        return
    says = _as_told(connection, missing)
    for one in there:
        name = says.pop((one.table, one.says), None) if one.valid else None
        if name is not None:
            renamed = sql.SQL("ALTER INDEX {} RENAME TO {}")
            connection.execute(renamed.format(sql.Identifier(one.name), sql.Identifier(name)))


def _as_told(connection: Connection[Any], indexes: Iterable[Index]) -> dict[tuple[str, str], str]:
    """The names of the indexes by table and by what PostgreSQL makes of them, tried on empty tables that go again."""
    indexes = tuple(indexes)
    tables = {index.table for index in indexes}
    with connection.transaction(force_rollback=True):
        for table in tables:
            empty = sql.SQL("CREATE TABLE {} (LIKE {})")
            connection.execute(empty.format(sql.Identifier(table + _LIKE), sql.Identifier(table)))
        for index in indexes:
            connection.execute(index.statement(_LIKE))
        told = connection.execute(_THERE, ([table + _LIKE for table in tables],)).fetchall()
    says = {name: says for name, _, _, says in told}
    return {(index.table, says[index.name(_LIKE)]): index.name() for index in indexes}


def _there(connection: Connection[Any], projections: Iterable[Projection]) -> list[There]:
    tables = [table.name for projection in projections for table in projection.tables]
    return [There(*row) for row in connection.execute(_THERE, (tables,))]


@contextmanager
def _alone(connection: Connection[Any]) -> Iterator[bool]:
    """Whether nobody else is at the register's indexes. Never waits: an index is not made while someone waits so."""
    of_schema = "hashtextextended('indexes of ' || current_schema(), 0)"
    row = connection.execute(f"SELECT pg_try_advisory_lock({of_schema})").fetchone()
    alone = bool(row and row[0])
    try:
        yield alone
    finally:
        if alone:
            connection.execute(f"SELECT pg_advisory_unlock({of_schema})")
