"""A restriction whose process is killed (SIGKILL) is carried out by the next one, wherever that happened."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.ledger.book import Book
from domain.ledger.secrecy.restriction import Restricter, Step
from domain.register.restriction import RestrictionCertified
from tests.domain.desk import Desk
from tests.secrecy.mortal import Doomed, Told
from tests.secrecy.test_restriction import CARRIER, NOT_YOURS, NOTE, agreed, entries, mistaken, note, place, restricter


@pytest.fixture
def few(desk: Desk) -> Iterator[Book]:
    """The same register, read by those who must be able to show what was there."""
    name = desk.book.register_name
    with Book(desk.dsn, name, keyring=place(desk).of(name, restricted=True)) as book:
        yield book


def restricting(desk: Desk, restriction_id: UUID, told: Told) -> None:
    with restricter(desk, told=told) as one:
        one.carry_out_many([restriction_id], CARRIER)


def certificates(desk: Desk) -> list[RestrictionCertified]:
    facts = [entry.fact for entry in entries(desk.book, desk.register_id)]
    return [fact for fact in facts if isinstance(fact, RestrictionCertified)]


def test_killed_before_and_after_ever_later_statements_it_is_carried_out_at_last(desk: Desk, few: Book) -> None:
    episode_id, version = mistaken(desk, desk.client(), desk.client())
    restriction_id, before = agreed(desk, episode_id, version), entries(desk.book, episode_id)
    others = [entry for entry in before if entry.version != version]
    doomed = Doomed(restricting, Step.RETIRE, desk.dsn, desk.book.register_name, restriction_id)
    kills, number = 0, 0
    while not certificates(desk):
        number += 1
        for after in (False, True):
            kills += doomed.killed_at_statement(number, after)
            assert [one for one in entries(desk.book, episode_id) if one.version != version] == others
            assert note(desk.book, episode_id, version) in (NOT_YOURS, (NOTE, {}))
            assert entries(few, episode_id) == before
    assert kills > 2 * len(Step), "it was killed within steps as well as between them"
    with Restricter(desk.book, desk.dsn, place(desk), lease_seconds=0.0, clean=lambda: None) as one:
        assert one.carry_out_many([restriction_id], CARRIER) == certificates(desk)
    assert note(desk.book, episode_id, version) == NOT_YOURS
