"""A restriction whose process is killed (SIGKILL) is carried out by the next one, wherever that happened."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.ledger.book import Book
from domain.ledger.secrecy.restriction import Restricter, Step
from domain.register.restriction import RestrictionCertified
from tests.domain.desk import Desk
from tests.secrecy.test_restriction import CARRIER, NOT_YOURS, NOTE, agreed, entries, mistaken, note, place, restricter

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.secrecy.test_restriction_killed"])


@pytest.fixture
def few(desk: Desk) -> Iterator[Book]:
    """The same register, read by those who must be able to show what was there."""
    name = desk.book.register_name
    with Book(desk.dsn, name, keyring=place(desk).of(name, restricted=True)) as book:
        yield book


def doomed(dsn: str, register: str, restriction_id: UUID, number: int, after: bool) -> None:
    """Carries the restriction out; killed before its nth statement to any database, or when that was answered."""
    real, left = psycopg.Cursor.execute, number

    def execute(*words: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*words, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    def begun(at: Step, done: bool) -> None:
        if (at, done) == (Step.RETIRE, False):  # what opens the book is no part of it
            psycopg.Cursor.execute = execute  # type: ignore[method-assign] # this process is there for that

    desk = Desk(dsn, register)
    with restricter(desk, told=begun) as one:
        one.carry_out_many([restriction_id], CARRIER)
    desk.book.close()


def killed(desk: Desk, restriction_id: UUID, number: int, after: bool) -> bool:
    """Whether it came so far as to be killed there."""
    words = (desk.dsn, desk.book.register_name, restriction_id, number, after)
    process = FORKS.Process(target=doomed, args=words)
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode == -signal.SIGKILL


def certificates(desk: Desk) -> list[RestrictionCertified]:
    facts = [entry.fact for entry in entries(desk.book, desk.register_id)]
    return [fact for fact in facts if isinstance(fact, RestrictionCertified)]


def test_killed_before_and_after_ever_later_statements_it_is_carried_out_at_last(desk: Desk, few: Book) -> None:
    episode_id, version = mistaken(desk, desk.client(), desk.client())
    restriction_id, before = agreed(desk, episode_id, version), entries(desk.book, episode_id)
    others = [entry for entry in before if entry.version != version]
    kills, number = 0, 0
    while not certificates(desk):
        number += 1
        for after in (False, True):
            kills += killed(desk, restriction_id, number, after)
            assert [one for one in entries(desk.book, episode_id) if one.version != version] == others
            assert note(desk.book, episode_id, version) in (NOT_YOURS, (NOTE, {}))
            assert entries(few, episode_id) == before
    assert kills > 2 * len(Step), "it was killed within steps as well as between them"
    with Restricter(desk.book, desk.dsn, place(desk), lease_seconds=0.0, clean=lambda: None) as one:
        assert one.carry_out_many([restriction_id], CARRIER) == certificates(desk)
    assert note(desk.book, episode_id, version) == NOT_YOURS
