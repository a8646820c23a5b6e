"""The statements that read and write a projection's tables, made once a connection.

Must never hold: rows. The connection's search path is the register's schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from psycopg import Connection, sql

from domain.ledger.database import Prepared
from projections.copying import FIELD_OF_KIND
from projections.rows import Table

INSERTED_TOGETHER = (16, 8, 4, 2, 1)
"""So many rows a statement puts in, the most that there are first: each call reads anew what the table generates and
indexes by, which is more than half of what it takes to put one meeting in."""
_COLUMNS = "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
_ACCESS: WeakKeyDictionary[Connection[Any], dict[str, Access]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Access:
    """The types of a table's columns, and the statements that read and write it: whole sets, or prepared for few rows.

    Those that put few rows in are `inserts`.
    """

    kinds: Mapping[str, str]
    copy: bytes
    end: bytes
    load: bytes
    load_ready: Prepared
    load_one: Prepared
    end_one: Prepared
    key_fields: Sequence[Callable[[Any], bytes]]
    insert_fields: Sequence[Callable[[Any], bytes]]
    end_fields: Sequence[Callable[[Any], bytes]]


def access(connection: Connection[Any], table: Table, suffix: str) -> Access:
    """Made once a connection: who follows one fold keeps to its tables, and each batch would ask anew."""
    known = _ACCESS.setdefault(connection, {})
    name = table.name + suffix
    if name not in known:
        known[name] = _made(connection, table, name)
    return known[name]


@cache
def inserts(name: str, into: tuple[str, ...]) -> Mapping[int, Prepared]:
    """What puts few rows into these columns of the table, by how many. Made when some are: who copies needs none."""
    return {
        count: Prepared(f"insert {count} {name}".encode(), _insert(name, into, count).as_bytes(), ())
        for count in INSERTED_TOGETHER
    }


def table_name(table: Table, suffix: str) -> sql.Identifier:
    """The table, or the one beside it with the suffix."""
    return sql.Identifier(table.name + suffix)


def _made(connection: Connection[Any], table: Table, name: str) -> Access:
    kinds = dict(connection.execute(_COLUMNS, (name,)).fetchall())
    into = table.written
    key = (table.stream, *table.key)
    one = (*key, "known_from")

    def prepared(what: str, statement: sql.Composed) -> Prepared:
        return Prepared(f"{what} {name}".encode(), statement.as_bytes(connection), ())

    return Access(
        kinds,
        copy=sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(name), _names(into)).as_bytes(),
        end=_end(table, name).as_bytes(connection),
        load=_load(table, kinds, name, _of_streams(table, "%s")).as_bytes(connection),
        load_ready=prepared("load", _load(table, kinds, name, _of_streams(table, "$1"))),
        load_one=prepared("load one", _load(table, kinds, name, _same(key))),
        end_one=prepared("end", _end_one(name, one)),
        key_fields=[_encoder(kinds, column) for column in key],
        insert_fields=[_encoder(kinds, column) for column in into],
        end_fields=[_encoder(kinds, column) for column in (*one, "known_to")],
    )


def _encoder(kinds: Mapping[str, str], column: str) -> Callable[[Any], bytes]:
    try:
        return FIELD_OF_KIND[kinds[column]]
    except KeyError:
        raise TypeError(f"a projection's table cannot have a column of {kinds.get(column)}") from None


def _load(table: Table, kinds: Mapping[str, str], name: str, which: sql.Composed) -> sql.Composed:
    as_text = {"uuid": sql.SQL("{}::text"), "uuid[]": sql.SQL("{}::text[]")}
    told = [as_text.get(kinds[one], sql.SQL("{}")).format(sql.Identifier(one)) for one in (*table.key, *table.columns)]
    return sql.SQL("SELECT known_from, because, {columns} FROM {table} WHERE {which} AND known_to IS NULL").format(
        columns=sql.SQL(", ").join([sql.Identifier(table.stream), *told]), table=sql.Identifier(name), which=which
    )


def _of_streams(table: Table, streams: LiteralString) -> sql.Composed:
    return sql.SQL("{} = ANY({})").format(sql.Identifier(table.stream), sql.SQL(streams))


def _insert(name: str, into: Sequence[str], count: int) -> sql.Composed:
    places = iter(map(_place, range(1, count * len(into) + 1)))
    row = [sql.SQL("({})").format(sql.SQL(", ").join(islice(places, len(into)))) for _ in range(count)]
    return sql.SQL("INSERT INTO {} ({}) VALUES {}").format(sql.Identifier(name), _names(into), sql.SQL(", ").join(row))


def _end_one(name: str, one: Sequence[str]) -> sql.Composed:
    return sql.SQL("UPDATE {} SET known_to = {} WHERE {}").format(
        sql.Identifier(name), _place(len(one) + 1), _same(one)
    )


def _same(columns: Sequence[str]) -> sql.Composed:
    """That each column is the argument of its place."""
    same = [sql.SQL("{} = {}").format(sql.Identifier(column), _place(at)) for at, column in enumerate(columns, 1)]
    return sql.SQL(" AND ").join(same)


@cache
def _place(number: int) -> sql.SQL:
    """Made once: the statements of all tables together have thousands of places."""
    return sql.SQL(f"${number:d}")


def _end(table: Table, name: str) -> sql.Composed:
    keyed = {table.stream: "uuid", **table.key, "known_from": "int8"}
    given = {**keyed, "known_to": "int8"}
    return sql.SQL(
        "UPDATE {table} t SET known_to = e.known_to FROM unnest({given}) AS e ({names}) WHERE {same}"
    ).format(
        table=sql.Identifier(name),
        given=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.Identifier(kind)) for kind in given.values()),
        names=_names(tuple(given)),
        same=sql.SQL(" AND ").join(sql.SQL("t.{name} = e.{name}").format(name=sql.Identifier(name)) for name in keyed),
    )


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
