"""How a few connections are shared: never more at a time than agreed, nobody forgotten who waits, no place lost."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from psycopg import pq

from domain.ledger.connections import Connections
from domain.ledger.database import checked
from domain.ledger.errors import LedgerUnavailable
from tests.patience import until

LIMIT, THREADS, LOANS = 2, 8, 40
PATIENCE_SECONDS = 20.0


@pytest.fixture
def connections(postgres: str) -> Iterator[Connections]:
    connections = Connections(postgres, limit=LIMIT)
    yield connections
    connections.close()


def test_as_many_as_agreed_are_lent_at_a_time_and_everybody_gets_one_in_the_end(connections: Connections) -> None:
    lock, lent, most, opened = threading.Lock(), set[int](), list[int](), set[int]()

    def work(_: int) -> None:
        for _ in range(LOANS):
            with connections.one(PATIENCE_SECONDS) as connection:
                with lock:
                    assert id(connection) not in lent, "lent twice"
                    lent.add(id(connection))
                    opened.add(connection.info.backend_pid)
                    most.append(len(lent))
                connection.execute("SELECT 1")
                with lock:
                    lent.remove(id(connection))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    with connections.one(PATIENCE_SECONDS) as one, connections.one(PATIENCE_SECONDS) as other:
        assert one is not other
    assert max(most) <= LIMIT
    assert len(most) == THREADS * LOANS
    assert len(opened) <= LIMIT


def test_all_who_wait_are_served_when_as_many_places_are_given_back_at_once(connections: Connections) -> None:
    come, served, leave = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def borrow() -> None:
        come.release()
        with connections.one(PATIENCE_SECONDS):
            served.release()
            assert leave.wait(PATIENCE_SECONDS)

    def borrowed(pool: ThreadPoolExecutor) -> list[Future[None]]:
        under_way = [pool.submit(borrow) for _ in range(LIMIT)]
        for _ in under_way:
            assert come.acquire(timeout=PATIENCE_SECONDS)
        return under_way

    with ThreadPoolExecutor(2 * LIMIT) as pool:
        first = borrowed(pool)
        for _ in first:
            assert served.acquire(timeout=PATIENCE_SECONDS)
        second = borrowed(pool)
        until(lambda: len(connections._waiting) == LIMIT)
        assert not served.acquire(blocking=False)
        leave.set()
        for _ in second:
            assert served.acquire(timeout=PATIENCE_SECONDS)
        for each in first + second:
            each.result(PATIENCE_SECONDS)


def test_places_go_in_the_order_of_asking_also_when_whoever_gives_one_back_asks_again_at_once(postgres: str) -> None:
    connections = Connections(postgres, limit=1)
    served: list[str] = []

    def borrow(name: str) -> None:
        with connections.one(PATIENCE_SECONDS):
            served.append(name)

    with contextlib.closing(connections), ThreadPoolExecutor(3) as pool:
        with connections.one(PATIENCE_SECONDS):
            waiting = []
            for number, name in enumerate(("first", "second", "third"), start=1):
                waiting.append(pool.submit(borrow, name))
                until(lambda: len(connections._waiting) == number)  # noqa: B023 -- it is waited for before the next
        borrow("who had it before")
        for each in waiting:
            each.result(PATIENCE_SECONDS)
    assert served == ["first", "second", "third", "who had it before"]


def test_all_who_wait_are_told_at_once_when_the_connections_are_closed(postgres: str) -> None:
    connections = Connections(postgres, limit=1)

    def borrow() -> None:
        with connections.one(3 * PATIENCE_SECONDS):
            pytest.fail("there was no place")

    with ThreadPoolExecutor(3) as pool, connections.one(PATIENCE_SECONDS):
        waiting = [pool.submit(borrow) for _ in range(3)]
        until(lambda: len(connections._waiting) == len(waiting))
        connections.close()
        for each in waiting:
            with pytest.raises(LedgerUnavailable, match="closed"):
                each.result(PATIENCE_SECONDS)


def test_who_waited_in_vain_holds_up_nobody_who_waits_longer(postgres: str) -> None:
    connections = Connections(postgres, limit=1)

    def borrow() -> bool:
        with connections.one(PATIENCE_SECONDS):
            return True

    with contextlib.closing(connections), ThreadPoolExecutor(1) as pool:
        with connections.one(PATIENCE_SECONDS):
            with pytest.raises(LedgerUnavailable, match="busy"), connections.one(0.01):
                pytest.fail("there was no place")
            waiting = pool.submit(borrow)
            until(lambda: len(connections._waiting) == 1)
        assert waiting.result(PATIENCE_SECONDS)
        with connections.one(0.01):
            pass


def test_who_finds_no_place_in_time_is_told_and_whoever_comes_later_finds_one(connections: Connections) -> None:
    all_lent = contextlib.ExitStack()
    for _ in range(LIMIT):
        all_lent.enter_context(connections.one(PATIENCE_SECONDS))
    with all_lent, pytest.raises(LedgerUnavailable, match="busy"), connections.one(0.01):
        pytest.fail("there was no place")
    with connections.one(PATIENCE_SECONDS) as one, connections.one(PATIENCE_SECONDS) as other:
        assert one is not other


def test_a_connection_that_cannot_be_opened_takes_no_place(postgres: str) -> None:
    refusing = threading.Event()

    def make_ready(connection: psycopg.Connection) -> None:
        if refusing.is_set():
            connection.execute("SELECT nothing")

    connections = Connections(postgres, limit=LIMIT, made_ready=make_ready)
    refusing.set()
    for _ in range(LIMIT + 1):
        with pytest.raises(psycopg.errors.UndefinedColumn), connections.one(PATIENCE_SECONDS):
            pytest.fail("it could not be made ready")
    refusing.clear()
    with connections.one(0.01), connections.one(0.01):
        pass
    connections.close()
    with pytest.raises(LedgerUnavailable, match="closed"), connections.one(0.01):
        pytest.fail("they were closed")


@pytest.mark.parametrize("given_back_before", [True, False])
def test_a_thread_that_is_interrupted_while_it_waits_takes_no_place_along(
    given_back_before: bool, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as lent:
        for _ in range(LIMIT):
            lent.enter_context(connections.one(PATIENCE_SECONDS))

        class Interrupted(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                if given_back_before:
                    lent.close()
                raise KeyboardInterrupt

        monkeypatch.setattr("domain.ledger.connections.Event", Interrupted)
        with pytest.raises(KeyboardInterrupt), connections.one(PATIENCE_SECONDS):
            pass
    monkeypatch.undo()
    with contextlib.ExitStack() as again:
        for _ in range(LIMIT):
            again.enter_context(connections.one(0.01))


def test_a_fault_that_no_server_told_closes_the_connection_that_says_it_is_well(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        broken = connection.pgconn.make_empty_result(pq.ExecStatus.FATAL_ERROR)
        assert connection.pgconn.status == pq.ConnStatus.OK
        with pytest.raises(psycopg.OperationalError):
            checked(connection, broken)
        assert connection.closed
