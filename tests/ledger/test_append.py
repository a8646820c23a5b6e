"""What append promises: positions without a gap in the order of commits, each command once, each version once."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from domain.ledger.errors import CommandReused, LedgerError, RegisterNotMigrated, UnknownRegister, VersionConflict
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Receipt, StoredRecord, Submission

Make = Callable[..., Submission]

PROCESSES, THREADS, APPENDS = 4, 4, 30


def _append_from_threads(dsn: str, register: str) -> None:
    recorder = RegisterRecorder(dsn, register)

    def work(number: int) -> None:
        for n in range(APPENDS):
            stream_id = uuid4()
            drafts = tuple(Draft(stream_id, version, "meeting_held.1", b"{}") for version in range(n % 3))
            recorder.append(Submission(uuid4(), b"", drafts))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    recorder.close()


def test_sixteen_writers_in_four_processes_leave_no_gap_and_a_follower_misses_nothing(
    register: tuple[str, str], recorder: RegisterRecorder
) -> None:
    expected = PROCESSES * THREADS * APPENDS
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_from_threads, args=register) for _ in range(PROCESSES)]
    for writer in writers:
        writer.start()

    followed: list[StoredRecord] = []
    while len(followed) < expected and any(writer.is_alive() for writer in writers):
        followed += recorder.read_feed(followed[-1].position if followed else 0, 50)
    for writer in writers:
        writer.join()
    followed += recorder.read_feed(followed[-1].position, expected)

    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    assert [record.position for record in followed] == list(range(1, expected + 1))
    moments = [record.recorded_at for record in followed]
    assert moments == sorted(moments)
    assert max(Counter((record.stream_id, record.version) for record in followed).values()) == 1


def test_a_command_is_answered_with_where_its_events_stand(recorder: RegisterRecorder, a_submission: Make) -> None:
    recorder.append(a_submission(2))
    submission = a_submission(3, state=b'{"minutes": 45}')
    receipt = recorder.append(submission)

    assert (receipt.first_position, receipt.count, receipt.replayed) == (3, 3, False)
    found = recorder.read_command(submission.command_id)
    assert found is not None
    assert found[0] == receipt._replace(replayed=True)
    assert [(r.position, r.stream_id, r.version, r.name, r.state) for r in found[1]] == [
        (3 + n, draft.stream_id, draft.version, draft.name, draft.state) for n, draft in enumerate(submission.drafts)
    ]
    assert recorder.head() == (5, receipt.recorded_at)


def test_the_same_command_again_is_answered_with_its_first_receipt(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    submission = a_submission(2)
    first = recorder.append(submission)
    recorder.append(a_submission(1, stream_id=submission.drafts[0].stream_id, version=2))
    assert recorder.append(submission) == first._replace(replayed=True)
    assert recorder.head()[0] == 3


def test_the_same_command_with_other_content_is_refused(recorder: RegisterRecorder, a_submission: Make) -> None:
    submission = a_submission()
    recorder.append(submission)
    with pytest.raises(CommandReused) as refusal:
        recorder.append(replace(submission, digest=b"other"))
    assert refusal.value.command_id == submission.command_id
    with pytest.raises(CommandReused):
        recorder.append_many([submission, replace(submission, digest=b"other")])


def test_a_command_that_comes_to_nothing_is_recorded_all_the_same(recorder: RegisterRecorder) -> None:
    submission = Submission(uuid4(), b"digest", ())
    receipt = recorder.append(submission)
    assert (receipt.first_position, receipt.count) == (None, 0)
    assert recorder.append(submission) == receipt._replace(replayed=True)
    assert recorder.read_command(submission.command_id) == (receipt._replace(replayed=True), [])
    assert recorder.read_command(uuid4()) is None
    assert recorder.head() == (0, None)


@pytest.mark.parametrize(("version", "current"), [(1, 1), (3, 1), (0, 1)])
def test_a_version_that_is_not_the_next_is_refused_with_the_current_one(
    version: int, current: int, recorder: RegisterRecorder, a_submission: Make
) -> None:
    submission = a_submission(2)
    stream_id = submission.drafts[0].stream_id
    recorder.append(submission)
    with pytest.raises(VersionConflict) as refusal:
        recorder.append(a_submission(1, stream_id=stream_id, version=version))
    assert (refusal.value.stream_id, refusal.value.expected, refusal.value.current) == (stream_id, version - 1, current)
    assert recorder.head()[0] == 2


def test_a_stream_starts_at_nought_or_one_and_has_no_holes(recorder: RegisterRecorder, a_submission: Make) -> None:
    recorder.append(a_submission(2, version=1))
    with pytest.raises(VersionConflict) as refusal:
        recorder.append(a_submission(1, version=2))
    assert refusal.value.current == -1
    first, second = a_submission(2).drafts
    with pytest.raises(VersionConflict):
        recorder.append(Submission(uuid4(), b"", (first, replace(second, version=2))))
    with pytest.raises(VersionConflict):
        recorder.append(Submission(uuid4(), b"", (second, first)))
    assert recorder.head()[0] == 2


def test_of_writers_that_race_for_a_version_one_wins_and_the_others_are_told(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    stream_id = uuid4()

    def outcome(_: int) -> Receipt | LedgerError:
        try:
            return recorder.append(a_submission(1, stream_id=stream_id))
        except LedgerError as refusal:
            return refusal

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(type(outcome) for outcome in pool.map(outcome, range(48)))
    assert outcomes == {Receipt: 1, VersionConflict: 47}


def test_a_refused_command_harms_no_other_of_its_group(recorder: RegisterRecorder, a_submission: Make) -> None:
    taken = a_submission()
    recorder.append(taken)
    unnamed = replace(a_submission().drafts[0], name="")

    def outcome(n: int) -> str:
        submission = a_submission(2)
        if n % 8 == 3:
            submission = a_submission(1, stream_id=taken.drafts[0].stream_id)
        if n % 8 == 5:
            submission = taken
        if n % 8 == 7:
            submission = Submission(uuid4(), b"", (unnamed,))
        try:
            return "replayed" if recorder.append(submission).replayed else "recorded"
        except (VersionConflict, psycopg.IntegrityError) as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(outcome, range(160)))
    assert outcomes == {"recorded": 100, "replayed": 20, "VersionConflict": 20, "CheckViolation": 20}
    assert [record.position for record in recorder.read_feed(0, 1000)] == list(range(1, 202))


def test_many_are_recorded_together_and_those_already_there_are_left_out(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    first, second, third = a_submission(2), a_submission(0), a_submission(1)
    there = recorder.append(first)
    receipts = recorder.append_many([third, first, second, third])
    assert [(r.command_id, r.first_position, r.replayed) for r in receipts] == [
        (third.command_id, 3, False),
        (first.command_id, there.first_position, True),
        (second.command_id, None, False),
        (third.command_id, 3, True),
    ]
    assert all(receipt.replayed for receipt in recorder.append_many([first, second, third]))
    assert recorder.append_many([]) == []
    assert recorder.head()[0] == 3


def test_many_are_recorded_all_or_none(recorder: RegisterRecorder, a_submission: Make) -> None:
    good, wrong = a_submission(2), a_submission(1, version=5)
    with pytest.raises(VersionConflict):
        recorder.append_many([good, wrong])
    assert recorder.head() == (0, None)
    assert recorder.read_command(good.command_id) is None


def test_batches_are_recorded_one_after_another_and_what_is_there_already_is_left_out(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    stream_id = uuid4()
    first = [a_submission(2, stream_id=stream_id), a_submission(1)]
    second = [a_submission(1, stream_id=stream_id, version=2), first[1], a_submission(0)]
    answered = list(recorder.append_batches([first, second, [], [first[0], first[0]]]))
    assert [[(r.first_position, r.count, r.replayed) for r in receipts] for receipts in answered] == [
        [(1, 2, False), (3, 1, False)],
        [(4, 1, False), (3, 1, True), (None, 0, False)],
        [],
        [(1, 2, True), (1, 2, True)],
    ]
    assert [[r.command_id for r in receipts] for receipts in answered[:2]] == [
        [submission.command_id for submission in batch] for batch in (first, second)
    ]
    assert [record.position for record in recorder.read_stream(stream_id)] == [1, 2, 4]
    assert recorder.head()[0] == 4


def test_of_batches_those_before_one_that_is_refused_are_recorded_and_none_after_it(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    batches = [[a_submission(2)], [a_submission(1), a_submission(1, version=5)], [a_submission(1)], [a_submission(1)]]
    told = recorder.append_batches(batches)
    assert [receipt.first_position for receipt in next(told)] == [1]
    with pytest.raises(VersionConflict):
        list(told)
    assert recorder.head()[0] == 2


def test_a_batch_is_made_ready_while_the_one_before_it_is_being_stored(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    stored_meanwhile: list[int] = []
    with psycopg.connect(register[0]) as holder:
        holder.execute("SET idle_in_transaction_session_timeout = '5s'")  # else a fault would wait here for ever
        holder.execute(sql.SQL("SELECT FROM {}.head FOR NO KEY UPDATE").format(sql.Identifier(schema_of(register[1]))))

        def batches() -> Iterator[list[Submission]]:
            yield [a_submission(3)]
            stored_meanwhile.append(recorder.head()[0])
            holder.rollback()
            yield [a_submission(1)]

        assert [len(receipts) for receipts in recorder.append_batches(batches())] == [1, 1]
    assert stored_meanwhile == [0]
    assert recorder.head()[0] == 4


def test_events_of_streams_that_take_turns_in_a_call_are_judged_stream_by_stream(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    first, second = uuid4(), uuid4()
    recorder.append(a_submission(2, stream_id=first))

    def turns(*places: tuple[UUID, int]) -> Submission:
        return Submission(
            uuid4(), b"", tuple(Draft(stream, version, "meeting_held.1", b"{}") for stream, version in places)
        )

    for wrong, expected, current in [
        (turns((first, 2), (second, 0), (first, 2)), 1, 2),
        (turns((first, 2), (second, 0), (first, 4)), 3, 2),
        (turns((first, 2), (second, 0), (second, 2)), 1, 0),
        (turns((second, 0), (first, 3)), 2, 1),
        (turns((second, 1), (first, 2), (second, 0)), -1, 1),
    ]:
        with pytest.raises(VersionConflict) as refusal:
            recorder.append(wrong)
        assert (refusal.value.expected, refusal.value.current) == (expected, current)
    assert recorder.head()[0] == 2
    recorder.append(turns((first, 2), (second, 0), (first, 3), (first, 4), (second, 1)))
    assert [record.version for record in recorder.read_stream(first)] == [0, 1, 2, 3, 4]
    assert [record.version for record in recorder.read_stream(second)] == [0, 1]


def test_a_stream_is_read_as_far_as_is_asked(recorder: RegisterRecorder, a_submission: Make) -> None:
    stream_id = uuid4()
    recorder.append(a_submission(2, stream_id=stream_id))
    recorder.append(a_submission(3))
    recorder.append(a_submission(2, stream_id=stream_id, version=2))

    def versions(**bounds: int) -> list[int]:
        return [record.version for record in recorder.read_stream(stream_id, **bounds)]

    assert versions() == [0, 1, 2, 3]
    assert versions(after=0, upto=2) == [1, 2]
    assert versions(upto_position=6) == [0, 1, 2]
    assert recorder.read_stream(uuid4()) == []
    assert [record.position for record in recorder.read_feed(2, 2)] == [3, 4]


def test_a_moment_is_answered_with_the_last_position_recorded_by_then(
    recorder: RegisterRecorder, a_submission: Make
) -> None:
    moments = [recorder.append(a_submission(n)).recorded_at for n in (1, 2, 3, 1)]
    instant = timedelta(microseconds=1)
    assert [recorder.position_at(moment) for moment in moments] == [1, 3, 6, 7]
    assert [recorder.position_at(moment - instant) for moment in moments] == [0, 1, 3, 6]
    assert recorder.position_at(datetime.max.replace(tzinfo=UTC)) == 7
    with pytest.raises(ValueError, match="time zone"):
        recorder.position_at(datetime(2024, 1, 1))  # noqa: DTZ001 -- the naive one is what is refused


def test_time_does_not_go_back_where_the_clock_stands_behind_the_last_event(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    recorder.append(a_submission(1))
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    with psycopg.connect(register[0]) as superuser:
        events = sql.Identifier(schema_of(register[1]), "events")
        superuser.execute(sql.SQL("UPDATE {} SET recorded_at = %s").format(events), (ahead,))
    receipts = [recorder.append(a_submission(count)) for count in (1, 2, 1)]
    assert [receipt.recorded_at for receipt in receipts] == [ahead] * 3
    assert [record.recorded_at for record in recorder.read_feed(1, 9)] == [ahead] * 4
    assert [receipt.recorded_at for receipt in recorder.append_many([a_submission(1), a_submission(2)])] == [ahead] * 2


def test_a_register_that_is_not_there_is_named(postgres: str, a_submission: Make) -> None:
    recorder = RegisterRecorder(postgres, "no-such-register")
    with pytest.raises(UnknownRegister):
        recorder.append(a_submission())
    with pytest.raises(UnknownRegister):
        recorder.head()
    recorder.close()


def test_a_register_of_another_release_is_told_with_what_brings_it_up_to_date(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    schema = sql.Identifier(schema_of(register[1]))
    with psycopg.connect(register[0], autocommit=True) as superuser:
        superuser.execute(sql.SQL("ALTER FUNCTION {}.append RENAME TO append_of_old").format(schema))
        superuser.execute(sql.SQL("ALTER TABLE {}.tracking RENAME notification_id TO place_of_old").format(schema))
        with pytest.raises(RegisterNotMigrated, match="`jaksokirja migrate`"):
            recorder.append(a_submission())
        with pytest.raises(RegisterNotMigrated, match=register[1]):
            recorder.max_tracking_id("a follower")
        assert recorder.head()[0] == 0
        superuser.execute(sql.SQL("ALTER TABLE {}.tracking RENAME place_of_old TO notification_id").format(schema))
    create_register(*register)
    assert recorder.append(a_submission()).first_position == 1


def test_a_process_that_has_appended_is_told_when_the_register_is_migrated_to_another_release(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    recorder.append(a_submission(2))
    append = sql.Identifier(schema_of(register[1]), "append")
    with psycopg.connect(register[0]) as superuser:
        superuser.execute(sql.SQL("DROP FUNCTION {}").format(append))
    with pytest.raises(RegisterNotMigrated):
        recorder.append(a_submission(2))
