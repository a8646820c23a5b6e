"""How many orders go together: a lone one waits for nobody, and beside a group under way half of the crowd sets out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from queue import Queue
from threading import Event, Thread
from typing import cast

import pytest

from api import carriers as module
from api.carriers import Carriers
from domain.ledger.book import Book, Order, Outcome
from tests.patience import until

PATIENCE_SECONDS = 60.0
"""Else a failure would be a hang."""
BOOK, ANOTHER = cast("Book", object()), cast("Book", object())
ORDER, OUTCOME = cast("Order", object()), cast("Outcome", object())


class Road:
    """Groups under way, each until it is let through; `set_out` tells how large they are, as they set out."""

    def __init__(self) -> None:
        self.set_out = Queue[int]()
        self._under_way: list[Event] = []

    def carry(self, book: Book, orders: Sequence[Order]) -> list[Outcome]:
        through = Event()
        self._under_way.append(through)
        self.set_out.put(len(orders))
        assert through.wait(PATIENCE_SECONDS)
        return [OUTCOME] * len(orders)

    def next_size(self) -> int:
        return self.set_out.get(timeout=PATIENCE_SECONDS)

    def let_through(self) -> None:
        """The group that has been under way for longest."""
        self._under_way.pop(0).set()


class Senders:
    """Send orders, each of which waits for its own answer, over a loop in a thread of its own."""

    def __init__(self, carriers: Carriers) -> None:
        self._carriers = carriers
        self._sent: list[asyncio.Future[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def send(self, count: int) -> None:
        for _ in range(count):
            self._loop.call_soon_threadsafe(self._send, BOOK)

    def send_another(self) -> None:
        """An order of another book."""
        self._loop.call_soon_threadsafe(self._send, ANOTHER)

    def _send(self, book: Book) -> None:
        self._sent.append(asyncio.ensure_future(self._carriers.execute(book, ORDER, lambda *_: None)))

    async def _answered(self) -> None:
        await asyncio.gather(*self._sent)

    def until_wait(self, count: int) -> None:
        until(lambda: len(self._carriers._waiting) >= count)

    def until_under_way(self, count: int) -> None:
        until(lambda: self._carriers._under_way == count)

    def close(self) -> None:
        """Once all are answered."""
        asyncio.run_coroutine_threadsafe(self._answered(), self._loop).result(PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Road:
    road = Road()
    monkeypatch.setattr(module, "execute_together", road.carry)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 60 * PATIENCE_SECONDS)
    return road


@pytest.fixture
def senders(road: Road) -> Iterator[Senders]:
    carriers = Carriers()
    senders = Senders(carriers)
    yield senders
    closing = Thread(target=carriers.close)
    closing.start()
    while closing.is_alive():
        while road._under_way:
            road.let_through()
        closing.join(0.01)
    senders.close()


def four_under_way(road: Road, senders: Senders) -> None:
    """Together; two that came before them are answered."""
    for _ in range(2):
        senders.send(1)
        assert road.next_size() == 1
    senders.send(4)
    senders.until_wait(4)
    road.let_through()
    assert road.next_size() == 4
    road.let_through()
    senders.until_under_way(4)


def test_beside_a_group_under_way_the_next_sets_out_with_half_of_the_crowd(road: Road, senders: Senders) -> None:
    four_under_way(road, senders)
    senders.send(3)
    senders.until_wait(3)
    assert road.set_out.empty()
    senders.send(1)
    assert road.next_size() == 4


def test_eight_are_company_enough_however_large_the_crowd(road: Road, senders: Senders) -> None:
    four_under_way(road, senders)
    senders.send(4)
    assert road.next_size() == 4
    senders.send(28)
    senders.until_wait(28)
    road.let_through()
    assert road.next_size() == 28
    road.let_through()
    senders.until_under_way(28)
    senders.send(7)
    senders.until_wait(7)
    assert road.set_out.empty()
    senders.send(1)
    assert road.next_size() == 8


def test_when_the_way_is_free_whoever_waits_goes(road: Road, senders: Senders) -> None:
    four_under_way(road, senders)
    senders.send(2)
    senders.until_wait(2)
    road.let_through()
    assert road.next_size() == 2


def test_who_has_waited_long_enough_for_company_goes_without_it(
    road: Road, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    four_under_way(road, senders)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.01)
    senders.send(1)
    assert road.next_size() == 1


def test_an_order_of_another_book_waits_for_no_company_which_cannot_come(road: Road, senders: Senders) -> None:
    four_under_way(road, senders)
    senders.send_another()
    assert road.next_size() == 1


def test_a_crowd_that_has_thinned_is_forgotten(road: Road, senders: Senders) -> None:
    four_under_way(road, senders)
    road.let_through()
    for _ in range(20):
        senders.until_under_way(0)
        senders.send(1)
        assert road.next_size() == 1
        road.let_through()
    senders.until_under_way(0)
    for _ in range(2):  # side by side again, as any two are
        senders.send(1)
        assert road.next_size() == 1


def test_more_than_go_together_leave_one_group_after_the_other(road: Road, senders: Senders) -> None:
    senders.send(1)
    assert road.next_size() == 1
    senders.send(1)
    assert road.next_size() == 1
    senders.send(2 * module.MOST_TOGETHER)
    senders.until_wait(2 * module.MOST_TOGETHER)
    road.let_through()
    assert road.next_size() == module.MOST_TOGETHER
    road.let_through()
    assert road.next_size() == module.MOST_TOGETHER
