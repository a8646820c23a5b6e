"""What analysts see of a register: its projections' tables under pseudonyms, and figures, in a schema of their own.

Made from the tables as they are and from analysts.toml, which says what each column means and how it may be seen. What
it does not name is not shown, and a uuid is never shown as it is. A table that has views cannot be dropped before them
(`drop_views`). Must never hold: a question of its own, anything that tells whose a pseudonym is.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple, TypedDict

from psycopg import Connection, sql

from domain.ledger.migrate import SCHEMA_PREFIX, schema_of
from projections.rows import Projection
from projections.store import CHECKPOINTS

ANALYSIS_PREFIX = "analysis_"
HISTORY = "_history"
"""What the name of the view ends in that has, beside the rows that stand, all that ever stood."""
NOW = 2**63 - 1
"""As of a position that no event will ever have: now."""
_ROWS = {
    "trail": "coalesce(t.stream_kind, (SELECT o.stream_kind FROM trail o"
    " WHERE o.stream_id = t.stream_id AND o.stream_kind IS NOT NULL LIMIT 1)) <> 'client'"
}
"""Which rows of a table are shown, where not all are. Of a client's stream no event is: the name of one, or a version
that is missing, would tell of an order of non-disclosure."""

_KEPT = """
CREATE TABLE IF NOT EXISTS analysis_secret (
    is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    secret     bytea NOT NULL CHECK (octet_length(secret) = 32)
)
"""
_DRAWN = """
INSERT INTO analysis_secret (secret)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) ON CONFLICT DO NOTHING
"""
"""Of 244 random bits, once and for good; it never leaves the database."""
_MAKINGS = "CREATE TABLE IF NOT EXISTS analysis_makings (making uuid PRIMARY KEY)"
_MADE = "INSERT INTO analysis_makings (making) VALUES (gen_random_uuid()) RETURNING making::text"
"""A row for every time that views were made. To see its row is to see the tables that the views read."""
_IS_WHOLE = """
BEGIN
    IF EXISTS (SELECT FROM analysis_makings m WHERE m.making = {making}) THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'these views were made anew since your transaction began: begin it anew'
        USING ERRCODE = 'serialization_failure';
END
"""
_IS_WHOLE_SAYS = "True; refused in a transaction that is older than the tables: they would be empty to it."
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
_VIEWS = "SELECT viewname FROM pg_views WHERE schemaname = %s"
_FUNCTIONS = """
SELECT p.proname, p.proargnames[1:p.pronargs], pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = ANY(%s) ORDER BY p.proname
"""
_REFLECTED = f"""
SELECT min(c.position),
    bool_or(c.status <> 'running' OR c.position > (SELECT coalesce(max(e.position), 0) FROM events e))
FROM ({CHECKPOINTS}) c
"""  # noqa: S608 -- all is ours
_REFLECTED_SAYS = (
    "Up to which position of the log the views tell, and whether a projection has stopped there, or shows events that"
    " the log does not hold any more."
)
_PSEUDONYM = {
    "uuid": "encode(substring(sha256(s.secret || uuid_send({})) FROM 1 FOR 16), 'hex')::uuid",
    "text": "encode(substring(sha256(s.secret || convert_to({}, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid",
}


class Shown(TypedDict):
    """A figure: what it counts, and by what it may be grouped, none of which is a person."""

    says: str
    by: list[str]


class Words(NamedTuple):
    """analysts.toml: sentences for views, and for columns by how they are seen; `column` or `table.column`."""

    views: Mapping[str, str]
    pseudonyms: Mapping[str, str]
    plain: Mapping[str, str]
    left_out: Mapping[str, str]
    figures: Mapping[str, Shown]


class Figure(NamedTuple):
    """A function that answers for a figure, as PostgreSQL tells it."""

    name: str
    names: list[str]
    arguments: str
    result: str


_TEXT = (resources.files("projections") / "analysts.toml").read_bytes()
WORDS = Words(**tomllib.loads(_TEXT.decode()))
FINGERPRINT = hashlib.sha256(_TEXT + (resources.files("projections") / "analysis.py").read_bytes()).hexdigest()[:16]
"""Of all that decides what analysts see, beside the tables themselves."""


def analysis_schema(register: str) -> str:
    """The schema in which analysts see the register. Raises RegisterNameRefused."""
    return ANALYSIS_PREFIX + schema_of(register).removeprefix(SCHEMA_PREFIX)


def make_views(connection: Connection[Any], register: str, projections: Iterable[Projection]) -> None:
    """Make what analysts see of the projections, anew. As the owner; the search path is the register's schema.

    Whoever is to look is a member of jaksokirja_analyst and has been granted USAGE on this register's schema.
    """
    projections = tuple(projections)
    if not projections:
        return
    tables = [table.name for projection in projections for table in projection.tables]
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, column, kind in connection.execute(_COLUMNS, (tables,)):
        found[table].append((column, kind))
    questions = "".join(projection.parts["questions"] for projection in projections)
    wanted = [name for name in WORDS.figures if f"FUNCTION {name}(" in questions]
    figures = [Figure(*row) for row in connection.execute(_FUNCTIONS, (wanted,))]
    schema = sql.Identifier(analysis_schema(register))
    statements = [
        *_beginning(schema, _made(connection)),
        *_dropping(schema, tables),
        *(made for table, columns in found.items() if table in WORDS.views for made in _views(schema, table, columns)),
        *(made for figure in figures for made in _figure(schema, schema_of(register), figure)),
        *_grants(schema),
    ]
    connection.execute(sql.SQL(";\n").join(statements))


def views_there(connection: Connection[Any], register: str) -> Callable[[Projection], bool]:
    """Whether all views of a projection are there, as PostgreSQL has them now."""
    found = {view for (view,) in connection.execute(_VIEWS, (analysis_schema(register),))}
    return lambda projection: all(table.name in found for table in projection.tables if table.name in WORDS.views)


def drop_views(connection: Connection[Any], register: str, projections: Iterable[Projection]) -> None:
    """Let go of the projections' tables, so that others can take their places."""
    tables = [table.name for projection in projections for table in projection.tables]
    if tables:
        schema = sql.Identifier(analysis_schema(register))
        connection.execute(sql.SQL(";\n").join(_dropping(schema, tables)))


