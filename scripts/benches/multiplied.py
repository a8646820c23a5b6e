"""A register of many copies of a smaller one, made by PostgreSQL: ten million events in minutes, not hours.

Each event of the smaller register becomes as many as there are copies, at positions that follow each other, so that
positions stay gapless and a past position keeps its day. Copies share no stream: the last four digits of each id
(random before) are the copy's number, and each worker and unit is the copy's own. The rows of projections are copied in
the same way, and are the rows that a rebuild makes of the copied events. Never here: measuring.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql

from domain.ledger.migrate import create_register, schema_of
from domain.ledger.record import parts, place_and_time, prefix
from projections.catalogue import PROJECTIONS
from projections.copying import END, START, fields, row_start
from projections.install import add_primary_keys, create_indexes, drop_primary_keys, install, owner_connection

COPIES_LIMIT = 16**4
_EVENT: LiteralString = "position, stream_id, version, name, recorded_at, record"
_TABLES = [table.name for projection in PROJECTIONS for table in projection.tables]

_POSITIONS = frozenset({"known_from", "known_to", "position", "struck_by", "corrected_by"})
_IN_A_COPY: Mapping[str, LiteralString] = {
    "uuid": "(left({0}::text, -4) || n.digits)::uuid",
    "_uuid": "CASE WHEN {0} IS NOT NULL THEN ARRAY(SELECT (left(i.one::text, -4) || n.digits)::uuid"
    " FROM unnest({0}) WITH ORDINALITY AS i (one, place) ORDER BY i.place) END",
    "int8": "({0} - 1) * n.copies + n.number + 1",
    "_int8": "ARRAY(SELECT (p.one - 1) * n.copies + n.number + 1 FROM unnest({0}) AS p (one))",
    "text": "CASE WHEN {0} LIKE 'instructor-%%' OR {0} LIKE 'unit-%%' THEN {0} || '.' || n.number ELSE {0} END",
    "_text": "CASE WHEN {0} IS NOT NULL THEN ARRAY(SELECT i.one || '.' || n.number"
    " FROM unnest({0}) WITH ORDINALITY AS i (one, place) ORDER BY i.place) END",
}
"""What becomes of a value of the type; of int8, in `_POSITIONS`; of text, where it names a worker or a unit."""
_INSERT: LiteralString = """
INSERT INTO {table} ({names}) SELECT {values}
FROM {base} b, (
    SELECT %(copy)s::int, lpad(to_hex(%(copy)s::int), 4, '0'), %(copies)s::int8
) AS n (number, digits, copies)
"""
_COLUMNS = """
SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""
_ID = re.compile(rb"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{8})[0-9a-f]{4}")
_NAME = re.compile(rb'"((?:instructor|unit)-[0-9]+)"')
_DIGITS, _NUMBER = b"\x01", b"\x02"
"""Where a state differs from copy to copy; JSON has neither byte."""
_FIELD, _PLACE = struct.Struct(">i"), struct.Struct(">qq")


def copied(name: str, copy: int) -> str:
    """The name that a worker or a unit of the smaller register has in the copy."""
    return f"{name}.{copy}"


def multiply(dsn: str, base: str, register: str, copies: int) -> None:
    """Make the register, of so many copies of the base: its events and rows. The login is a superuser, as a bench's is.

    Statistics, and the checkpoints' positions, are the caller's. Raises ValueError.
    """
    if not 1 <= copies <= COPIES_LIMIT:
        raise ValueError(f"1 to {COPIES_LIMIT} copies can be told apart by their ids, not {copies}")
    create_register(dsn, register)
    install(dsn, register)
    _without_indexes(dsn, register)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("SET search_path TO {}, pg_temp").format(sql.Identifier(schema_of(register))))
        connection.execute(
            "SET work_mem TO '256MB'; SET maintenance_work_mem TO '512MB'; SET synchronous_commit TO off"
        )
        _copy_events(connection, schema_of(base), copies)
        for table in _TABLES:
            _copy_rows(connection, schema_of(base), table, copies)
    with owner_connection(dsn, register) as owner:
        owner.execute("SET LOCAL maintenance_work_mem TO '512MB'")
        for projection in PROJECTIONS:
            add_primary_keys(owner, projection, "")
            create_indexes(owner, projection)


