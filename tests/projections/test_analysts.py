"""What an analyst sees: every projection under pseudonyms, documented, as of any moment, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege, InvalidParameterValue

from domain.client.facts import ClientRegistered, FamilyJoined, NonDisclosureEnded, NonDisclosureOrdered
from domain.episode.facts import EpisodeStarted
from domain.ledger.connections import as_role
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from projections import meetings
from projections.analysis import HISTORY, WORDS, column_says
from projections.engine import run_once
from projections.install import install, owner_connection
from projections.rebuild import rebuild
from tests.projections.analysts import (
    CHANGING,
    COLUMNS,
    FUNCTIONS,
    PEOPLE,
    PERIOD,
    RELATIONS,
    SCHEMA,
    SCHEMAS,
    TABLES,
    UUID_IN,
    VIEWS,
    Analyst,
    facts_of_a_register,
    figures_of,
    logged_in,
    names,
    numbers,
    of,
    shown,
    texts,
)  # fmt: skip
from tests.projections.conftest import REGISTER, Book, Rows
from tests.projections.history import History, day, held, whole_episode
from tests.projections.test_conformance import everything
from tests.projections.test_stopping import lose_events_after


@pytest.fixture
def told(book: Book, history: History) -> History:
    """A history that touches every table, with an entry struck."""
    history.record_all(facts_of_a_register())
    history.strike(next(iter(history.versions)), 1)
    run_once(*book)
    return history


@pytest.fixture
def analyst(book: Book) -> Iterator[Analyst]:
    with logged_in(*book) as connection:
        yield connection


def test_every_table_of_a_projection_has_its_two_views_and_every_column_is_told_or_left_out_for_a_reason(
    book: Book, analyst: Analyst
) -> None:
    views = shown(analyst)
    assert set(views) == VIEWS
    with owner_connection(*book) as connection:
        rows = connection.execute(COLUMNS, (schema_of(REGISTER),)).fetchall()
    columns = {(table, column) for table, column, *_ in rows if table in TABLES}
    widest = {table: views.get(table + HISTORY, views[table]) for table in TABLES}
    left_out = {(table, column) for table, column in columns if column not in widest[table]}
    said = {name for table, column in left_out for name in (column, f"{table}.{column}") if name in WORDS.left_out}
    assert said == set(WORDS.left_out)
    assert all({column, f"{table}.{column}"} & said for table, column in left_out)
    assert all(set(views[table]) == set(widest[table]) - {"known_to"} for table in TABLES)


def test_every_view_and_every_column_says_what_it_means(analyst: Analyst) -> None:
    views = shown(analyst)
    assert [name for view in views.values() for name, row in view.items() if not row["column_says"]] == []
    assert [name for name, view in views.items() if not all(row["view_says"] for row in view.values())] == []
    assert views["episodes"]["area"]["column_says"] == "The area: a public name."


def test_no_words_are_kept_for_what_is_not_there(book: Book) -> None:
    with owner_connection(*book) as connection:
        rows = connection.execute(COLUMNS, (schema_of(REGISTER),)).fetchall()
    there = {name for table, column, *_ in rows if table in TABLES for name in (column, f"{table}.{column}")}
    assert set(WORDS.views) == set(TABLES)
    assert {*WORDS.pseudonyms, *WORDS.plain, *WORDS.left_out} - there == set()


def test_no_column_stands_in_two_sections() -> None:
    sections = (set(WORDS.pseudonyms), set(WORDS.plain), set(WORDS.left_out))
    assert sum(map(len, sections)) == len(set().union(*sections))


def test_an_analyst_may_look_at_these_views_call_these_figures_and_nothing_else(book: Book, analyst: Analyst) -> None:
    assert names(analyst, RELATIONS) == {f"{SCHEMA}.{view}" for view in VIEWS}
    assert names(analyst, CHANGING) == set()
    assert names(analyst, FUNCTIONS) == {f"{SCHEMA}.{name}" for name in (*WORDS.figures, "reflected", "is_whole")}
    assert names(analyst, SCHEMAS) - {"public"} == {SCHEMA}
    for table in ("events", "episodes", "analysis_secret"):
        with pytest.raises(InsufficientPrivilege):
            analyst.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(schema_of(REGISTER), table)))


def test_this_walk_through_the_catalogue_finds_what_is_granted_beside(book: Book, analyst: Analyst) -> None:
    with owner_connection(*book) as connection:
        schema = sql.Identifier(schema_of(REGISTER))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO jaksokirja_analyst").format(schema))
        connection.execute("GRANT UPDATE (area) ON clients TO PUBLIC")
    assert f"{schema_of(REGISTER)}.clients" in names(analyst, RELATIONS)


@pytest.mark.parametrize("role", ["appender", "projector", "reader", "sealer", "analyst"])
def test_nobody_that_the_software_runs_as_reads_what_pseudonyms_are_made_with(book: Book, role: Any) -> None:
    with psycopg.connect(as_role(book[0], role)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(sql.SQL("SELECT FROM {}.analysis_secret").format(sql.Identifier(schema_of(REGISTER))))


def test_who_may_analyse_one_register_sees_none_of_another(book: Book) -> None:
    create_register(book[0], "another")
    install(book[0], "another")
    with logged_in(book[0], "another") as analyst:
        assert of(analyst, "episodes") == []
        with pytest.raises(InsufficientPrivilege):
            analyst.execute(sql.SQL("SELECT FROM {}.episodes").format(sql.Identifier(SCHEMA)))
    with logged_in(book[0]) as nobody_yet, pytest.raises(InsufficientPrivilege):
        nobody_yet.execute(sql.SQL("SELECT FROM {}.episodes").format(sql.Identifier(SCHEMA)))


def test_no_id_of_a_stream_a_client_or_a_worker_stands_in_anything_that_an_analyst_can_ask_for(
    book: Book, history: History, analyst: Analyst
) -> None:
    facts = facts_of_a_register()
    history.record_all(facts)
    run_once(*book)
    with owner_connection(*book) as connection:
        raw = {found for table in TABLES for text in texts(of(connection, table)) for found in UUID_IN.findall(text)}
        people = {name for (name,) in connection.execute(PEOPLE)}
    assert len(raw) > len(facts) / 4
    assert {"anna", "instructor-1"} <= people
    seen = [*(row for view in shown(analyst) for row in of(analyst, view)), *figures_of(analyst)]
    joined = "\n".join(texts(seen))
    assert [text for text in raw | people if text in joined] == []


def test_the_same_id_has_one_pseudonym_in_all_views_so_that_they_join(analyst: Analyst, told: History) -> None:
    joined = analyst.execute(
        "SELECT e.episode_id, m.meeting_id, c.area, w.role FROM episodes e JOIN meetings m USING (episode_id)"
        " JOIN clients c ON c.client_id = ANY (m.client_ids) JOIN workers w ON w.worker_id = ANY (m.worker_ids)"
        " JOIN trail t ON t.stream_id = e.episode_id AND t.version = 1 WHERE m.status = 'held' AND e.phase = 'closed'"
    ).fetchall()
    assert len(joined) == 2


def test_one_id_has_another_pseudonym_in_another_register(book: Book, analyst: Analyst) -> None:
    facts = facts_of_a_register()
    create_register(book[0], "another")
    install(book[0], "another")
    seen: list[set[str]] = []
    for register in (REGISTER, "another"):
        recorder = RegisterRecorder(book[0], register)
        History(recorder).record_all(facts)
        recorder.close()
        run_once(book[0], register)
        with logged_in(book[0], register) as who:
            views = ("episodes", "clients", "workers", "meetings", "assignments")
            seen.append({text for view in views for text in texts(of(who, view)) if len(text) == 36})
    assert all(seen)
    assert seen[0] & seen[1] == set()


def test_views_read_the_tables_that_a_rebuild_has_swapped_in(
    book: Book, told: History, analyst: Analyst, rows: Rows
) -> None:
    before = {view: sorted(map(str, of(analyst, view))) for view in shown(analyst)}
    assert all(result.swapped for result in rebuild(*book))
    assert {view: sorted(map(str, of(analyst, view))) for view in shown(analyst)} == before
    episode = rows("meetings")[0]
    told.record(episode["episode_id"], held(UUID(int=7), UUID(int=8), on=5))
    run_once(*book)
    assert len(of(analyst, "meetings")) == len(before["meetings"]) + 1


def test_views_follow_a_projection_that_another_fold_has_made(book: Book, told: History, analyst: Analyst) -> None:
    before = of(analyst, "meetings")
    script = meetings.PROJECTION.script.replace("    mode  ", "    theme text,\n    mode  ")
    changed = replace(meetings.PROJECTION, code=b"another", script=script)
    assert install(*book, [changed]) == ["meetings"]
    assert of(analyst, "meetings") == before != []
    assert all(result.swapped for result in rebuild(*book, [changed]))
    after = {row.pop("meeting_id"): row for row in of(analyst, "meetings")}
    assert after == {row.pop("meeting_id"): {**row, "theme": None} for row in before}


def test_installing_again_makes_no_view_anew(book: Book, analyst: Analyst) -> None:
    oids = "SELECT c.oid::text AS name FROM pg_class c WHERE c.relnamespace = %s::regnamespace"
    before = names(analyst, oids, SCHEMA)
    install(*book)
    assert names(analyst, oids, SCHEMA) == before


def test_what_is_struck_out_stands_in_no_view_and_stays_in_its_history(
    book: Book, history: History, analyst: Analyst
) -> None:
    episode, client = uuid4(), uuid4()
    history.record(episode, *whole_episode(client))
    run_once(*book)
    met = {row["meeting_id"] for row in of(analyst, "meetings")}
    history.strike(episode, 7)
    run_once(*book)
    (gone,) = met - {row["meeting_id"] for row in of(analyst, "meetings")}
    (line,) = [row for row in of(analyst, "meetings_history") if row["meeting_id"] == gone]
    assert line["known_to"] == 9


def test_nothing_that_an_analyst_can_select_tells_of_an_order_of_non_disclosure(
    book: Book, told: History, analyst: Analyst
) -> None:
    ordered, other = uuid4(), uuid4()
    for client in (ordered, other):
        told.record(client, ClientRegistered(area="north"), FamilyJoined(family_id=uuid4(), joined_on=day(1)))
        told.record(uuid4(), *whole_episode(client))
    run_once(*book)
    before = everything_seen(analyst)
    told.record(ordered, NonDisclosureOrdered(ordered_on=day(3)))
    run_once(*book)
    assert everything_seen(analyst) == before
    told.record(ordered, NonDisclosureEnded(ended_on=day(9)))
    told.strike(ordered, 4)
    told.correct(ordered, 3, NonDisclosureOrdered(ordered_on=day(4)))
    run_once(*book)
    assert everything_seen(analyst) == before
    streams = {row["stream_id"] for row in of(analyst, "trail")}
    assert streams & {row["client_id"] for row in of(analyst, "clients")} == set()
    assert {row["stream_kind"] for row in of(analyst, "trail")} >= {"episode", "contact", None}


def everything_seen(analyst: Analyst) -> list[tuple[str, list[Any]]]:
    """All rows of all views and figures, in the order in which they come."""
    return [*((view, of(analyst, view)) for view in sorted(shown(analyst))), ("figures", list(figures_of(analyst)))]


def test_a_migrator_who_is_no_superuser_makes_what_analysts_see(book: Book) -> None:
    login = f"migrating-{os.getpid()}-{next(numbers)}"
    with psycopg.connect(book[0], autocommit=True) as administrator:
        role = sql.Identifier(login)
        administrator.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'none' IN ROLE jaksokirja_migrator").format(role))
        try:
            theirs = make_conninfo(book[0], user=login, password="none")
            create_register(theirs, "another")
            install(theirs, "another")
            with logged_in(book[0], "another") as analyst:
                assert of(analyst, "episodes") == []
        finally:
            administrator.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_history_tells_at_each_position_what_stood_then(book: Book, history: History, analyst: Analyst) -> None:
    facts = everything()
    episode = next(stream for stream, fact in facts if isinstance(fact, EpisodeStarted))
    then: dict[int, list[Any]] = {}
    for stream, fact in facts:
        history.record(stream, fact)
        if stream == episode:
            run_once(*book)
            position = analyst.execute("SELECT position FROM reflected()").fetchall()[0]["position"]
            then[position] = [row for view in ("episodes", "duties") for row in of(analyst, view)]
    history.strike(episode, 2)
    run_once(*book)
    for position, rows in then.items():
        told = [
            {name: value for name, value in row.items() if name != "known_to"}
            for view in ("episodes", "duties")
            for row in analyst.execute(
                sql.SQL("SELECT * FROM {} WHERE known_from <= %s AND coalesce(known_to > %s, true)").format(
                    sql.Identifier(view + HISTORY)), (position, position))
        ]  # fmt: skip
        assert told == rows
    assert len({str(rows) for rows in then.values()}) > len(then) / 3


def test_that_the_views_show_events_which_are_gone_is_told_as_that_they_stopped(
    book: Book, told: History, analyst: Analyst
) -> None:
    reflected = "SELECT * FROM reflected()"
    last = told.recorder.head()[0]
    assert analyst.execute(reflected).fetchall() == [{"position": last, "is_stopped": False}]
    lose_events_after(book, last - 1)
    assert analyst.execute(reflected).fetchall() == [{"position": last, "is_stopped": True}]
    lose_events_after(book, 0)
    assert analyst.execute(reflected).fetchall() == [{"position": last, "is_stopped": True}]


def test_a_figure_is_as_of_the_position_that_is_asked_for(told: History, analyst: Analyst) -> None:
    of_position = "SELECT * FROM caseload('area', %s, %s)"
    assert analyst.execute(of_position, (1, day(9))).fetchall() == []
    assert analyst.execute(of_position, (None, day(9))).fetchall() != []


@pytest.mark.parametrize("by", ["worker", "episode", "nonsense", None])
def test_a_figure_by_persons_is_refused_with_what_would_be_right(analyst: Analyst, by: str | None) -> None:
    with pytest.raises(InvalidParameterValue, match="grouped_by is one of: area, unit, service, month"):
        analyst.execute("SELECT * FROM visits(%s, NULL, %s, %s, %s)", (by, *PERIOD))


def test_what_has_no_words_is_not_shown() -> None:
    assert column_says("episodes", "a_new_column") is None
    assert column_says("audits", "seed") is None
    assert column_says("episodes", "episode_id") == "The service episode."


def test_a_figure_counts_the_registers_tables_and_not_the_analysts_own_of_the_same_name(
    told: History, analyst: Analyst
) -> None:
    question = "SELECT * FROM caseload('area', NULL, current_date)"
    before = analyst.execute(question).fetchall()
    analyst.execute("CREATE TEMP TABLE episodes (LIKE episodes); CREATE TEMP TABLE assignments (LIKE assignments)")
    analyst.execute("SET search_path TO pg_temp, " + SCHEMA)
    assert before
    assert analyst.execute(question).fetchall() == before
