"""What docs/scale.md promises of a register's schema, asked of PostgreSQL's catalogue after all is installed.

`tests/test_house.py` reads the same rules in the files' text; here stands what the server made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from domain.ledger.migrate import create_register, schema_of
from projections.install import install

REGISTER = "scale-rules"
NONE_OF: dict[str, LiteralString] = {
    "tables without a primary key": """
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')""",
    "foreign keys": """
        SELECT k.conname FROM pg_constraint k
        WHERE k.connamespace = %(schema)s::regnamespace AND k.contype = 'f'""",
    "deferrable constraints": """
        SELECT k.conname FROM pg_constraint k WHERE k.connamespace = %(schema)s::regnamespace AND k.condeferrable""",
    "sequences, materialized views, foreign tables": """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('S', 'm', 'f')""",
    "identity columns": """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND a.attidentity <> ''""",
    "inheritance": """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND NOT c.relispartition""",
    "triggers": """
        SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal""",
    "types of columns and arguments that live in another schema of ours": """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid
        WHERE c.relnamespace = %(schema)s::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        AND y.typnamespace NOT IN ('pg_catalog'::regnamespace, %(schema)s::regnamespace)""",
    "functions that do not say where they look for names": """
        SELECT p.proname FROM pg_proc p WHERE p.pronamespace = %(schema)s::regnamespace
        AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%%')""",
    "functions that look for names in another register": """
        SELECT p.proname FROM pg_proc p, unnest(p.proconfig) s
        WHERE p.pronamespace = %(schema)s::regnamespace AND s LIKE 'search\\_path=%%'
        AND s NOT IN ('search_path=' || %(schema)s || ', pg_temp')""",
    "things that depend on another schema of ours": """
        SELECT DISTINCT d.classid::regclass || ' ' || d.objid FROM pg_depend d
        JOIN pg_class mine ON d.classid = 'pg_class'::regclass AND mine.oid = d.objid
        JOIN pg_class other ON d.refclassid = 'pg_class'::regclass AND other.oid = d.refobjid
        JOIN pg_namespace n ON n.oid = other.relnamespace
        WHERE mine.relnamespace = %(schema)s::regnamespace AND other.relnamespace <> mine.relnamespace
        AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')""",
}


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    create_register(postgres, REGISTER)
    install(postgres, REGISTER)
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("what", NONE_OF)
def test_a_registers_schema_has_nothing_that_keeps_it_on_one_machine(
    connection: psycopg.Connection[Any], what: str
) -> None:
    found = connection.execute(NONE_OF[what], {"schema": schema_of(REGISTER)}).fetchall()
    assert [name for (name,) in found] == []


BREACHES: dict[str, LiteralString] = {
    "tables without a primary key": "CREATE TABLE t (n int)",
    "foreign keys": "CREATE TABLE t (n int PRIMARY KEY REFERENCES u (n))",
    "deferrable constraints": "CREATE TABLE t (n int PRIMARY KEY DEFERRABLE)",
    "sequences, materialized views, foreign tables": "CREATE SEQUENCE t",
    "identity columns": "CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
    "inheritance": "CREATE TABLE t () INHERITS (u)",
    "triggers": "CREATE TRIGGER t BEFORE UPDATE ON u EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "types of columns and arguments that live in another schema of ours": (
        "CREATE TYPE elsewhere.y AS ENUM ('a'); CREATE TABLE t (n elsewhere.y PRIMARY KEY)"
    ),
    "functions that do not say where they look for names": (
        "CREATE FUNCTION t() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END"
    ),
    "functions that look for names in another register": (
        "CREATE FUNCTION t() RETURNS int LANGUAGE sql SET search_path = elsewhere BEGIN ATOMIC SELECT 1; END"
    ),
    "things that depend on another schema of ours": "CREATE TABLE t (n int PRIMARY KEY) INHERITS (elsewhere.u)",
}


@pytest.mark.parametrize("what", NONE_OF)
def test_each_of_these_checks_finds_what_it_looks_for(postgres: str, what: str) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE SCHEMA broken; CREATE SCHEMA elsewhere; SET LOCAL search_path TO broken")
        connection.execute("CREATE TABLE u (n int PRIMARY KEY); CREATE TABLE elsewhere.u (n int PRIMARY KEY)")
        connection.execute(BREACHES[what])
        assert connection.execute(NONE_OF[what], {"schema": "broken"}).fetchall() != []
        connection.rollback()
