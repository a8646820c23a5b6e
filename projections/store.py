"""The rows of projections in the database: read, inserted, ended. And the checkpoints: how far each projection is.

Must never hold: what a fold means, transactions of its own (whoever calls has one open, and commits it), deletes. The
connection's search path is the register's schema.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from psycopg import Connection, sql
from psycopg.pq.abc import PGresult
from psycopg.rows import class_row

from domain.entry import Entry
from projections.access import Access, access, inserts, table_name
from projections.copying import (
    END,
    NULL,
    START,
    Cell,
    column,
    lineage,
    row_start,
    side_by_side,
    standing_alone,
)
from projections.plain import Seen
from projections.rows import Key, Projection, Table
from projections.standing import Row, StreamId
from projections.trips import Call, answered, packed

T = TypeVar("T")

RUNNING, STOPPED = "running", "stopped"
ASTRAY = "it has shown events that the ledger does not hold any more"
"""The error of a projection that stands beyond the ledger's end, or did once: only a rebuild mends it."""
_COPY_CHUNK_ROWS = 2000
_parts = msgspec.structs.astuple
CHECKPOINTS = """
    WITH progress AS (
        SELECT g.together, p.position, p.moved_at
        FROM (SELECT DISTINCT c.together FROM projection_checkpoints c) g
        CROSS JOIN LATERAL (
            SELECT o.position, o.moved_at FROM projection_progress o
            WHERE o.together = g.together ORDER BY o.position DESC LIMIT 1
        ) p
    )
    SELECT c.projection, greatest(c.position, p.position) AS position, c.fold_fingerprint, c.questions_fingerprint,
        c.status, c.error, c.error_position, greatest(c.updated_at, p.moved_at) AS updated_at
    FROM projection_checkpoints c LEFT JOIN progress p ON p.together = c.together
"""


class BatchReplayed(Exception):
    """The batch does not begin where the projection stands: it, or a part of it, has been taken in already."""


class ProjectionsAstray(Exception):
    """Projections stand beyond the ledger's last event: what they have shown is not there any more."""

    def __init__(self, projections: Sequence[str], position: int, head: int) -> None:
        super().__init__(
            f"Projections stand at position {position}, and the ledger ends at {head}: events that were shown are gone."
            " `jaksokirja verify` tells what is there; `jaksokirja rebuild` makes the projections of it anew."
        )
        self.projections = tuple(projections)


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


def lock_key(what: str) -> int:
    """The key of the advisory lock by which one at a time has it."""
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)


def checkpoints(connection: Connection[Any]) -> dict[str, Checkpoint]:
    """All checkpoints, by projection."""
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        return {row.projection: row for row in cursor.execute(CHECKPOINTS)}


def hold_checkpoints(connection: Connection[Any], projections: Iterable[Projection], expected: int) -> None:
    """Lock the projections' rows to the transaction's end. Raises BatchReplayed when one stands elsewhere."""
    wanted = {projection.name: projection for projection in projections}
    connection.execute(
        "SELECT FROM projection_checkpoints WHERE projection = ANY(%s) ORDER BY projection FOR UPDATE", (list(wanted),)
    )
    found = checkpoints(connection)  # by a statement of its own, whose snapshot is not older than the locks
    for name, projection in wanted.items():
        position = found[name].position if name in found else None
        if position != expected:
            raise BatchReplayed(f"{name} stands at {position}, the batch begins after {expected}")
        if found[name].fold_fingerprint != projection.fingerprint:
            raise BatchReplayed(f"the rows of {name} are made by another fold now")


def settle_progress(
    connection: Connection[Any], projections: Sequence[str], position: int, together: UUID, after: int | None
) -> None:
    """Write the position down in the checkpoints of those that are followed under the name `together`.

    Progress up to it is deleted, from the position `after` on; without one (the name is new) such as is nobody's.
    """
    move_checkpoints(connection, projections, position)
    if after is not None:
        connection.execute(
            "DELETE FROM projection_progress WHERE together = %s AND position > %s AND position <= %s",
            (together, after, position),
        )
        return
    connection.execute(
        "UPDATE projection_checkpoints SET together = %s WHERE projection = ANY(%s)", (together, list(projections))
    )
    connection.execute(
        "DELETE FROM projection_progress p"
        " WHERE NOT EXISTS (SELECT FROM projection_checkpoints c WHERE c.together = p.together)"
    )


