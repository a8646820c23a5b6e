"""Which states are kept: those asked for last, until they are let go of, and then nothing of them is left."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from uuid import UUID

import pytest

from domain.fact import StreamKind
from domain.ledger.states import States
from domain.state import StreamState
from tests.domain.desk import Desk


@pytest.fixture
def asked(desk: Desk) -> Callable[[UUID], StreamState]:
    """Asks for a client's state where two are kept."""
    states = States(desk.book.ledger, desk.book.safe, 2)
    return lambda client_id: states.now({client_id: StreamKind.CLIENT})[client_id]


def test_the_state_that_nobody_asked_for_longest_makes_room_for_another(
    desk: Desk, asked: Callable[[UUID], StreamState]
) -> None:
    first, second, third = desk.client(), desk.client(), desk.client()
    of_first, of_second = asked(first), asked(second)
    assert asked(first) is of_first
    of_third = asked(third)
    assert (asked(first), asked(third)) == (of_first, of_third)
    assert asked(first) is of_first
    assert asked(second) is not of_second


def test_of_what_is_let_go_of_nothing_is_left_not_even_until_the_collector_comes(desk: Desk) -> None:
    episodes = [desk.started("K2", desk.client(), meetings=1) for _ in range(2)]
    desk.book.states.forget()
    gc.disable()
    try:
        kept = [weakref.ref(desk.book.state(one, StreamKind.EPISODE)) for one in episodes]
        assert all(state() for state in kept)
        desk.book.states.forget()
        assert [state() for state in kept] == [None, None]
    finally:
        gc.enable()
