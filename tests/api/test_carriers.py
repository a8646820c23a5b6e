"""Errands go together: of a register one group at a time, of each as many as came meanwhile; none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from queue import Queue
from threading import Event, Thread

import pytest

from api import carriers as module
from api.carriers import CARRIERS, Carriers
from api.errands import Answer, Errand
from api.logging import FailedElsewhere
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import new_id
from tests.patience import until

PATIENCE_SECONDS = 60.0
"""Else a failure would be a hang."""


def errand(register: str = "kymenlaakso") -> Errand:
    return Errand(
        register=register,
        kind="episode",
        name="record-meeting",
        stream_id=new_id(),
        command_id=new_id(),
        actor="O1",
        expected_version=None,
        body=b"{}",
    )


def answer_to(one: Errand) -> Answer:
    """One that tells whose it is."""
    return Answer(status=201, headers=[], body=one.stream_id.bytes)


class Road:
    """Groups under way, each until it is let through; `set_out` tells how large they are, as they set out."""

    def __init__(self) -> None:
        self.set_out = Queue[int]()
        self._under_way: list[Event] = []

    def carry(self, errands: Sequence[Errand]) -> list[Answer]:
        through = Event()
        self._under_way.append(through)
        self.set_out.put(len(errands))
        assert through.wait(PATIENCE_SECONDS)
        return [answer_to(one) for one in errands]

    def next_size(self) -> int:
        return self.set_out.get(timeout=PATIENCE_SECONDS)

    def let_through(self) -> None:
        """The group that has been under way for longest."""
        self._under_way.pop(0).set()


class Senders:
    """Send errands, each of which waits for its own answer, over a loop in a thread of its own."""

    def __init__(self, carriers: Carriers) -> None:
        self._carriers = carriers
        self._sent: list[asyncio.Future[Answer]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def send(self, count: int) -> None:
        for _ in range(count):
            self._loop.call_soon_threadsafe(self._send, errand())

    def send_another(self) -> None:
        """An errand of another register."""
        self._loop.call_soon_threadsafe(self._send, errand("lapland"))

    def _send(self, one: Errand) -> None:
        self._sent.append(asyncio.ensure_future(self._carriers.execute(one)))

    async def _answered(self) -> None:
        await asyncio.gather(*self._sent)

    def until_wait(self, count: int, register: str = "kymenlaakso") -> None:
        until(lambda: len(self._carriers._waiting.get(register, ())) == count)

    def close(self) -> None:
        """Once all are answered."""
        asyncio.run_coroutine_threadsafe(self._answered(), self._loop).result(PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Road:
    road = Road()
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 60 * PATIENCE_SECONDS)
    return road


@pytest.fixture
def senders(road: Road) -> Iterator[Senders]:
    carriers = Carriers(road.carry)
    senders = Senders(carriers)
    yield senders
    closing = Thread(target=carriers.close)
    closing.start()
    while closing.is_alive():
        while road._under_way:
            road.let_through()
        closing.join(0.01)
    senders.close()


def test_a_lone_errand_waits_for_nobody(road: Road, senders: Senders) -> None:
    senders.send(1)
    assert road.next_size() == 1


def test_whatever_comes_while_a_group_is_under_way_goes_with_the_next(road: Road, senders: Senders) -> None:
    senders.send(1)
    assert road.next_size() == 1
    senders.send(5)
    senders.until_wait(5)
    assert road.set_out.empty()
    road.let_through()
    assert road.next_size() == 5


def test_more_than_go_together_leave_one_group_after_the_other(road: Road, senders: Senders) -> None:
    senders.send(1)
    assert road.next_size() == 1
    senders.send(2 * module.MOST_TOGETHER)
    senders.until_wait(2 * module.MOST_TOGETHER)
    for _ in range(2):
        road.let_through()
        assert road.next_size() == module.MOST_TOGETHER


def test_errands_of_another_register_wait_for_nobody_elses(road: Road, senders: Senders) -> None:
    senders.send(1)
    assert road.next_size() == 1
    senders.send_another()
    assert road.next_size() == 1
    senders.send(2)
    senders.until_wait(2)
    senders.send_another()
    senders.until_wait(1, "lapland")
    assert road.set_out.empty()


def test_who_has_waited_long_for_a_group_under_way_goes_beside_it(
    road: Road, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(CARRIERS + 1):  # all are there, and idle but for the last one's
        senders.send(1)
        assert road.next_size() == 1
        road.let_through()
    senders.send(1)
    assert road.next_size() == 1
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.01)
    senders.send(1)
    assert road.next_size() == 1


def test_no_more_groups_are_under_way_than_there_are_carriers(
    road: Road, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.01)
    for _ in range(CARRIERS):
        senders.send(1)
        assert road.next_size() == 1
    senders.send(3)
    senders.until_wait(3)
    assert road.set_out.empty()
    road.let_through()
    assert road.next_size() == 3


def at_once(errands: Sequence[Errand]) -> list[Answer]:
    return [answer_to(one) for one in errands]


async def all_of(carriers: Carriers, errands: Sequence[Errand]) -> list[Answer | BaseException]:
    return await asyncio.gather(*(carriers.execute(one) for one in errands), return_exceptions=True)


def test_many_at_once_are_each_answered_with_their_own() -> None:
    carriers, errands = Carriers(at_once), [errand() for _ in range(200)]
    answers = asyncio.run(all_of(carriers, errands))
    carriers.close()
    assert answers == [answer_to(one) for one in errands]


def test_a_fault_on_the_way_is_raised_to_everybody_in_the_group_and_the_carriers_go_on() -> None:
    failing = Event()
    failing.set()

    def fails_at_first(errands: Sequence[Errand]) -> list[Answer]:
        if failing.is_set():
            raise ZeroDivisionError
        return at_once(errands)

    carriers, errands = Carriers(fails_at_first), [errand() for _ in range(2 * CARRIERS)]
    faults = asyncio.run(all_of(carriers, errands))
    failing.clear()
    answers = asyncio.run(all_of(carriers, errands))
    carriers.close()
    assert {type(one) for one in faults} == {ZeroDivisionError}
    assert answers == [answer_to(one) for one in errands]


def test_a_panic_takes_no_carrier_with_it() -> None:
    class Panic(BaseException):
        """As a library that was written in another language raises it."""

    panics = iter([Panic("of a child")])

    def panics_once(errands: Sequence[Errand]) -> list[Answer]:
        if panic := next(panics, None):
            raise panic
        return at_once(errands)

    carriers, one = Carriers(panics_once), errand()
    (fault,) = asyncio.run(all_of(carriers, [one]))
    (answer,) = asyncio.run(all_of(carriers, [one]))
    carriers.close()
    assert isinstance(fault, FailedElsewhere)
    assert fault.where["fault"] == "Panic"
    assert "of a child" not in str((fault, fault.where))
    assert answer == answer_to(one)


class NoRoom(Thread):
    """A thread that the machine has no room for."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_where_no_thread_can_be_started_an_errand_is_refused_at_once_and_later_ones_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carriers, one, other = Carriers(at_once), errand(), errand()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("api.carriers.threading.Thread", NoRoom)
        (fault,) = asyncio.run(all_of(carriers, [one]))
    assert isinstance(fault, LedgerUnavailable)
    assert asyncio.run(all_of(carriers, [other])) == [answer_to(other)]
    carriers.close()


