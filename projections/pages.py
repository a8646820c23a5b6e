"""Rows of projections' tables as they are, a page at a time, filtered by columns.

Must never hold: figures. Pages are in the order of the key, and the next begins after the last row of the one before.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from projections.answers import Answer
from projections.catalogue import PROJECTIONS
from projections.rows import Table
from projections.snapshots import Snapshots

PAGE_ROWS = 100
TABLES: Mapping[str, Table] = {table.name: table for projection in PROJECTIONS for table in projection.tables}


class UnknownTable(LookupError):
    """No projection has a table of that name."""


class UnknownColumn(LookupError):
    """The table has no such column to filter by."""


class MalformedCursor(ValueError):
    """The cursor is not one that an answer gave."""


def page(
    snapshots: Snapshots,
    table: str,
    filters: Mapping[str, Any],
    *,
    as_of: int | None,
    cursor: str | None,
    limit: int,
) -> Answer[dict[str, Any]]:
    """A page of the table's rows. Raises UnknownTable, UnknownColumn, MalformedCursor."""
    if table not in TABLES:
        raise UnknownTable(table)
    key = (TABLES[table].stream, *TABLES[table].key)
    after = _read_cursor(cursor, len(key)) if cursor is not None else None
    with snapshots.snapshot() as reflected:
        position = reflected.as_of(as_of)
        statement, values = _statement(snapshots, table, key, filters, after)
        with snapshots.connection.cursor(row_factory=dict_row) as rows:
            found = rows.execute(statement, [position, *values, limit + 1]).fetchall()
    following = _cursor([found[limit - 1][name] for name in key]) if len(found) > limit else None
    for row in found:
        del row["known"]  # known_from and known_to say the same
    return reflected.answer(found[:limit], position, next_cursor=following)


def _statement(
    snapshots: Snapshots, table: str, key: tuple[str, ...], filters: Mapping[str, Any], after: list[str] | None
) -> tuple[sql.Composed, list[Any]]:
    kinds = _kinds(snapshots, table)
    order = sql.SQL(", ").join(map(sql.Identifier, key))
    conditions: list[sql.Composable] = [sql.SQL("known @> %s::bigint")]
    for name in filters:
        if name not in kinds:
            raise UnknownColumn(name)
        test = sql.SQL("%s = ANY({})" if kinds[name].startswith("_") else "{} = %s")
        conditions.append(test.format(sql.Identifier(name)))
    if after is not None:
        places = sql.SQL(", ").join(sql.SQL("%s::{}").format(sql.Identifier(kinds[name])) for name in key)
        conditions.append(sql.SQL("({}) > ({})").format(order, places))
    statement = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY {} LIMIT %s").format(
        sql.Identifier(table), sql.SQL(" AND ").join(conditions), order
    )
    return statement, [*filters.values(), *(after or [])]


def _kinds(snapshots: Snapshots, table: str) -> dict[str, str]:
    """The table's columns and their types; an array's begins with an underscore."""
    rows = snapshots.connection.execute(
        "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        (table,),
    )
    return {str(name): str(kind) for name, kind in rows}


def _cursor(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, length: int) -> list[str]:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as fault:
        raise MalformedCursor(cursor) from fault
    if not isinstance(key, list) or len(key) != length or not all(isinstance(part, str) for part in key):
        raise MalformedCursor(cursor)
    return key
