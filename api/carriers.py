"""Carriers: a few threads that take the orders of all requests to their books, those that wait at a time together.

A thread a request would have them all queue for the interpreter, and each ask the database by itself. So whatever came
while the carriers were under way goes with the next of them: under load one question and one transaction serve many.
Never here: what an order comes to, HTTP.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.ledger.book import Book, Order, Outcome
from domain.ledger.together import execute_together

CARRIERS = 2
"""While one waits for its commit to reach the disk, the other decides."""
MOST_TOGETHER = 32
COMPANY = 8
"""So many are company enough: of more a group is no cheaper, and those in it wait for each other."""
LONGEST_WAIT_SECONDS = 0.05
"""For company while another carrier is under way, who may be long."""
MEMORY_GROUPS = 8
"""Over so many groups a crowd that has thinned is forgotten."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Errand(Generic[T]):
    """An order under way, and what its outcome is to be made into while the thread is at it."""

    book: Book
    order: Order
    made_into: Callable[[Book, Outcome], T]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[T]

    def carried_out(self, outcome: Outcome | Exception) -> T | Exception:
        if isinstance(outcome, Exception):
            return outcome
        try:
            return self.made_into(self.book, outcome)
        except Exception as fault:  # it is raised to whoever waits for the answer
            return fault

    def settle(self, result: T | Exception) -> None:
        if self.answer.done():  # whoever asked is gone
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Carriers:
    """The carriers of one application. Safe to share between event loops; the threads begin with the first order."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: deque[_Errand[object]] = deque()
        self._under_way = 0
        self._books: list[Book] = []
        """Of each group under way."""
        self._crowd = 1.0
        """How many orders there were at once of late, waiting or under way: risen to at once, forgotten slowly."""
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def execute(self, book: Book, order: Order, made_into: Callable[[Book, Outcome], T]) -> T:
        """What comes of the order, made into an answer. Raises what `Book.execute` raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._change:
            if self._closed:
                raise RuntimeError("the carriers have been sent home")
            self._waiting.append(_Errand(book, order, made_into, loop, answer))  # type: ignore[arg-type] # of any kind
            if len(self._threads) < CARRIERS:
                self._threads.append(threading.Thread(target=self._carry, name="carrier", daemon=True))
                self._threads[-1].start()
            self._crowd = max(self._crowd, self._under_way + len(self._waiting))
            if len(self._waiting) == 1 or self._is_time():
                self._change.notify()
        return await answer

    def close(self) -> None:
        """Carry out what waits, and end the threads."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _is_time(self) -> bool:
        """Whether a carrier is to set out: at once for a book whose orders nobody else carries. The lock is held."""
        if not self._waiting or self._waiting[0].book not in self._books:
            return bool(self._waiting)
        return len(self._waiting) >= min(self._crowd / 2, COMPANY) or self._closed

    def _carry(self) -> None:
        errands: list[_Errand[object]] = []
        while errands := self._next(errands):
            outcomes = execute_together(errands[0].book, [errand.order for errand in errands])
            done = [(one, one.carried_out(outcome)) for one, outcome in zip(errands, outcomes, strict=True)]
            for loop in {one.loop for one, _ in done}:
                settled = [(one, result) for one, result in done if one.loop is loop]
                with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits there, others do elsewhere
                    loop.call_soon_threadsafe(_settle, settled)

    def _next(self, done: list[_Errand[object]]) -> list[_Errand[object]]:
        """Those that wait for one book, the first to come first; none when all is done for good.

        `done`: those that this carrier has carried out just now.
        """
        with self._change:
            if done:
                self._under_way -= len(done)
                self._books.remove(done[0].book)
            while not self._is_time():
                if self._closed and not self._waiting:
                    return []
                in_time = self._change.wait(LONGEST_WAIT_SECONDS if self._waiting else None)
                if self._waiting and not in_time:
                    break
            book = self._waiting[0].book
            taken: list[_Errand[object]] = []
            while self._waiting and self._waiting[0].book is book and len(taken) < MOST_TOGETHER:
                taken.append(self._waiting.popleft())
            self._under_way += len(taken)
            self._books.append(book)
            self._crowd += min(0.0, self._under_way + len(self._waiting) - self._crowd) / MEMORY_GROUPS
            if self._is_time():
                self._change.notify()
            return taken


def _settle(done: list[tuple[_Errand[object], object]]) -> None:
    for errand, result in done:
        errand.settle(result)
