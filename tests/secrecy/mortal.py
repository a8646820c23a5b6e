"""A process that carries out a destruction or a restriction and is killed on the way, by SIGKILL.

Never here: assertions, what is carried out. The processes are forked from one that has imported everything already.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg

from tests.domain.desk import Desk

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.secrecy.test_destruction_killed", "tests.secrecy.test_restriction_killed"])
Told = Callable[[StrEnum, bool], None]


@dataclass(frozen=True)
class Doomed:
    """What the process does: `carry_out`, a function of a module, tells of its steps, of which `first` is the first."""

    carry_out: Callable[[Desk, UUID, Told], None]
    first: StrEnum
    dsn: str
    register: str
    its_id: UUID

    def killed_at_step(self, step: StrEnum, done: bool) -> bool:
        """Whether it was killed right before the step, or right after it."""
        return _came_to(_at_step, self, step, done)

    def killed_at_statement(self, number: int, after: bool) -> bool:
        """Whether it was killed before its nth statement to any database, or after it was answered."""
        return _came_to(_at_statement, self, number, after)

    def run(self, told: Told) -> None:
        """In the process: do it, at a desk of its own."""
        desk = Desk(self.dsn, self.register)
        self.carry_out(desk, self.its_id, told)
        desk.book.close()


def _came_to(what: Any, *words: object) -> bool:
    process = FORKS.Process(target=what, args=words)
    process.start()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise AssertionError(f"the process ended with {process.exitcode}")
    return process.exitcode == -signal.SIGKILL


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_step(doomed: Doomed, step: StrEnum, done: bool) -> None:
    def told(at: StrEnum, is_done: bool) -> None:
        if (at, is_done) == (step, done):
            _die()

    doomed.run(told)


def _at_statement(doomed: Doomed, number: int, after: bool) -> None:
    real, left = psycopg.Cursor.execute, number

    def execute(*words: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            _die()
        answer = real(*words, **named)
        if left == 0:
            _die()
        return answer

    def begun(at: StrEnum, is_done: bool) -> None:
        if (at, is_done) == (doomed.first, False):  # what opens the book is no part of it
            psycopg.Cursor.execute = execute  # type: ignore[method-assign] # this process is there for that

    doomed.run(begun)