def _made(connection: Connection[Any]) -> str:
    """Write down that views are being made; the name of this making."""
    connection.execute(_MAKINGS)
    row = connection.execute(_MADE).fetchone()
    assert row is not None  # noqa: S101 -- an insert returns its row; tells the type checker
    return str(row[0])


def _beginning(schema: sql.Identifier, making: str) -> Iterator[sql.Composable]:
    yield sql.SQL(_KEPT)
    yield sql.SQL(_DRAWN)
    yield sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema)
    ours = sql.SQL(" STABLE SECURITY DEFINER SET search_path FROM CURRENT AS {}")
    reflected, is_whole = schema + sql.SQL(".reflected"), schema + sql.SQL(".is_whole")
    yield sql.SQL('CREATE OR REPLACE FUNCTION {}(OUT "position" bigint, OUT is_stopped boolean) LANGUAGE sql').format(
        reflected
    ) + ours.format(sql.Literal(_REFLECTED))
    yield sql.SQL("COMMENT ON FUNCTION {} IS {}").format(reflected, sql.Literal(_REFLECTED_SAYS))
    body = sql.SQL(_IS_WHOLE).format(making=sql.Literal(making)).as_string()
    yield sql.SQL("CREATE OR REPLACE FUNCTION {}() RETURNS boolean LANGUAGE plpgsql PARALLEL SAFE").format(
        is_whole
    ) + ours.format(sql.Literal(body))
    yield sql.SQL("COMMENT ON FUNCTION {} IS {}").format(is_whole, sql.Literal(_IS_WHOLE_SAYS))


def _dropping(schema: sql.Identifier, tables: Sequence[str]) -> list[sql.Composable]:
    drop = sql.SQL("DROP VIEW IF EXISTS {}.{}")
    return [drop.format(schema, sql.Identifier(table + end)) for table in tables for end in ("", HISTORY)]


def _views(schema: sql.Identifier, table: str, columns: Sequence[tuple[str, str]]) -> Iterator[sql.Composable]:
    """The table with all that it ever held, and as it stands; where `known_to` is left out, only as it stands.

    Then in the order of pseudonyms: that in which rows are stored tells which of them are new.
    """
    seen = {column: how for column, kind in columns if (how := _seen(table, column, kind))}
    says = {column: told for column in seen if (told := column_says(table, column))}
    history, now = (schema + sql.SQL(".") + sql.Identifier(table + end) for end in (HISTORY, ""))
    make = sql.SQL("CREATE VIEW {} WITH (security_barrier) AS SELECT {} FROM ")
    shown = sql.SQL(", ").join(seen.values())
    rows = sql.SQL("{} t CROSS JOIN analysis_secret s WHERE {}.is_whole() AND {}").format(
        sql.Identifier(table), schema, sql.SQL(_ROWS.get(table, "true"))
    )
    if "known_to" in says:
        yield make.format(history, shown) + rows
        yield from _comments(history, f"{WORDS.views[table]} All that was ever known, with from when to when.", says)
        del says["known_to"]
        shown, rows = sql.SQL(", ").join(map(sql.Identifier, says)), history + sql.SQL(" WHERE known_to IS NULL")
    else:
        rows += sql.SQL(" AND t.known_to IS NULL ORDER BY 1")
    yield make.format(now, shown) + rows
    yield from _comments(now, WORDS.views[table], says)


