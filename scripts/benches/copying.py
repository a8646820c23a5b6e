"""What PostgreSQL itself can do of a rebuild: the events out and the resulting rows in, by COPY, indexes included.

Binary format both ways, the faster one. The events go out over one connection while the rows, which the live tables
gave before the clock started, come in over another; then the rebuild's own function makes the indexes, without taking
statistics: all as the rebuild does it, but for the folding, and for the two connections over which its two processes
send rows. No comparing, no swapping.
Never here: what is measured against it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psycopg import sql

from domain.ledger.connections import as_role
from projections.catalogue import PROJECTIONS
from projections.indexing import index
from projections.install import create_tables, drop_primary_keys, owner_connection, register_connection
from projections.rows import Table

SUFFIX = "__limit"
_CHUNK_BYTES = 1 << 18


def copy_limit_seconds(dsn: str, register: str, folder: Path) -> float:
    """The seconds that it takes. The tables beside the live ones are made before and dropped after."""
    rows = _rows_out(dsn, register, folder)
    with owner_connection(dsn, register) as connection:
        for projection in PROJECTIONS:
            create_tables(connection, projection, SUFFIX)
            drop_primary_keys(connection, projection, SUFFIX)
    try:
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            both = pool.submit(_events_out, dsn, register), pool.submit(_rows_in, dsn, register, rows)
            for one in both:
                one.result()
        index(dsn, register, PROJECTIONS, SUFFIX, statistics=False)
        return time.perf_counter() - began
    finally:
        with owner_connection(dsn, register) as connection:
            for name in rows:
                connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name + SUFFIX)))


def _rows_out(dsn: str, register: str, folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    with register_connection(as_role(dsn, "projector"), register) as connection:
        for table in (table for projection in PROJECTIONS for table in projection.tables):
            files[table.name] = folder / f"{table.name}.copy"
            statement = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT binary)").format(
                sql.Identifier(table.name), _columns(table)
            )
            with files[table.name].open("wb") as file, connection.cursor().copy(statement) as copy:
                for data in copy:
                    file.write(data)
    return files


def _events_out(dsn: str, register: str) -> int:
    statement = "COPY (SELECT record FROM events) TO STDOUT (FORMAT binary)"
    with (
        register_connection(as_role(dsn, "projector"), register) as connection,
        connection.cursor().copy(statement) as copy,
    ):
        return sum(len(data) for data in copy)


def _rows_in(dsn: str, register: str, files: Mapping[str, Path]) -> None:
    with register_connection(as_role(dsn, "projector"), register) as connection:
        for table in (table for projection in PROJECTIONS for table in projection.tables):
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
                sql.Identifier(table.name + SUFFIX), _columns(table)
            )
            with files[table.name].open("rb") as file, connection.cursor().copy(statement) as copy:
                while data := file.read(_CHUNK_BYTES):
                    copy.write(data)


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, table.written))