def test_where_no_further_thread_can_be_started_those_that_are_there_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    carriers, one, other = Carriers(at_once), errand(), errand()
    assert asyncio.run(all_of(carriers, [one])) == [answer_to(one)]
    monkeypatch.setattr("api.carriers.threading.Thread", NoRoom)
    assert asyncio.run(all_of(carriers, [other])) == [answer_to(other)]
    carriers.close()


def test_who_is_gone_before_the_answer_keeps_nobody_from_theirs() -> None:
    carriers, one, other = Carriers(at_once), errand(), errand()

    async def leaves() -> Answer:
        gone = asyncio.ensure_future(carriers.execute(one))
        await asyncio.sleep(0)
        gone.cancel()
        return await carriers.execute(other)

    assert asyncio.run(leaves()) == answer_to(other)
    carriers.close()


def test_a_loop_that_was_closed_before_the_answer_takes_no_carrier_with_it(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers = Carriers(road.carry)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.01)
    for _ in range(CARRIERS):
        loop = asyncio.new_event_loop()
        asking = loop.create_task(carriers.execute(errand()))
        loop.run_until_complete(asyncio.wait([asking], timeout=0))
        assert road.next_size() == 1
        loop.close()
        road.let_through()
    later = errand()

    async def waited() -> Answer:
        asking = asyncio.ensure_future(carriers.execute(later))
        await asyncio.to_thread(road.next_size)
        road.let_through()
        return await asyncio.wait_for(asking, PATIENCE_SECONDS)  # else a failure would be a hang

    assert asyncio.run(waited()) == answer_to(later)
    carriers.close()


def test_carriers_that_went_home_take_nothing_more_but_carried_out_what_waited() -> None:
    carriers, one = Carriers(at_once), errand()

    async def sent_home() -> Answer:
        waiting = asyncio.ensure_future(carriers.execute(one))
        await asyncio.sleep(0)
        await asyncio.to_thread(carriers.close)
        with pytest.raises(RuntimeError):
            await carriers.execute(errand())
        return await waiting

    assert asyncio.run(sent_home()) == answer_to(one)
