"""The rows of projections in the database: read, inserted, ended. And the checkpoints: how far each projection is.

Must never hold: what a fold means, transactions of its own (whoever calls has one open, and commits it), deletes. The
connection's search path is the register's schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, LiteralString
from uuid import UUID
from weakref import WeakKeyDictionary

from psycopg import Connection, sql
from psycopg.rows import class_row

from projections.copying import END, NULL, START, fields, lineage, row_start
from projections.rows import Projection, Table
from projections.standing import Row

RUNNING, STOPPED = "running", "stopped"
_COPY_CHUNK_ROWS = 2000
_COLUMNS = "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
_KINDS: WeakKeyDictionary[Connection[Any], dict[str, dict[str, str]]] = WeakKeyDictionary()


class BatchReplayed(Exception):
    """The batch does not begin where the projection stands: it, or a part of it, has been taken in already."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a projection is. `stopped`: the event at `error_position` could not be taken in, and nothing after it."""

    projection: str
    position: int
    fold_fingerprint: str
    questions_fingerprint: str
    status: str
    error: str | None
    error_position: int | None
    updated_at: dt.datetime


def checkpoints(connection: Connection[Any]) -> dict[str, Checkpoint]:
    """All checkpoints, by projection."""
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        return {row.projection: row for row in cursor.execute("SELECT * FROM projection_checkpoints")}


def hold_checkpoints(connection: Connection[Any], projections: Iterable[Projection], expected: int) -> None:
    """Lock the projections' rows to the transaction's end. Raises BatchReplayed when one stands elsewhere."""
    wanted = {projection.name: projection for projection in projections}
    rows = connection.execute(
        "SELECT projection, position, fold_fingerprint FROM projection_checkpoints"
        " WHERE projection = ANY(%s) ORDER BY projection FOR UPDATE",
        (list(wanted),),
    ).fetchall()
    found = {name: (position, fold) for name, position, fold in rows}
    for name, projection in wanted.items():
        position, fold = found.get(name, (None, None))
        if position != expected:
            raise BatchReplayed(f"{name} stands at {position}, the batch begins after {expected}")
        if fold != projection.fingerprint:
            raise BatchReplayed(f"the rows of {name} are made by another fold now")


def move_checkpoints(
    connection: Connection[Any], projections: Sequence[str], position: int, error: tuple[int, str] | None = None
) -> None:
    """Say that they have taken in everything up to the position, and what stopped them there, if anything."""
    if not projections:
        return
    error_position, text = error or (None, None)
    status = STOPPED if error else RUNNING
    connection.execute(
        "UPDATE projection_checkpoints SET position = %s, status = %s, error = %s, error_position = %s,"
        " updated_at = %s WHERE projection = ANY(%s)",
        (position, status, text, error_position, dt.datetime.now(dt.UTC), list(projections)),
    )


def load_standing(connection: Connection[Any], table: Table, streams: Collection[UUID], suffix: str = "") -> list[Row]:
    """The standing rows of the streams."""
    if not streams:
        return []
    names = (*table.key, *table.columns)
    statement = sql.SQL(
        "SELECT known_from, because, {columns} FROM {table} WHERE {stream} = ANY(%s) AND known_to IS NULL"
    ).format(columns=_names((table.stream, *names)), table=_table(table, suffix), stream=sql.Identifier(table.stream))
    rows = connection.execute(statement, (list(streams),), binary=True)
    first = 3 + len(table.key)
    return [
        Row(
            stream_id=row[2],
            key=row[3:first],
            columns={name: _frozen(value) for name, value in zip(table.columns, row[first:], strict=True)},
            because=tuple(row[1]),
            known_from=row[0],
            stored=True,
        )
        for row in rows
    ]


def insert_rows(connection: Connection[Any], table: Table, rows: Sequence[Row], suffix: str = "") -> None:
    """Put new rows in, standing or already ended."""
    if not rows:
        return
    kinds = _kinds(connection, table.name + suffix)
    names = (table.stream, *table.key, "known_from", "known_to", "because", *table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(_table(table, suffix), _names(names))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(START)
        for start in range(0, len(rows), _COPY_CHUNK_ROWS):
            copy.write(binary_rows(table, kinds, rows[start : start + _COPY_CHUNK_ROWS]))
        copy.write(END)


def end_rows(connection: Connection[Any], table: Table, rows: Sequence[Row], suffix: str = "") -> None:
    """Say of stored rows until which position they were known."""
    if not rows:
        return
    keyed = {table.stream: "uuid", **table.key, "known_from": "int8"}
    given = {**keyed, "known_to": "int8"}
    values: list[list[Any]] = [[row.stream_id for row in rows]]
    values += [[row.key[place] for row in rows] for place in range(len(table.key))]
    values += [[row.known_from for row in rows], [row.known_to for row in rows]]
    statement = sql.SQL("UPDATE {table} t SET known_to = e.known_to FROM unnest({given}) AS e ({names}) WHERE {same}")
    connection.execute(
        statement.format(
            table=_table(table, suffix),
            given=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.Identifier(kind)) for kind in given.values()),
            names=_names(tuple(given)),
            same=sql.SQL(" AND ").join(
                sql.SQL("t.{name} = e.{name}").format(name=sql.Identifier(name)) for name in keyed
            ),
        ),
        values,
    )


def fingerprint(connection: Connection[Any], table: Table, suffix: str = "") -> tuple[int, str]:
    """How many rows the table has, and a hash over all of them that does not depend on their order."""
    statement = sql.SQL("SELECT count(*), coalesce(sum(hash_record_extended(t, 0)), 0) FROM {} t")
    row = connection.execute(statement.format(_table(table, suffix))).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has one row; tells the type checker
    return int(row[0]), f"{int(row[1]) % 2**64:016x}"


def binary_rows(table: Table, kinds: Mapping[str, str], rows: Iterable[Row]) -> bytes:
    """The rows in COPY's binary format. Rows that state the same columns go together, each column at once."""
    by_shape: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_shape.setdefault(tuple(row.columns), []).append(row)
    return b"".join(chain.from_iterable(_binary(table, kinds, shape, alike) for shape, alike in by_shape.items()))


def _binary(table: Table, kinds: Mapping[str, str], shape: Sequence[str], rows: Sequence[Row]) -> Iterator[bytes]:
    given = dict(zip(shape, zip(*[row.columns.values() for row in rows], strict=True), strict=True))
    keys = zip(*[row.key for row in rows], strict=True)
    cells: list[Iterable[bytes]] = [
        repeat(row_start(4 + len(table.key) + len(table.columns))),
        fields("uuid", [row.stream_id for row in rows]),
        *(fields(kinds[name], values) for name, values in zip(table.key, keys, strict=True)),
        lineage([row.known_from for row in rows], [row.known_to for row in rows], [row.because for row in rows]),
    ]
    absent = 0
    for name in table.columns:
        if name in given:
            if absent:
                cells.append(repeat(NULL * absent))
            cells.append(fields(kinds[name], given[name]))
            absent = 0
        else:
            absent += 1
    cells.append(repeat(NULL * absent))
    return chain.from_iterable(zip(*cells, strict=False))  # what is the same in each row is repeated without end


def _kinds(connection: Connection[Any], table: str) -> Mapping[str, str]:
    """The types of a table's columns. Asked once a connection: who follows one fold keeps to its tables."""
    known = _KINDS.setdefault(connection, {})
    if table not in known:
        known[table] = dict(connection.execute(_COLUMNS, (table,)).fetchall())
    return known[table]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _table(table: Table, suffix: LiteralString | str) -> sql.Identifier:
    return sql.Identifier(table.name + suffix)


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
