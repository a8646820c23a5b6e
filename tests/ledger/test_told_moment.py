"""No event is dated before a moment that a sealer was told of, though the database's clock be set back since."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Submission
from tests.patience import until

Make = Callable[..., Submission]


def told(register: tuple[str, str], moment: datetime) -> None:
    """As if the sealer had been told that moment, by a clock that has been set back since."""
    with psycopg.connect(register[0]) as superuser:
        head = sql.Identifier(schema_of(register[1]), "head")
        superuser.execute(sql.SQL("UPDATE {} SET told_at = %s").format(head), (moment,))


def test_nothing_is_recorded_before_a_moment_that_was_sealed_though_the_clock_was_set_back(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=50)
    told(register, ahead)
    receipts = [recorder.append(a_submission(count)) for count in (1, 1, 2)]
    receipts += recorder.append_many([a_submission(1), a_submission(2)])
    assert {receipt.recorded_at for receipt in receipts} == {ahead}


@pytest.mark.parametrize("count", [1, 2])
def test_a_clock_that_was_wrong_by_more_than_an_hour_dates_no_event_ahead(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make, count: int
) -> None:
    before = recorder.append(a_submission(1)).recorded_at
    told(register, datetime.now(UTC) + timedelta(hours=2))
    after = recorder.append(a_submission(count)).recorded_at
    assert before < after < datetime.now(UTC) + timedelta(hours=1)


def test_what_a_sealer_is_told_is_kept_and_never_goes_back(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    recorder.append(a_submission(1))
    schema = sql.Identifier(schema_of(register[1]))
    point = sql.SQL("SELECT moment FROM {}.sealing_point()").format(schema)
    kept = sql.SQL("SELECT told_at FROM {}.head").format(schema)
    with psycopg.connect(register[0], autocommit=True) as sealer:

        def asked() -> tuple[datetime, datetime]:
            rows = [sealer.execute(question).fetchone() for question in (point, kept)]
            moment, latest = (row[0] for row in rows if row)
            return moment, latest

        (first, first_kept), (second, second_kept) = asked(), asked()
        assert (first, second) == (first_kept, second_kept)
        assert first < second
        ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=50)
        told(register, ahead)
        assert asked() == (ahead, ahead)
        told(register, ahead + timedelta(days=1))
        assert asked()[0] < ahead


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_an_append_that_waited_while_a_sealer_was_told_a_moment_knows_of_it(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make, before: int, count: int
) -> None:
    for _ in range(before):
        recorder.append(a_submission(1))
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=50)
    waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pg_blocking_pids(pid) = ARRAY[%s::int]"
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(register[0], autocommit=True) as looking,
        psycopg.connect(register[0]) as sealer,
    ):
        sealer.execute("SET idle_in_transaction_session_timeout = '60s'")  # else a fault would wait here for ever
        head = sql.Identifier(schema_of(register[1]), "head")
        sealer.execute(sql.SQL("UPDATE {} SET told_at = %s").format(head), (ahead,))
        waiting = pool.submit(recorder.append, a_submission(count))
        until(lambda: looking.execute(waits, (sealer.info.backend_pid,)).fetchone() is not None)
        sealer.commit()
        assert waiting.result().recorded_at == ahead


def test_sealing_points_leave_the_row_that_appends_hold_as_small_as_it_was(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    point = sql.SQL("SELECT {}.sealing_point()").format(sql.Identifier(schema_of(register[1])))
    size = sql.SQL("SELECT pg_relation_size({})").format(sql.Literal(f"{schema_of(register[1])}.head"))
    with psycopg.connect(register[0], autocommit=True) as sealer:
        for _ in range(300):
            sealer.execute(point)
        recorder.append(a_submission(1))
        assert sealer.execute(size).fetchone() == (8192,)


def test_a_register_of_an_earlier_release_keeps_what_its_sealer_was_told(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=50)
    schema = sql.Identifier(schema_of(register[1]))
    with psycopg.connect(register[0], autocommit=True) as superuser:
        superuser.execute(sql.SQL("SET search_path TO {}").format(schema))
        superuser.execute("ALTER TABLE head DROP COLUMN told_at")
        superuser.execute("CREATE TABLE clock (one_row boolean PRIMARY KEY, told_at timestamptz NOT NULL)")
        superuser.execute("ALTER TABLE clock OWNER TO jaksokirja_owner")
        superuser.execute("INSERT INTO clock VALUES (true, %s)", (ahead,))
        for _ in range(2):
            create_register(*register)
            kept = superuser.execute("SELECT told_at, to_regclass('clock') FROM head").fetchone()
            assert kept == (ahead, None)
    assert {recorder.append(a_submission(count)).recorded_at for count in (1, 2)} == {ahead}