def move_checkpoints(
    connection: Connection[Any], projections: Sequence[str], position: int, error: tuple[int, str] | None = None
) -> None:
    """Write down that they have taken in everything up to the position, and what stopped them there, if anything."""
    if not projections:
        return
    error_position, text = error or (None, None)
    status = STOPPED if error else RUNNING
    connection.execute(
        "UPDATE projection_checkpoints SET position = %s, status = %s, error = %s, error_position = %s,"
        " updated_at = %s WHERE projection = ANY(%s)",
        (position, status, text, error_position, dt.datetime.now(dt.UTC), list(projections)),
    )


def load_standing(
    connection: Connection[Any], table: Table, streams: Collection[StreamId], suffix: str = ""
) -> list[Row]:
    """The standing rows of the streams, ids other than the stream's as texts: so the folds have them."""
    if not streams:
        return []
    found = connection.execute(access(connection, table, suffix).load, (list(streams),), binary=True)
    return [_stored(table, row) for row in found]


def load_call(connection: Connection[Any], table: Table, streams: Collection[StreamId]) -> Call:
    """As `load_standing`, asked together with other calls; `loaded` reads the answer."""
    return Call(access(connection, table, "").load_ready, (packed("uuid[]", list(streams)),))


def load_one_call(connection: Connection[Any], table: Table, stream_id: StreamId, key: Key) -> Call:
    """Asks for the one row that stands under the key, if any; `loaded` reads the answer."""
    how = access(connection, table, "")
    return Call(how.load_one, _arguments(how.key_fields, (stream_id, *key)))


def loaded(connection: Connection[Any], table: Table, answer: PGresult) -> list[Row]:
    """The rows in the answer to a `load_call` or a `load_one_call`."""
    return [_stored(table, row) for row in answered(connection, answer)]


def _stored(table: Table, told: tuple[Any, ...]) -> Row:
    first = 3 + len(table.key)
    return Row(
        stream_id=told[2],
        key=told[3:first],
        columns={name: _frozen(value) for name, value in zip(table.columns, told[first:], strict=True)},
        because=tuple(told[1]),
        known_from=told[0],
        stored=True,
    )


def insert_calls(connection: Connection[Any], table: Table, rows: Sequence[Row]) -> Iterator[Call]:
    """Put new rows in, standing or already ended: few enough for one round trip."""
    how, done = access(connection, table, ""), 0
    for count, statement in inserts(table.name, table.written).items():
        while len(rows) - done >= count:
            some = rows[done : done + count]
            yield Call(statement, [one for row in some for one in _arguments(how.insert_fields, _values(table, row))])
            done += count


def _values(table: Table, row: Row) -> tuple[Any, ...]:
    """Of all columns that are written."""
    columns = map(row.columns.get, table.columns)
    return (row.stream_id, *row.key, row.known_from, row.known_to, row.because, *columns)


def end_call(connection: Connection[Any], table: Table, row: Row) -> Call:
    """Says of one stored row until which position it was known."""
    how = access(connection, table, "")
    return Call(how.end_one, _arguments(how.end_fields, (row.stream_id, *row.key, row.known_from, row.known_to)))


def _arguments(encoders: Sequence[Callable[[Any], bytes]], values: Iterable[Any]) -> list[bytes | None]:
    """Fields without their lengths, which the protocol tells by itself."""
    return [None if value is None else encode(value)[4:] for encode, value in zip(encoders, values, strict=True)]


def insert_rows(connection: Connection[Any], table: Table, rows: Sequence[Row], suffix: str = "") -> None:
    """Put new rows in, standing or already ended."""
    if not rows:
        return
    how = access(connection, table, suffix)
    _copy(connection, how, (binary_rows(table, how.kinds, some) for some in _chunks(rows)))


def insert_each(
    connection: Connection[Any],
    projection: Projection,
    entries: Sequence[Seen],
    suffix: str = "",
) -> None:
    """Put a row in for each entry, of a projection that says what `each` comes to."""
    if not entries:
        return
    (table,) = projection.tables
    how = access(connection, table, suffix)
    _copy(connection, how, (binary_each(projection, how.kinds, some) for some in _chunks(entries)))


