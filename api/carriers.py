"""Carriers: a few threads that take the errands of all requests to their books, those that wait at a time together.

A thread a request would have them all queue for the interpreter, and each ask the database by itself. So whatever comes
while a register's errands are under way goes with the next of them: under load one question and one transaction serve
many, and each group is as large as the last one was long.
Never here: what an errand comes to, and where it is carried out; HTTP.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from api.errands import Answer, Errand
from api.logging import FailedElsewhere, where_of
from domain.ledger.errors import LedgerUnavailable

CARRIERS = 4
"""So many registers' errands are under way at a time; of one register one group, lest groups take turns."""
MOST_TOGETHER = 32
LONGEST_WAIT_SECONDS = 0.2
"""For a group under way of the same register, which may be long: then another sets out beside it."""
Carry = Callable[[Sequence[Errand]], list[Answer]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An errand, and who waits for its answer."""

    errand: Errand
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]
    since: float = field(default_factory=time.monotonic)

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
        self._waiting: dict[str, deque[_Waiting]] = {}
        """By register, the one that has waited longest first."""
        self._under_way: list[str] = []
        """The register of each group under way."""
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def execute(self, errand: Errand) -> Answer:
        """What the errand is answered with. Raises what carrying it out raises for all that went together.

        Raises LedgerUnavailable where there is no carrier, and none can be had.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        with self._change:
            if self._closed:
                raise RuntimeError("the carriers have been sent home")
            if len(self._threads) < CARRIERS:
                self._hire()
            waiting = self._waiting.setdefault(errand.register, deque())
            waiting.append(_Waiting(errand, loop, answer))
            if len(waiting) == 1 or self._ready() is not None:  # somebody sees to it that none waits too long
                self._change.notify()
        return await answer

    def close(self) -> None:
        """Carry out what waits, and end the threads."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _hire(self) -> None:
        """One carrier more. Where the machine has no room for one, those that are there go on. The lock is held."""
        carrier = threading.Thread(target=self._carry, name="carrier", daemon=True)
        try:
            carrier.start()
        except RuntimeError as fault:
            if not self._threads:
                raise LedgerUnavailable("no thread can be started") from fault
        else:
            self._threads.append(carrier)

    def _ready(self) -> str | None:
        """The register whose errands are to set out, if those of any are. The lock is held."""
        latest = time.monotonic() - LONGEST_WAIT_SECONDS
        for register, waiting in self._waiting.items():
            if register not in self._under_way or waiting[0].since <= latest:
                return register
        return None

    def _carry(self) -> None:
        group: list[_Waiting] = []
        while group := self._next(group):
            results: Sequence[Answer | Exception]
            try:
                results = self._carry_out([one.errand for one in group])
            except Exception as fault:  # it is raised to everybody who waits for an answer
                results = [fault] * len(group)
            except BaseException as fault:  # such as a panic of a library: the carrier goes on
                results = [FailedElsewhere(where_of(fault))] * len(group)
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
                self._under_way.remove(done[0].errand.register)
            while (register := self._ready()) is None:
                if self._closed and not self._waiting:
                    self._change.notify()  # the next to go home
                    return []
                self._change.wait(LONGEST_WAIT_SECONDS if self._waiting else None)
            waiting = self._waiting.pop(register)
            taken = [waiting.popleft() for _ in range(min(len(waiting), MOST_TOGETHER))]
            if waiting:
                self._waiting[register] = waiting
            self._under_way.append(register)
            if self._ready() is not None:
                self._change.notify()
            return taken


def _settle(done: list[tuple[_Waiting, Answer | Exception]]) -> None:
    for one, result in done:
        one.settle(result)