def column_says(table: str, column: str) -> str | None:
    """What the column means, in words for an analyst; None where it is not to be seen."""
    return next((section[name] for section, name in _places(table, column) if section is not WORDS.left_out), None)


def _places(table: str, column: str) -> Iterator[tuple[Mapping[str, str], str]]:
    """Where the words have the column: the first place goes before the others."""
    for name in (f"{table}.{column}", column):
        for section in (WORDS.left_out, WORDS.pseudonyms, WORDS.plain):
            if name in section:
                yield section, name
                return


def _seen(table: str, column: str, kind: str) -> sql.Composable | None:
    """How the view has the column, under its own name; None: not at all."""
    section = next((section for section, _ in _places(table, column)), WORDS.left_out)
    if section is WORDS.left_out:
        return None
    name = sql.Identifier(column)
    base = kind.removesuffix("[]")
    if section is WORDS.plain and base != "uuid":
        return sql.Identifier("t", column)
    pseudonym = sql.SQL(_PSEUDONYM[base])
    if base == kind:
        return pseudonym.format(sql.Identifier("t", column)) + sql.SQL(" AS ") + name
    return sql.SQL(
        "CASE WHEN {column} IS NOT NULL THEN ARRAY("
        "SELECT {each} FROM unnest({column}) WITH ORDINALITY AS u (one, place) ORDER BY u.place) END AS {name}"
    ).format(column=sql.Identifier("t", column), each=pseudonym.format(sql.SQL("u.one")), name=name)


def _comments(view: sql.Composable, says: str, columns: Mapping[str, str]) -> Iterator[sql.Composable]:
    yield sql.SQL("COMMENT ON VIEW {} IS {}").format(view, sql.Literal(says))
    for column, told in columns.items():
        yield sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(view, sql.Identifier(column), sql.Literal(told))


def _figure(schema: sql.Identifier, register_schema: str, figure: Figure) -> Iterator[sql.Composable]:
    """The figure, answered with the owner's rights; refused by groups that are persons. Without `as_of`: as of now.

    First the table is read that nobody can swap others beside: `is_whole` is that of the last swap from then on.
    """
    shown = WORDS.figures[figure.name]
    called = [
        sql.SQL("coalesce(${}, {})" if name == "as_of" else "${}").format(
            *map(sql.Literal, (at, NOW) if name == "as_of" else (at,))
        )
        for at, name in enumerate(figure.names, 1)
    ]
    refused: sql.Composable = sql.SQL("")
    if shown["by"]:
        refused = sql.SQL(
            "IF $1 = ANY ({}) THEN NULL; ELSE RAISE EXCEPTION 'grouped_by is one of: %', {}"
            " USING ERRCODE = 'invalid_parameter_value'; END IF;"
        ).format(sql.Literal(shown["by"]), sql.Literal(", ".join(shown["by"])))
    name = schema + sql.SQL(".") + sql.Identifier(figure.name)
    body = sql.SQL(
        "BEGIN {} PERFORM FROM projection_swaps LIMIT 1; PERFORM {}.is_whole(); RETURN QUERY SELECT * FROM {}({}); END"
    ).format(refused, schema, sql.Identifier(figure.name), sql.SQL(", ").join(called))
    yield sql.SQL("DROP FUNCTION IF EXISTS {}").format(name)
    yield sql.SQL(
        "CREATE FUNCTION {}({}) RETURNS {} LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {}, pg_temp AS {}"
    ).format(
        name, sql.SQL(figure.arguments), sql.SQL(figure.result), sql.Identifier(register_schema),
        sql.Literal(body.as_string()),
    )  # fmt: skip
    says = shown["says"] + (f" By {', '.join(shown['by'])}." if shown["by"] else "")
    yield sql.SQL("COMMENT ON FUNCTION {} IS {}").format(name, sql.Literal(f"{says} Without as_of: as known now."))


def _grants(schema: sql.Identifier) -> Iterator[sql.Composable]:
    """To look, and nothing else. Who may look at which register is said by USAGE on its schema, not given here."""
    yield sql.SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {} FROM PUBLIC").format(schema)
    yield sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO jaksokirja_analyst").format(schema)
    yield sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {} TO jaksokirja_analyst").format(schema)
