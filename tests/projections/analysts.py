"""Somebody who analyses a register, what they may ask, and a history to ask about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection, sql
from psycopg.rows import dict_row
from pydantic import BaseModel

from domain.client.facts import ClientRegistered
from domain.consequence import DutyOpened
from domain.fact import Fact
from domain.register.facts import WorkerEnrolled, WorkerRole
from projections.analysis import WORDS, analysis_schema
from projections.catalogue import PROJECTIONS
from projections.queries import EARLIEST, LATEST
from tests.projections.conftest import REGISTER
from tests.projections.history import day, whole_episode
from tests.projections.test_conformance import everything

Analyst = Connection[dict[str, Any]]
SCHEMA = analysis_schema(REGISTER)
TABLES = [table.name for projection in PROJECTIONS for table in projection.tables]
VIEWS = {table + end for table in TABLES for end in ("", "_history")} - {"clients_history"}
PERIOD = (day(90), EARLIEST, LATEST)

RELATIONS = """
SELECT n.nspname || '.' || c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND has_schema_privilege(n.oid, 'USAGE') AND CASE WHEN c.relkind = 'S'
        THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE')
        ELSE has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') END
"""
CHANGING = RELATIONS + " AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
FUNCTIONS = """
SELECT n.nspname || '.' || p.proname AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND has_schema_privilege(n.oid, 'USAGE')
    AND has_function_privilege(p.oid, 'EXECUTE')
"""
SCHEMAS = """
SELECT n.nspname AS name FROM pg_namespace n WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_schema_privilege(n.oid, 'USAGE, CREATE')
"""
COLUMNS = """
SELECT c.relname AS view, a.attname AS column, format_type(a.atttypid, NULL) AS kind,
    obj_description(c.oid, 'pg_class') AS view_says, col_description(c.oid, a.attnum) AS column_says
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
"""
PEOPLE = """
SELECT worker_id FROM workers UNION SELECT worker_id FROM assignments UNION SELECT actor FROM trail
UNION SELECT auditor FROM audits UNION SELECT owner_id FROM quality_actions UNION SELECT decision_maker FROM decisions
"""
UUID_IN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
numbers = count(1)


@contextmanager
def logged_in(dsn: str, *registers: str) -> Iterator[Analyst]:
    """A connection of somebody who analyses the registers, made as docs/analysts.md tells."""
    login = sql.Identifier(f"analyst-{os.getpid()}-{next(numbers)}")
    with psycopg.connect(dsn, autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE jaksokirja_analyst").format(login))
        for register in registers:
            schema = sql.Identifier(analysis_schema(register))
            administrator.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, login))
        try:
            # The session of a superuser that has become the login stands for one that has logged in as it.
            with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
                connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(login))
                paths = sql.SQL(", ").join(sql.Identifier(analysis_schema(one)) for one in registers or ("none",))
                connection.execute(sql.SQL("SET search_path TO {}").format(paths))
                yield connection
        finally:
            administrator.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(login, login))


def facts_of_a_register() -> list[tuple[UUID, Fact]]:
    """Facts for every table, and an episode from its beginning to its end."""
    episode, client = uuid4(), uuid4()
    enrolled = WorkerEnrolled(worker_id="instructor-1", role=WorkerRole.FAMILY_INSTRUCTOR, enrolled_on=day(0))
    duty = DutyOpened(
        duty_key=f"r:1:{client}", rule_id="r", service="K1", model_version=1, strength="must", started_by=1
    )
    facts: list[tuple[UUID, Fact]] = [
        *everything(), (uuid4(), enrolled), (client, ClientRegistered(area="north")),
        *((episode, fact) for fact in (*whole_episode(client, begins=20), duty)),
    ]  # fmt: skip
    return facts


def names(connection: Analyst, question: str, *given: Any) -> set[str]:
    return {row["name"] for row in connection.execute(question.encode(), given)}


def of(connection: Connection[Any], view: str) -> list[Any]:
    return connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view))).fetchall()


def shown(connection: Analyst) -> dict[str, dict[str, dict[str, Any]]]:
    """What the catalogue tells of the views: by view and column."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(COLUMNS, (SCHEMA,)):
        found.setdefault(row["view"], {})[row["column"]] = row
    return found


def texts(told: Any) -> Iterator[str]:
    """Every id and text in a value, however deep."""
    match told:
        case UUID() | str():
            yield str(told)
        case dict():
            for each in told.items():
                yield from texts(each)
        case list() | tuple() | set():
            for one in told:
                yield from texts(one)
        case BaseModel():
            yield from texts(dict(told))


def figures_of(analyst: Analyst) -> Iterator[dict[str, Any]]:
    """Every row of every figure, in every grouping."""
    for name, how in WORDS.figures.items():
        arguments = analyst.execute(
            "SELECT p.proargnames[1:p.pronargs] AS names FROM pg_proc p"
            " WHERE p.pronamespace = %s::regnamespace AND p.proname = %s", (SCHEMA, name),
        ).fetchall()[0]["names"]  # fmt: skip
        values = {"as_of": None, "on_day": day(90), "from_on": EARLIEST, "to_on": LATEST, "wanted_service": "K1",
                  "services": None}  # fmt: skip
        for by in how["by"] or [""]:
            given = [by if one == "grouped_by" else values[one] for one in arguments]
            call = sql.SQL("SELECT * FROM {}({})").format(
                sql.Identifier(name), sql.SQL(", ").join(sql.Placeholder() * len(given))
            )
            yield from analyst.execute(call, given).fetchall()