def _without_indexes(dsn: str, register: str) -> None:
    """Of the projections' tables, which are empty: an index is made faster of all rows at once."""
    with owner_connection(dsn, register) as owner:
        for projection in PROJECTIONS:
            drop_primary_keys(owner, projection, "")
        found = owner.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = ANY(%s::text[]::regclass[])", (_TABLES,)
        ).fetchall()
        for (index,) in found:
            owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))


def _copy_events(connection: Connection[Any], base: str, copies: int) -> None:
    """In the order of positions, as they would have been appended; the constraints are made afterwards."""
    connection.execute("ALTER TABLE events DROP CONSTRAINT events_pkey, DROP CONSTRAINT events_stream_id_version_key")
    found = connection.execute("SELECT origin FROM head").fetchone()
    begins = prefix(found[0] if found else "")
    with psycopg.connect(connection.info.dsn) as reading, reading.cursor(name="events", binary=True) as events:
        events.itersize = 5000
        events.execute(sql.SQL("SELECT record FROM {}.events ORDER BY position").format(sql.Identifier(base)))
        with connection.cursor() as cursor, cursor.copy(f"COPY events ({_EVENT}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(START)
            for (record,) in events:
                copy.write(_event_of_copies(record, begins, copies))
            copy.write(END)
    connection.execute("ALTER TABLE events ADD PRIMARY KEY (position), ADD UNIQUE (stream_id, version)")


def _event_of_copies(record: bytes, begins: bytes, copies: int) -> bytes:
    """The rows of one event's copies, in COPY's binary format. A record's layout is domain/ledger/record.py's."""
    position, stream_bytes, version, name, recorded_at, state = parts(record)
    state = _NAME.sub(rb'"\1.' + _NUMBER + b'"', _ID.sub(rb"\1" + _DIGITS, state))
    named = name.encode()
    numbered = version.to_bytes(4)
    constant = numbered + len(named).to_bytes(2) + named
    (moment,) = fields("timestamp with time zone", [recorded_at])
    middle = _FIELD.pack(4) + numbered + _FIELD.pack(len(named)) + named + moment
    microseconds = place_and_time(record, record[: 3 + int.from_bytes(record[1:3])])[1]
    rows = list[bytes]()
    for copy in range(copies):
        place, digits = (position - 1) * copies + copy + 1, copy.to_bytes(2)
        stream = stream_bytes[:-2] + digits
        said = state.replace(_DIGITS, digits.hex().encode()).replace(_NUMBER, b"%d" % copy)
        made = begins + _PLACE.pack(place, microseconds) + stream + constant + said
        rows += (row_start(6), _FIELD.pack(8), place.to_bytes(8), _FIELD.pack(16), stream, middle)
        rows += (_FIELD.pack(len(made)), made)
    return b"".join(rows)


def _copy_rows(connection: Connection[Any], base: str, table: str, copies: int) -> None:
    """One copy after the other, so that a stream's rows lie together, as a rebuild leaves them."""
    columns = connection.execute(_COLUMNS, (table,)).fetchall()
    named = {
        name for name, kind in columns if kind in ("text", "_text") and _names_somebody(connection, base, table, name)
    }
    values = [
        sql.SQL(_IN_A_COPY[kind] if _changes(name, kind, named) else "{0}").format(sql.Identifier("b", name))
        for name, kind in columns
    ]
    statement = sql.SQL(_INSERT).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        values=sql.SQL(", ").join(values),
        base=sql.Identifier(base, table),
    )
    for copy in range(copies):
        if not connection.execute(statement, {"copies": copies, "copy": copy}).rowcount:
            return


def _changes(name: str, kind: str, named: set[str]) -> bool:
    if kind in ("text", "_text"):
        return name in named
    return kind in _IN_A_COPY and (kind != "int8" or name in _POSITIONS)


def _names_somebody(connection: Connection[Any], base: str, table: str, column: str) -> bool:
    found = connection.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} b WHERE {}::text ~ '(instructor|unit)-[0-9]')").format(
            sql.Identifier(base, table), sql.Identifier("b", column)
        )
    ).fetchone()
    return bool(found and found[0])
