"""Carriers: a few threads that take the errands of all requests to their books, those that wait at a time together.

A thread a request would have them all queue for the interpreter, and each ask the database by itself. So whatever came
while the carriers were under way goes with the next of them: under load one question and one transaction serve many.
Never here: what an errand comes to, and where it is carried out; HTTP.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from api.errands import Answer, Errand

CARRIERS = 2
"""While one waits for its commit to reach the disk, the other decides."""
MOST_TOGETHER = 32
COMPANY = 8
"""So many are company enough: of more a group is no cheaper, and those in it wait for each other."""
LONGEST_WAIT_SECONDS = 0.05
"""For company while another carrier is under way, who may be long."""
MEMORY_GROUPS = 8
"""Over so many groups a crowd that has thinned is forgotten."""
Carry = Callable[[Sequence[Errand]], list[Answer]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An errand, and who waits for its answer."""

    errand: Errand
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]

    def settle(self, result: Answer | Exception) -> None:
        if self.answer.done():  # whoever asked is gone
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Carriers:
    """The carriers of one application. Safe to share between event loops; the threads begin with the first errand.

    `carry`: answers errands that are all of one register.
    """

    def __init__(self, carry: Carry) -> None:
        self._carry_out = carry
        self._change = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._under_way = 0
        self._registers: list[str] = []
        """Of each group under way."""
        self._crowd = 1.0
        """How many errands there were at once of late, waiting or under way: risen to at once, forgotten slowly."""
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def execute(self, errand: Errand) -> Answer:
        """What the errand is answered with. Raises what carrying it out raises for all that went together."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        with self._change:
            if self._closed:
                raise RuntimeError("the carriers have been sent home")
            self._waiting.append(_Waiting(errand, loop, answer))
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
        """Whether a carrier is to set out: at once for a register whose errands nobody else carries. Holds the lock."""
        if not self._waiting or self._waiting[0].errand.register not in self._registers:
            return bool(self._waiting)
        return len(self._waiting) >= min(self._crowd / 2, COMPANY) or self._closed

    def _carry(self) -> None:
        group: list[_Waiting] = []
        while group := self._next(group):
            results: Sequence[Answer | Exception]
            try:
                results = self._carry_out([one.errand for one in group])
            except Exception as fault:  # it is raised to everybody who waits for an answer
                results = [fault] * len(group)
            done = list(zip(group, results, strict=True))
            for loop in {one.loop for one in group}:
                settled = [(one, result) for one, result in done if one.loop is loop]
                with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits there, others do elsewhere
                    loop.call_soon_threadsafe(_settle, settled)

    def _next(self, done: list[_Waiting]) -> list[_Waiting]:
        """Those that wait for one register, the first to come first; none when all is done for good.

        `done`: those that this carrier has carried out just now.
        """
        with self._change:
            if done:
                self._under_way -= len(done)
                self._registers.remove(done[0].errand.register)
            while not self._is_time():
                if self._closed and not self._waiting:
                    return []
                in_time = self._change.wait(LONGEST_WAIT_SECONDS if self._waiting else None)
                if self._waiting and not in_time:
                    break
            register = self._waiting[0].errand.register
            taken: list[_Waiting] = []
            while self._waiting and self._waiting[0].errand.register == register and len(taken) < MOST_TOGETHER:
                taken.append(self._waiting.popleft())
            self._under_way += len(taken)
            self._registers.append(register)
            self._crowd += min(0.0, self._under_way + len(self._waiting) - self._crowd) / MEMORY_GROUPS
            if self._is_time():
                self._change.notify()
            return taken


def _settle(done: list[tuple[_Waiting, Answer | Exception]]) -> None:
    for one, result in done:
        one.settle(result)
