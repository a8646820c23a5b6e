"""Makes the keys, the indexes and the first statistics of tables that were loaded without them.

Must never hold: rows, which indexes there are (a projection's .sql says it). Two projections at a time, the largest
first, each of the two over one connection: in a small register to connect and to ask takes longer than the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from psycopg import Connection, sql

from projections.install import add_primary_keys, create_indexes, owner_connection
from projections.rows import Projection

INDEXED_AT_A_TIME = 2
INDEX_MEMORY = "256MB"
FIRST_STATISTICS_TARGET = 25

_SIZES = """
SELECT c.relname, pg_relation_size(c.oid), array_agg(a.attname::text)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.oid = ANY(%s::text[]::regclass[]) AND a.attnum > 0 AND a.attname <> 'because'
GROUP BY c.oid
"""
"""Of `because` no statistics are taken: no question goes by it."""

Columns = Mapping[str, Sequence[str]]
"""Some columns of each table."""


def index(dsn: str, register: str, projections: Sequence[Projection], suffix: str, *, statistics: bool = True) -> None:
    """Make them for the tables with the suffix, of which nobody else knows yet."""
    waiting = SimpleQueue[Projection]()
    with owner_connection(dsn, register) as connection:
        columns = _largest_first(connection, projections, suffix, waiting)
    columns = columns if statistics else {}
    with ThreadPoolExecutor(INDEXED_AT_A_TIME) as pool:
        list(pool.map(lambda _: _index(dsn, register, suffix, waiting, columns), range(INDEXED_AT_A_TIME)))


def _largest_first(
    connection: Connection[Any], projections: Sequence[Projection], suffix: str, waiting: SimpleQueue[Projection]
) -> Columns:
    """Let them wait in the order that leaves nobody alone with the last; the columns that questions go by."""
    names = [table.name + suffix for projection in projections for table in projection.tables]
    found = {name: (size, columns) for name, size, columns in connection.execute(_SIZES, (names,))}

    def size(projection: Projection) -> int:
        return sum(found[table.name + suffix][0] for table in projection.tables)

    for projection in sorted(projections, key=size, reverse=True):
        waiting.put(projection)
    return {name: columns for name, (_, columns) in found.items()}


def _index(dsn: str, register: str, suffix: str, waiting: SimpleQueue[Projection], columns: Columns) -> None:
    """Make indexes and take the first statistics, while any wait: coarse ones, autovacuum takes its own soon after.

    A projection is a transaction of its own: a longer one would keep what is dead from being cleaned away meanwhile.
    None waits for the disk: whoever shows the tables does, once for all.
    """
    with owner_connection(dsn, register) as connection, suppress(Empty):
        connection.execute(f"SET maintenance_work_mem TO '{INDEX_MEMORY}'")
        connection.execute(f"SET default_statistics_target TO {FIRST_STATISTICS_TARGET}; SET synchronous_commit TO off")
        while True:
            projection = waiting.get_nowait()
            add_primary_keys(connection, projection, suffix)
            create_indexes(connection, projection, suffix)
            names = [table.name + suffix for table in projection.tables]
            of_each = [_with_columns(name, columns[name]) for name in names if name in columns]
            if of_each:
                connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(of_each)))
            connection.commit()


def _with_columns(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("{} ({})").format(sql.Identifier(table), names)
