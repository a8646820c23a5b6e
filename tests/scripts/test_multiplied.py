"""That a register of copies is what recording and folding would have made: a bench over it measures the real thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from projections.engine import run_once
from projections.install import install, owner_connection
from projections.queries import Reading, reading
from projections.rebuild import rebuild
from scripts.benches.grown import grown
from scripts.benches.multiplied import COPIES_LIMIT, copied, multiply
from scripts.benches.unfolding import write_unfolding

BASE, MANY, EVENTS, COPIES = "base", "many", 1_500, 3
Registers = tuple[str, str, str]


@pytest.fixture(scope="module")
def registers(postgres: str) -> Iterator[Registers]:
    """The DSN, a register that was recorded and folded live, and one of three copies of it."""
    create_register(postgres, BASE)
    install(postgres, BASE)
    recorder = RegisterRecorder(postgres, BASE)
    write_unfolding(recorder, EVENTS)
    recorder.close()
    run_once(postgres, BASE)
    multiply(postgres, BASE, MANY, COPIES)
    yield postgres, BASE, MANY
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in (BASE, MANY):
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(name))))


@pytest.fixture
def asked(registers: Registers) -> Iterator[tuple[Reading, Reading]]:
    """Questions to the base, and to its copies, which stand at their last event."""
    dsn, base, many = registers
    with owner_connection(dsn, many) as connection:
        connection.execute("UPDATE projection_checkpoints SET position = %s", (EVENTS * COPIES,))
    with reading(dsn, base) as of_base, reading(dsn, many) as of_many:
        yield of_base, of_many


def test_positions_are_gapless_and_the_days_of_the_copies_follow_each_other(registers: Registers) -> None:
    dsn, _, many = registers
    recorder = RegisterRecorder(dsn, many)
    try:
        read = list(recorder.select_notifications(1, EVENTS * COPIES + 1))
    finally:
        recorder.close()
    assert [one.id for one in read] == list(range(1, EVENTS * COPIES + 1))
    assert {one.topic for one in read[:COPIES]} == {read[0].topic}
    assert len({one.originator_id for one in read[:COPIES]}) == COPIES


def test_a_rebuild_makes_the_very_rows_that_were_copied(registers: Registers, asked: tuple[Reading, Reading]) -> None:
    results = rebuild(registers[0], MANY)
    assert [result.table for result in results if not (result.comparable and result.equal)] == []
    assert sum(result.rebuilt_rows for result in results) > EVENTS * COPIES


def test_a_copied_worker_has_what_the_worker_has(asked: tuple[Reading, Reading]) -> None:
    of_base, of_many = asked
    for as_of, on in ((None, dt.date(2023, 8, 1)), (EVENTS // 2, dt.date(2022, 2, 1))):
        one = of_base.caseload_episodes(worker="instructor-3", on_day=on, as_of=as_of).rows
        positions = None if as_of is None else as_of * COPIES
        for copy in range(COPIES):
            worker = copied("instructor-3", copy)
            rows = of_many.caseload_episodes(worker=worker, on_day=on, as_of=positions).rows
            assert [row.worker_ids for row in rows] == [[worker]] * len(one)
            assert sorted(map(_plain, rows), key=str) == sorted(map(_plain, one), key=str)
        assert one, "nothing was compared"


def _plain(row: Any) -> dict[str, Any]:
    """What does not differ from copy to copy."""
    left_out = {"episode_id", "client_ids", "worker_ids", "unit_id", "event_positions"}
    told: dict[str, Any] = row.model_dump(exclude=left_out)
    return told


def test_as_many_copies_as_ids_can_tell_apart_are_made_and_no_more() -> None:
    for copies in (0, COPIES_LIMIT + 1):
        with pytest.raises(ValueError, match="copies"):
            multiply("", BASE, MANY, copies)


def test_a_size_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples"), grown((1_000, 2_500)):
        pass
