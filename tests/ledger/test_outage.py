"""What a writer is told when the database goes away: never a false conflict, never an event twice."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from domain.ledger.appending import GroupCommit, Outcome
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Receipt, Submission
from tests.ledger.proxy import Proxy, proxied

Make = Callable[..., Submission]


@pytest.fixture
def proxy(register: tuple[str, str]) -> Iterator[Proxy]:
    with proxied(register[0]) as proxy:
        yield proxy


@pytest.fixture
def remote(register: tuple[str, str], proxy: Proxy) -> Iterator[RegisterRecorder]:
    """A recorder behind the proxy, its connections open and its statements prepared."""
    recorder = RegisterRecorder(proxy.dsn, register[1])
    yield recorder
    recorder.close()


@pytest.mark.parametrize("many", [False, True])
def test_an_acknowledgement_lost_after_the_commit_is_made_up_for(
    many: bool, remote: RegisterRecorder, proxy: Proxy, a_submission: Make
) -> None:
    def send(submission: Submission) -> None:
        receipt = remote.append_many([submission])[0] if many else remote.append(submission)
        assert receipt.first_position is not None
        assert remote.read_feed(receipt.first_position - 1, 1)[0].stream_id == submission.drafts[0].stream_id

    for _ in range(3):  # the statement is prepared by now, so that its next answer is the one to the append
        send(a_submission())
    proxy.cut_next_answer.set()
    submission = a_submission(2)
    send(submission)

    assert proxy.cuts == 1
    assert [record.position for record in remote.read_feed(0, 10)] == [1, 2, 3, 4, 5]
    assert [record.version for record in remote.read_stream(submission.drafts[0].stream_id)] == [0, 1]


def test_backends_terminated_under_load_lose_nothing_and_record_nothing_twice(
    register: tuple[str, str], recorder: RegisterRecorder, a_submission: Make
) -> None:
    done = threading.Event()
    receipts: list[Receipt] = []

    def terminate() -> None:
        blow_at = 0  # the next one when somebody got through since the last: on a slow machine nobody would otherwise
        with psycopg.connect(register[0], autocommit=True) as connection:
            while not done.wait(0.02):
                if len(receipts) < blow_at:
                    continue
                blow_at = len(receipts) + 1
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s AND pid <> %s",
                    (f"%{register[1].replace('-', '_')}%append%", connection.info.backend_pid),
                )

    saboteur = threading.Thread(target=terminate)
    saboteur.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            appended = [pool.submit(lambda: receipts.append(recorder.append(a_submission()))) for _ in range(400)]
        assert [each.exception() for each in appended] == [None] * 400
    finally:
        done.set()
        saboteur.join()

    assert sorted(receipt.first_position or 0 for receipt in receipts) == list(range(1, 401))
    assert recorder.head()[0] == 400


def test_an_outage_shorter_than_the_patience_is_only_a_delay(
    remote: RegisterRecorder, proxy: Proxy, a_submission: Make
) -> None:
    proxy.refusing.set()
    threading.Timer(0.3, proxy.refusing.clear).start()
    assert remote.append(a_submission()).first_position == 1


def test_an_outage_longer_than_the_patience_is_told_and_the_command_can_be_sent_again(
    register: tuple[str, str], proxy: Proxy, a_submission: Make
) -> None:
    proxy.refusing.set()
    recorder = RegisterRecorder(proxy.dsn, register[1], patience_seconds=0.2)
    submission = a_submission()
    before = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        recorder.append(submission)
    with pytest.raises(LedgerUnavailable):
        recorder.head()
    assert time.monotonic() - before < 2
    proxy.refusing.clear()
    assert recorder.append(submission).first_position == 1
    recorder.close()


def test_connections_that_died_while_idle_are_all_let_go_at_once(
    register: tuple[str, str], recorder: RegisterRecorder
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: recorder.head(), range(64)))
    with psycopg.connect(register[0]) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s AND pid <> %s",
            (f"%{register[1].replace('-', '_')}%events%", connection.info.backend_pid),
        )
    before = time.monotonic()
    assert recorder.head() == (0, None)
    assert time.monotonic() - before < 0.5


def test_a_recorder_that_was_closed_says_so(recorder: RegisterRecorder, a_submission: Make) -> None:
    recorder.append(a_submission())
    recorder.close()
    with pytest.raises(LedgerUnavailable):
        recorder.append(a_submission())


def test_a_leader_interrupted_takes_nobody_along(a_submission: Make) -> None:
    leading, interrupt = threading.Barrier(3), threading.Event()

    def record(submissions: object) -> list[Outcome]:
        leading.wait()
        interrupt.wait()
        raise KeyboardInterrupt

    group = GroupCommit(record)

    def outcome(_: int) -> type[BaseException] | None:
        try:
            group.append(a_submission())
        except BaseException as fault:
            return type(fault)
        return None

    with ThreadPoolExecutor(3) as pool:
        leaders = [pool.submit(outcome, n) for n in range(2)]
        leading.wait()
        follower = pool.submit(outcome, 2)
        time.sleep(0.05)
        leading.reset()
        threading.Timer(0.05, leading.abort).start()
        interrupt.set()
        assert {leader.result(5) for leader in leaders} == {KeyboardInterrupt}
        assert follower.result(5) is threading.BrokenBarrierError  # it came to lead, and found the barrier gone
