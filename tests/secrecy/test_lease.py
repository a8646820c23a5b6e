"""The keyring's lease: what was read by keys of one that ends meanwhile is given to who asked, and kept by nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.fact import StreamKind
from domain.ledger.identity import new_id
from domain.ledger.secrecy.keyring import LEASE_SECONDS, KeyFenced, Keyring
from domain.subjects import Subject
from domain.withheld import Withheld
from tests.domain.desk import Desk, meeting
from tests.secrecy.conftest import destroy, fence
from tests.secrecy.test_keyring import Clock, opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring(postgres: str, clock: Clock) -> Iterator[Keyring]:
    keyring = opened(postgres, f"keys-{new_id()}", clock)
    yield keyring
    keyring.close()


@pytest.fixture
def lease_ends_on_the_way(keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, the lease is over, and another thread's asking has begun the next, at each answer."""
    rows = Keyring._rows

    def slowly(asked: Keyring, *arguments: Any) -> list[tuple[Any, ...]]:
        answer = rows(asked, *arguments)
        clock.seconds += LEASE_SECONDS
        assert asked.epoch
        return answer

    return lambda: monkeypatch.setattr(Keyring, "_rows", slowly)


@pytest.mark.parametrize("is_there", [True, False], ids=["found", "made"])
def test_a_key_that_is_found_or_made_while_the_lease_ends_is_not_lent_on_in_the_next(
    keyring: Keyring, postgres: str, lease_ends_on_the_way: Callable[[], None], is_there: bool
) -> None:
    subject = Subject(new_id(), "child_welfare")
    if is_there:
        keyring.provide([subject])
        keyring.forget()
    lease_ends_on_the_way()
    assert keyring.provide([subject])[subject].secret
    fence(postgres, keyring._register, subject.holder_id)
    with pytest.raises(KeyFenced):
        keyring.provide([subject])


def test_a_key_that_is_read_by_its_id_while_the_lease_ends_is_not_lent_on_in_the_next(
    keyring: Keyring, postgres: str, lease_ends_on_the_way: Callable[[], None]
) -> None:
    subject = Subject(new_id(), "child_welfare")
    key = keyring.provide([subject])[subject]
    keyring.forget()
    lease_ends_on_the_way()
    assert keyring.keys([key.key_id]) == {key.key_id: key}
    destroy(postgres, keyring._register, subject.holder_id)
    assert keyring.keys([key.key_id]) == {key.key_id: Withheld.DESTROYED}


def test_a_state_that_was_read_by_keys_of_a_lease_that_is_over_is_not_kept(desk: Desk) -> None:
    episode_id = desk.started(meetings=0)
    desk.do(episode_id, meeting(1, note="Sensitive."))
    states = desk.book.states
    states.forget()
    wanted = {episode_id: StreamKind.EPISODE}
    read_in = states.epoch()
    state = states.opened(wanted)[episode_id]
    desk.book.safe.keyring.forget()
    states.keep(episode_id, state, read_in)
    assert states.opened(wanted)[episode_id] is not state
