"""How the threads of one process share transactions: groups of half the crowd in turn, and nobody left behind."""

import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from domain.ledger.appending import GroupCommit, Outcome
from domain.ledger.submission import Receipt, Submission
from tests.patience import until

Make = Callable[..., Submission]
WAIT_SECONDS = 20


class Desk:
    """A group commit whose groups are under way until each is let go, by its number in the order of setting out."""

    def __init__(self, make: Make) -> None:
        self.make = make
        self.groups: list[int] = []
        self.gates: defaultdict[int, threading.Event] = defaultdict(threading.Event)
        self.commit = GroupCommit(self._record)
        self.counting = threading.Lock()
        self.pool = ThreadPoolExecutor(20)

    def _record(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        with self.counting:
            number = len(self.groups)
            self.groups.append(len(submissions))
        assert self.gates[number].wait(WAIT_SECONDS)
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        return [Receipt(each.command_id, b"", 1, 1, moment, replayed=False) for each in submissions]

    def append(self) -> Receipt:
        return self.commit.append(self.make())

    def come(self, count: int) -> list[Future[Receipt]]:
        """So many requests, one after the other."""
        came = []
        for _ in range(count):
            here = self.here()
            came.append(self.pool.submit(self.append))
            until(lambda here=here: self.here() == here + 1)  # type: ignore[misc] # of a lambda's default
        return came

    def here(self) -> int:
        """How many have come, with the main thread: those that set out, and those that only the lock's owner sees."""
        return sum(self.groups) + len(self.commit._waiting)

    def let_go(self, *groups: int) -> None:
        for group in groups:
            self.gates[group].set()


@pytest.fixture
def desk(a_submission: Make) -> Iterator[Desk]:
    desk = Desk(a_submission)
    yield desk
    desk.let_go(*range(20))
    desk.pool.shutdown()


def answered(came: Sequence[Future[Receipt]]) -> None:
    for each in came:
        assert isinstance(each.result(WAIT_SECONDS), Receipt)


def test_a_request_alone_sets_out_at_once(desk: Desk) -> None:
    for number in range(3):
        came = desk.come(1)
        until(lambda number=number: len(desk.groups) == number + 1)  # type: ignore[misc] # of a lambda's default
        desk.let_go(number)
        answered(came)
    assert desk.groups == [1, 1, 1]


def test_what_comes_while_both_leaders_are_under_way_goes_together_with_the_next(desk: Desk) -> None:
    came = desk.come(8)
    assert desk.groups == [1, 1]
    desk.let_go(0)
    until(lambda: desk.groups == [1, 1, 6])
    desk.let_go(1, 2)
    answered(came)


def test_beside_a_group_under_way_the_next_sets_out_with_half_of_the_crowd_and_not_before(desk: Desk) -> None:
    came = desk.come(8)
    desk.let_go(0, 1)
    until(lambda: desk.groups == [1, 1, 6])
    answered(came[:2])
    came += desk.come(5)  # with six under way they are less than half
    assert desk.groups == [1, 1, 6]
    came += desk.come(1)
    until(lambda: desk.groups == [1, 1, 6, 6])
    desk.let_go(2, 3)
    answered(came)


def test_fewer_than_half_of_the_crowd_set_out_when_the_way_is_free(desk: Desk) -> None:
    came = desk.come(8)
    desk.let_go(0, 1)
    until(lambda: desk.groups == [1, 1, 6])
    answered(came[:2])
    came += desk.come(2)
    assert desk.groups == [1, 1, 6]
    desk.let_go(2)
    until(lambda: desk.groups == [1, 1, 6, 2])
    desk.let_go(3)
    answered(came)


def test_one_of_a_group_that_is_interrupted_while_it_waits_leaves_nobody_behind(desk: Desk) -> None:
    came = desk.come(3)  # two lead alone, the third waits for one of them; behind it the main thread, below

    def more_come_and_the_main_thread_is_interrupted() -> None:
        until(lambda: desk.here() == 4)
        came.extend(desk.come(3))
        desk.let_go(0)
        until(lambda: desk.groups == [1, 1, 5])
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    beside = threading.Thread(target=more_come_and_the_main_thread_is_interrupted)
    beside.start()
    with pytest.raises(KeyboardInterrupt):
        desk.append()
    beside.join()
    desk.let_go(1, 2)
    answered(came)
    again = desk.come(1)
    desk.let_go(3)
    answered(again)
    assert desk.groups == [1, 1, 5, 1]


def test_a_thread_alone_makes_no_request_for_others_to_find(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.ledger.appending._Request", None)
    desk.let_go(*range(3))
    assert [desk.append().count for _ in range(3)] == [1, 1, 1]


def test_who_came_behind_a_thread_alone_goes_on_though_that_one_fails(a_submission: Make) -> None:
    begun, gate = threading.Event(), threading.Event()

    def record(submissions: Sequence[Submission]) -> Sequence[Outcome]:
        if not begun.is_set():
            begun.set()
            gate.wait(WAIT_SECONDS)
            raise RuntimeError("as it may be")
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        return [Receipt(each.command_id, b"", 1, 1, moment, replayed=False) for each in submissions]

    commit = GroupCommit(record)
    commit._crowd = 8.0  # so that none of those behind it sets out before the way is free
    with ThreadPoolExecutor(4) as pool:
        alone = pool.submit(commit.append, a_submission())
        begun.wait(WAIT_SECONDS)
        behind = [pool.submit(commit.append, a_submission()) for _ in range(3)]
        until(lambda: len(commit._waiting) == 3)
        gate.set()
        with pytest.raises(RuntimeError, match="as it may be"):
            alone.result(WAIT_SECONDS)
        answered(behind)
