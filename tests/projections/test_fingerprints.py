"""What decides which rows there are decides a projection's fingerprint: rows made by anything else are rebuilt."""

import datetime as dt
from dataclasses import replace
from uuid import uuid4

import pytest
from psycopg import sql

from domain import calendar
from projections.catalogue import PROJECTIONS
from projections.engine import run_once
from projections.install import install, owner_connection
from projections.rebuild import start_up
from tests.projections.conftest import Book
from tests.projections.history import History, referral

BY_THE_CALENDAR = {"duties", "deviations", "audits"}


def test_those_whose_fold_asks_the_calendar_have_another_fingerprint_under_another_calendar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {projection.name: projection.fingerprint for projection in PROJECTIONS}
    monkeypatch.setattr(calendar, "edition", lambda: "another")
    after = {projection.name: replace(projection).fingerprint for projection in PROJECTIONS}
    assert {name for name in before if before[name] != after[name]} == BY_THE_CALENDAR


def test_a_calendar_with_one_more_day_off_is_another_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    before, days_off = calendar.edition(), calendar._days_off
    monkeypatch.setattr(calendar, "_days_off", lambda year: days_off(year) | {dt.date(2031, 2, 3)})
    assert calendar.edition.__wrapped__() != before
    monkeypatch.undo()
    assert calendar.edition.__wrapped__() == before


def test_under_another_calendar_starting_up_rebuilds_what_is_dated_by_it_and_nothing_else(
    book: Book, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    monkeypatch.setattr(calendar, "edition", lambda: "another")
    now = tuple(map(replace, PROJECTIONS))
    assert set(install(*book, now)) == BY_THE_CALENDAR
    assert {checkpoint.status for checkpoint in start_up(*book, now).values()} == {"running"}
    assert install(*book, now) == []


def test_rows_of_an_older_fold_that_lacks_a_column_of_today_are_made_anew(book: Book, history: History) -> None:
    stream_id = uuid4()
    history.record(stream_id, referral(uuid4()))
    run_once(*book)
    (episodes,) = (projection for projection in PROJECTIONS if projection.name == "episodes")
    with owner_connection(*book) as connection:
        lacking = sql.Identifier("referred_on")
        drop = sql.SQL("ALTER TABLE {} DROP COLUMN {} CASCADE")
        connection.execute(drop.format(sql.Identifier(episodes.tables[0].name), lacking))
        connection.execute(
            "UPDATE projection_checkpoints SET fold_fingerprint = 'older' WHERE projection = %s", (episodes.name,)
        )
    assert start_up(*book)[episodes.name].status == "running"
    assert install(*book) == []
    with owner_connection(*book) as connection:
        found = sql.SQL("SELECT count({}) FROM {}").format(lacking, sql.Identifier(episodes.tables[0].name))
        assert connection.execute(found).fetchone() == (1,)