def _copy(connection: Connection[Any], how: Access, chunks: Iterable[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(how.copy) as copy:
        copy.write(START)
        for chunk in chunks:
            copy.write(chunk)
        copy.write(END)


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + _COPY_CHUNK_ROWS] for start in range(0, len(rows), _COPY_CHUNK_ROWS))


def end_rows(connection: Connection[Any], table: Table, rows: Sequence[Row], suffix: str = "") -> None:
    """Say of stored rows until which position they were known."""
    if not rows:
        return
    values: list[list[Any]] = [[row.stream_id for row in rows]]
    values += [[row.key[place] for row in rows] for place in range(len(table.key))]
    values += [[row.known_from for row in rows], [row.known_to for row in rows]]
    connection.execute(access(connection, table, suffix).end, values)


def fingerprint(connection: Connection[Any], table: Table, suffix: str = "") -> tuple[int, str]:
    """How many rows the table has, and a hash over all of them that does not depend on their order.

    Over all columns that are written: those that the table generates say nothing else, and ranges cost most to hash.
    """
    written = sql.SQL(", ").join(sql.Identifier("t", name) for name in table.written)
    statement = sql.SQL("SELECT count(*), coalesce(sum(hash_record_extended(ROW({}), 0)), 0) FROM {} t")
    row = connection.execute(statement.format(written, table_name(table, suffix))).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has one row; tells the type checker
    return int(row[0]), f"{int(row[1]) % 2**64:016x}"


def binary_rows(table: Table, kinds: Mapping[str, str], rows: Iterable[Row]) -> bytes:
    """The rows in COPY's binary format. Rows that state the same columns go together, each column at once."""
    shapes: defaultdict[tuple[int, bool, tuple[str, ...]], list[Row]] = defaultdict(list)
    for row in rows:
        shapes[len(row.because), row.known_to is None, tuple(row.columns)].append(row)
    return b"".join(chain.from_iterable(_binary(table, kinds, alike) for alike in shapes.values()))


def binary_each(projection: Projection, kinds: Mapping[str, str], entries: Sequence[Seen]) -> bytes:
    """As `binary_rows`, of the rows that the entries come to, each by itself."""
    assert projection.each is not None  # noqa: S101 -- who calls goes by it; tells the type checker
    (table,) = projection.tables
    each = projection.each(cast("Sequence[Entry]", entries), [entry.kind for entry in entries])
    ids = [entry.stream_id.bytes for entry in entries]
    given = {name: told for name, told in zip(table.columns, each, strict=True) if told is not None}
    keys = ([entry.version for entry in entries],)
    lines = standing_alone([entry.position for entry in entries])
    return b"".join(side_by_side(_cells(table, kinds, ids, keys, lines, given), len(entries)))


def _binary(table: Table, kinds: Mapping[str, str], rows: Sequence[Row]) -> Iterator[bytes]:
    """Of rows that state the same columns, all or none of which stand, on as many events."""
    stream_ids, every_key, columns, because, known_from, known_to, _ = zip(*map(_parts, rows), strict=True)
    told = list(chain.from_iterable([one.values() for one in columns]))  # row by row: so they lie in the memory
    width = len(columns[0])
    given = {name: told[place::width] for place, name in enumerate(columns[0])}
    keys = zip(*every_key, strict=True)
    return side_by_side(
        _cells(table, kinds, stream_ids, keys, lineage(known_from, known_to, because), given), len(rows)
    )


def _cells(  # noqa: PLR0917 -- a row's parts, in their order
    table: Table,
    kinds: Mapping[str, str],
    stream_ids: Sequence[StreamId],
    keys: Iterable[Sequence[Any]],
    lineage_cells: Iterable[Cell],
    given: Mapping[str, Sequence[Any]],
) -> Iterator[Cell]:
    yield row_start(4 + len(table.key) + len(table.columns))
    yield from column("uuid", stream_ids)
    for name, values in zip(table.key, keys, strict=True):
        yield from column(kinds[name], values)
    yield from lineage_cells
    for name in table.columns:
        yield from column(kinds[name], given[name]) if name in given else (NULL,)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
