"""A process that carries out a destruction and is killed on the way, by SIGKILL: at a step, or at a statement.

Never here: assertions. The processes are forked from one that has imported everything already.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import Any
from uuid import UUID

import psycopg

from domain.ledger.secrecy.destruction import Destroyer, Step
from domain.ledger.secrecy.keyring import keyring_dsn
from tests.domain.desk import Desk

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.secrecy.mortal"])
CARRIER = "O3"


def killed_at_step(dsn: str, register: str, destruction_id: UUID, step: Step, done: bool) -> bool:
    """Whether the process was killed right before the step, or right after it."""
    return _came_to(_at_step, dsn, register, destruction_id, step, done)


def killed_at_statement(dsn: str, register: str, destruction_id: UUID, number: int, after: bool) -> bool:
    """Whether the process was killed before its nth statement to any database, or after it was answered."""
    return _came_to(_at_statement, dsn, register, destruction_id, number, after)


def _came_to(what: Any, *words: object) -> bool:
    process = FORKS.Process(target=what, args=words)
    process.start()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise AssertionError(f"the process ended with {process.exitcode}")
    return process.exitcode == -signal.SIGKILL


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_step(dsn: str, register: str, destruction_id: UUID, step: Step, done: bool) -> None:
    def told(at: Step, is_done: bool) -> None:
        if (at, is_done) == (step, done):
            _die()

    _carry_out(dsn, register, destruction_id, told=told)


def _at_statement(dsn: str, register: str, destruction_id: UUID, number: int, after: bool) -> None:
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

    def begun(at: Step, is_done: bool) -> None:
        if (at, is_done) == (Step.FENCE, False):  # what opens the book is no part of it
            psycopg.Cursor.execute = execute  # type: ignore[method-assign] # this process is there for that

    _carry_out(dsn, register, destruction_id, told=begun)


def _carry_out(dsn: str, register: str, destruction_id: UUID, **settings: Any) -> None:
    desk = Desk(dsn, register)
    with Destroyer(desk.book, dsn, keyring_dsn(dsn), lease_seconds=0.0, **settings) as one:
        one.carry_out(destruction_id, CARRIER)
    desk.book.close()
