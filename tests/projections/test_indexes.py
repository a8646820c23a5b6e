"""Indexes as a projection's .sql declares them, and as a register of an earlier release comes to have them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, LiteralString
from uuid import uuid4

import pytest
from psycopg import Connection, sql

from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.indexes import declared, lacking
from projections.install import install, register_connection
from projections.rebuild import rebuild
from projections.rows import Projection
from tests.projections.conftest import Book
from tests.projections.history import History, whole_episode

TRAIL = next(projection for projection in PROJECTIONS if projection.name == "trail")
MEETINGS = next(projection for projection in PROJECTIONS if projection.name == "meetings")
BY_DAY = next(index for index in declared(MEETINGS) if index.says.startswith("(meeting_on)"))

INDEXES: LiteralString = """
SELECT i.relname, i.oid, x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid IN ('meetings'::regclass, 'agreed_meetings'::regclass) AND NOT x.indisprimary
"""


@pytest.fixture
def owner(book: Book) -> Iterator[Connection[Any]]:
    """A superuser: an earlier release, a crash and a database's administrator are all played by it."""
    with register_connection(*book, autocommit=True) as connection:
        yield connection


def indexes(connection: Connection[Any]) -> dict[str, tuple[int, bool]]:
    """Of the meetings: the id of each by its name, and whether it is whole."""
    return {name: (oid, valid) for name, oid, valid in connection.execute(INDEXES)}


def test_a_new_register_has_just_the_declared_indexes(owner: Connection[Any]) -> None:
    assert indexes(owner).keys() == {index.name() for index in declared(MEETINGS)}
    assert not lacking(owner, PROJECTIONS)


def test_an_index_that_is_missing_is_made_and_no_row_is_made_anew(
    book: Book, history: History, owner: Connection[Any]
) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book)
    (index,) = declared(TRAIL)
    before = owner.execute("SELECT ctid, xmin, position FROM trail ORDER BY ctid").fetchall()
    owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index.name())))
    assert lacking(owner, PROJECTIONS)
    assert install(*book) == []
    assert not lacking(owner, PROJECTIONS)
    assert owner.execute("SELECT ctid, xmin, position FROM trail ORDER BY ctid").fetchall() == before
    assert len(before) > 5


def test_an_index_that_was_left_half_made_is_made_anew(book: Book, owner: Connection[Any]) -> None:
    half = indexes(owner)[BY_DAY.name()][0]
    owner.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s", (half,))
    install(*book)
    made, is_valid = indexes(owner)[BY_DAY.name()]
    assert is_valid
    assert made != half


def test_an_index_that_is_declared_no_more_goes_and_one_that_somebody_made_stays(
    book: Book, owner: Connection[Any]
) -> None:
    owner.execute("CREATE INDEX made_by_hand ON meetings (cancelled_on)")
    without = replace(MEETINGS, script=MEETINGS.script.replace("CREATE INDEX ON {meetings} (meeting_on)", "-- ", 1))
    assert BY_DAY not in declared(without)
    install(*book, [without])
    kept = {index.name() for index in declared(without)}
    assert indexes(owner).keys() == kept | {"made_by_hand"}


def test_an_index_of_a_release_that_named_it_otherwise_is_renamed_and_not_made_again(
    book: Book, owner: Connection[Any]
) -> None:
    before = indexes(owner)
    for number, name in enumerate(before):
        renamed = sql.SQL("ALTER INDEX {} RENAME TO {}")
        owner.execute(renamed.format(sql.Identifier(name), sql.Identifier(f"meetings_column{number}_idx")))
    install(*book)
    assert indexes(owner) == before


def test_who_comes_while_another_process_makes_indexes_leaves_it_to_it(book: Book, owner: Connection[Any]) -> None:
    owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(BY_DAY.name())))
    of_schema: LiteralString = "hashtextextended('indexes of ' || current_schema(), 0)"
    owner.execute(f"SELECT pg_advisory_lock({of_schema})")
    install(*book)
    assert BY_DAY.name() not in indexes(owner)
    owner.execute(f"SELECT pg_advisory_unlock({of_schema})")
    install(*book)
    assert BY_DAY.name() in indexes(owner)


def test_rebuilt_tables_have_the_declared_indexes_under_their_own_names(
    book: Book, history: History, owner: Connection[Any]
) -> None:
    history.record(uuid4(), *whole_episode(uuid4()))
    before = indexes(owner)
    assert all(result.swapped for result in rebuild(*book, [MEETINGS]))
    assert indexes(owner).keys() == before.keys()
    assert indexes(owner) != before
    assert not lacking(owner, PROJECTIONS)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_every_declared_index_is_read(projection: Projection) -> None:
    names = [index.name() for index in declared(projection)]
    assert len(set(names)) == len(names) == projection.parts["indexes"].count("CREATE INDEX")


def test_what_is_no_index_among_the_indexes_is_told() -> None:
    script = MEETINGS.script.replace("CREATE INDEX ON {meetings} (meeting_on)", "CREATE TABLE x (meeting_on)")
    with pytest.raises(ValueError, match=r"meetings\.sql: no CREATE INDEX"):
        declared(replace(MEETINGS, script=script))
