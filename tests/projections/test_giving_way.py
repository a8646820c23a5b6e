"""A swap and the making of views beside somebody's open transaction: they give way, others read and follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql
from structlog.testing import capture_logs

from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.install import install, owner_connection, register_connection, views_waiting
from projections.loading import RebuildStopped
from projections.queries import reading
from projections.rebuild import rebuild
from tests.patience import until
from tests.projections.analysts import SCHEMA, Analyst, facts_of_a_register, logged_in, of, shown
from tests.projections.conftest import Book
from tests.projections.history import History, day, referral
from tests.projections.test_installing import beside, waits_for

ASKED = {"a view": "SELECT * FROM meetings", "a figure": "SELECT * FROM caseload('area', NULL, current_date)"}


@pytest.fixture
def told(book: Book, history: History) -> History:
    history.record_all(facts_of_a_register())
    run_once(*book)
    return history


@pytest.fixture
def analyst(book: Book) -> Iterator[Analyst]:
    with logged_in(*book) as connection:
        yield connection


@pytest.fixture(autouse=True)
def shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than a test does."""
    monkeypatch.setattr("projections.install.LONGEST_WAIT", "100ms")
    monkeypatch.setattr("projections.rebuild.PAUSES_SECONDS", (0, 0, 0))


@pytest.mark.parametrize("asked", ASKED)
def test_a_swap_gives_way_to_who_has_asked_and_comes_when_they_have_ended_and_meanwhile_others_ask_and_follow(
    book: Book, told: History, analyst: Analyst, asked: str
) -> None:
    analyst.execute("BEGIN")
    analyst.execute(ASKED[asked].encode())
    tries: list[int] = []

    def begins(phase: str) -> None:
        if phase != "compare":
            return
        tries.append(told.record(uuid4(), referral(uuid4(), area=f"area-{len(tries)}")))
        run_once(*book)
        with reading(*book) as api:
            answer = api.caseload("area", on_day=day(9))
        assert f"area-{len(tries) - 1}" in {row.group_key for row in answer.rows}
        if len(tries) == 3:
            analyst.execute("ROLLBACK")

    with capture_logs() as logged:
        assert all(result.equal and result.swapped for result in rebuild(*book, begins=begins))
    assert len(tries) == 3
    assert [one["event"] for one in logged].count("swap_waits") == 2


def test_a_swap_that_somebody_stays_in_the_way_of_is_given_up_in_words_and_leaves_everything_as_it_was(
    book: Book, told: History, analyst: Analyst
) -> None:
    before = {view: of(analyst, view) for view in shown(analyst)}
    analyst.execute("BEGIN")
    of(analyst, "meetings")
    with pytest.raises(RebuildStopped, match="pg_stat_activity tells whose"):
        rebuild(*book)
    analyst.execute("COMMIT")
    assert {view: of(analyst, view) for view in shown(analyst)} == before
    with register_connection(*book) as connection:
        assert connection.execute("SELECT FROM projection_swaps").fetchall() == []
    assert all(result.equal and result.swapped for result in rebuild(*book))


def test_a_swap_that_is_a_deadlocks_victim_is_tried_again(
    book: Book, told: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.install.LONGEST_WAIT", "60s")
    results: list[Any] = []
    with psycopg.connect(book[0]) as somebody, psycopg.connect(book[0], autocommit=True) as looks:
        somebody.execute("SET deadlock_timeout TO '1h'")  # so that the other one finds it
        somebody.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(SCHEMA)))
        of(somebody, "meetings")
        with capture_logs() as logged, beside(lambda: results.extend(rebuild(*book))):
            until(lambda: waits_for(somebody, looks))
            assert of(somebody, "episodes")
            somebody.rollback()
    assert [one["event"] for one in logged].count("swap_waits") == 1
    assert all(result.equal and result.swapped for result in results)
    assert results


def test_views_that_somebodys_transaction_is_in_the_way_of_are_told_and_made_the_next_time_and_following_goes_on(
    book: Book, told: History, analyst: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.install.FINGERPRINT", "another")
    analyst.execute("BEGIN")
    of(analyst, "meetings")
    with capture_logs() as logged:
        assert install(*book) == []
    assert [one["event"] for one in logged] == ["views_wait"]
    assert views_waiting(*book) == [projection.name for projection in PROJECTIONS]
    last = told.record(uuid4(), referral(uuid4()))
    assert {checkpoint.position for checkpoint in run_once(*book).values()} == {last}
    analyst.execute("COMMIT")
    before = view_oids(analyst)
    install(*book)
    assert views_waiting(*book) == []
    assert view_oids(analyst) & before == set()


def view_oids(connection: Connection[Any]) -> set[Any]:
    rows = connection.execute("SELECT oid AS oid FROM pg_class WHERE relnamespace = %s::regnamespace", (SCHEMA,))
    return {row["oid"] for row in rows}


def test_views_of_a_projection_that_a_register_has_never_had_wait_for_it_to_be_installed(
    book: Book, told: History
) -> None:
    new = PROJECTIONS[0].name
    with owner_connection(*book) as connection:
        connection.execute("DELETE FROM projection_checkpoints WHERE projection = %s", (new,))
    assert views_waiting(*book) == [new]


@pytest.mark.parametrize("lost", ["SCHEMA {0}", "VIEW {0}.meetings_history"])
def test_what_analysts_see_is_made_anew_where_it_is_gone_and_a_pseudonym_stays_the_same(
    book: Book, told: History, lost: str
) -> None:
    with logged_in(*book) as analyst:
        before = {view: of(analyst, view) for view in shown(analyst)}
    with psycopg.connect(book[0]) as administrator:
        administrator.execute(f"DROP {lost.format(SCHEMA)} CASCADE".encode())
    assert views_waiting(*book)
    assert install(*book) == []
    assert views_waiting(*book) == []
    with logged_in(*book) as analyst:
        assert {view: of(analyst, view) for view in shown(analyst)} == before
