"""`jaksokirja clock`, and what the figures say after it: of silent work, of imported work, on any day, when rebuilt."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from api.registers import Registers
from api.settings import Settings
from domain.clock import CalendarReached
from domain.ledger.book import Order
from projections.queries import reading
from projections.rebuild import rebuild, start_up
from tests.domain.desk import NOW, Desk
from tests.domain.quality_desk import file_opened
from tests.driven.lapland import closed, course
from tests.scripts.conftest import RunCommand

RULE = "monthly-report"
MONTHS = 14


@pytest.fixture
def silent(register: tuple[str, str]) -> Iterator[Desk]:
    """A desk at a register of its own."""
    desk = Desk(*register)
    desk.open()
    yield desk
    desk.book.close()


def run_clock(jaksokirja: RunCommand, desk: Desk) -> dict[str, Any]:
    done = jaksokirja("clock", "--register", desk.book.register_name, "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def reports_open_late(desk: Desk, on: dt.date, as_of: int | None = None) -> int:
    with reading(desk.dsn, desk.book.register_name) as read:
        rows = read.duties("rule", on_day=on, as_of=as_of).rows
    return next((row.open_late_duties for row in rows if row.group_key == RULE), 0)


def test_by_hand_it_opens_the_months_of_a_silent_episode_once_and_leaves_the_others_alone(
    jaksokirja: RunCommand, silent: Desk
) -> None:
    episode = course("P7")(silent)
    ended = course("P7", closed())(silent)
    silent.started("K2")
    told = run_clock(jaksokirja, silent)
    (stream,) = told["streams"]
    assert stream["stream_id"] == str(episode)
    opened = [duty["duty_key"].rpartition("/")[2] for duty in stream["duties"] if duty["rule_id"] == RULE]
    assert opened[:MONTHS] == [f"{2023 + nth // 12}-{nth % 12 + 1:02}" for nth in range(3, 3 + MONTHS)]
    assert told["streams_asked"] == 1, "the closed one and the K2 are not even asked"
    assert not any(isinstance(entry.fact, CalendarReached) for entry in silent.entries(ended))
    assert run_clock(jaksokirja, silent)["streams"] == []
    done = jaksokirja("clock", "--register", silent.book.register_name, "--lang", "en")
    assert "1 streams asked, 0 told" in done.stdout


def test_a_quality_file_is_asked_too(jaksokirja: RunCommand, silent: Desk) -> None:
    file_id = file_opened(silent, "P2", dt.date(2023, 1, 9))
    (stream,) = run_clock(jaksokirja, silent)["streams"]
    rules = {duty["rule_id"] for duty in stream["duties"]}
    assert stream["stream_id"] == str(file_id)
    assert {"Q1.survey-round", "Q1.criteria-yearly", "Q1.audit-on-site"} <= rules


def test_imported_work_of_fourteen_months_without_a_report_shows_fourteen_late_ones(
    jaksokirja: RunCommand, silent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def historical(stream_id: UUID, command: Any, **order: Any) -> Order:
        return told(stream_id, command, historical=True, **order)

    told = silent.order
    monkeypatch.setattr(silent, "order", historical)
    course("P7", closed(closed_on=dt.date(2024, 4, 30)))(silent)
    course("P7")(silent)
    start_up(silent.dsn, silent.book.register_name)
    on = dt.date(2024, 5, 14)
    assert reports_open_late(silent, on) == MONTHS + 1, "of the open one only the first month is known yet"
    before = silent.last_position()
    run_clock(jaksokirja, silent)
    assert reports_open_late(silent, on) == 2 * MONTHS
    assert reports_open_late(silent, on, as_of=before) == MONTHS + 1, "what was known then stays what was known"


def test_on_a_day_of_the_world_only_the_months_begun_by_then_are_there(jaksokirja: RunCommand, silent: Desk) -> None:
    course("P7")(silent)
    run_clock(jaksokirja, silent)
    with reading(silent.dsn, silent.book.register_name) as read:
        counted = [
            next(row.duties for row in read.duties("rule", on_day=day).rows if row.group_key == RULE)
            for day in (dt.date(2023, 3, 31), dt.date(2023, 4, 1), dt.date(2024, 2, 29))
        ]
    assert counted == [1, 2, 12]


def test_the_explanation_of_a_late_report_leads_to_the_day_that_was_reached(
    jaksokirja: RunCommand, silent: Desk
) -> None:
    episode = course("P7")(silent)
    run_clock(jaksokirja, silent)
    (day,) = (entry.position for entry in silent.entries(episode) if isinstance(entry.fact, CalendarReached))
    with reading(silent.dsn, silent.book.register_name) as read:
        found = read.explain("duties", by="rule", key=RULE, on_day=dt.date(2024, 5, 14)).rows
    first, *later = sorted(found, key=lambda row: str(row.item))
    assert day not in first.event_positions, "the first month was known from the start"
    assert all(day in row.event_positions for row in later)


def test_rebuilt_projections_equal_those_that_followed_the_clock(jaksokirja: RunCommand, silent: Desk) -> None:
    course("P7")(silent)
    run_clock(jaksokirja, silent)
    assert all(result.equal for result in rebuild(silent.dsn, silent.book.register_name))


def test_beside_the_api_the_clock_runs_at_the_start(silent: Desk) -> None:
    episode = course("P7")(silent)
    start_up(silent.dsn, silent.book.register_name)
    keyring = Settings.from_environment().keyring(silent.dsn)
    registers = Registers(silent.dsn, patience_seconds=5, keyring=keyring, clock=lambda: NOW, following=True)
    registers.names = lambda: [silent.book.register_name]  # type: ignore[method-assign] # the others are other tests'
    registers.open_all()
    try:
        deadline = time.monotonic() + 30
        while not any(isinstance(entry.fact, CalendarReached) for entry in silent.entries(episode)):
            assert time.monotonic() < deadline, "the clock has not run"
            threading.Event().wait(0.02)
    finally:
        registers.close()
