"""Which states are kept: those asked for last, until they are let go of, and then nothing of them is left."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, replace
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.episode.state import EpisodeState, continue_episode, fold_episode
from domain.fact import StreamKind
from domain.ledger.connections import with_settings
from domain.ledger.migrate import schema_of
from domain.ledger.record import unpack
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.states import States
from domain.state import StreamState
from tests.domain.desk import Desk
from tests.domain.test_amendments import strike


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


def test_a_stream_is_read_in_its_order_however_its_records_lie_in_the_table(desk: Desk) -> None:
    episode_id = desk.started("K2", desk.client(), meetings=3)
    state = desk.episode(episode_id)
    with psycopg.connect(desk.dsn) as connection:
        events = sql.Identifier(schema_of(desk.book.register_name), "events")
        lay_last = sql.SQL("UPDATE {} SET name = name WHERE stream_id = %s AND version = %s").format(events)
        for entry in reversed(state.entries):
            connection.execute(lay_last, (episode_id, entry.version))
    as_they_lie = with_settings(desk.dsn, enable_indexscan="off")
    with closing(RegisterRecorder(as_they_lie, desk.book.register_name)) as recorder:
        for records, expected in [
            (recorder.streams.news({episode_id: 0}), state.entries),
            (recorder.streams.until(episode_id, state.entries[2].position), state.entries[:3]),
        ]:
            assert [unpack(record)[1].version for record in records] != [entry.version for entry in expected]
            assert desk.book.safe.read(records) == list(expected)


def test_a_state_that_takes_in_more_says_what_all_folded_at_once_says_and_the_one_before_stays_as_it_was(
    desk: Desk,
) -> None:
    episode_id = desk.started("K2", desk.client(), meetings=3)
    desk.do(episode_id, strike(desk.episode(episode_id).version))
    state = desk.episode(episode_id)
    entries, in_force = state.entries, state.in_force
    whole = fold_episode(entries, in_force)
    assert vars(whole).keys() == {field.name for field in fields(EpisodeState)}
    for number in range(len(in_force) + 1):
        before = fold_episode(in_force[:number], in_force[:number])
        after = continue_episode(before, in_force[number:])
        assert replace(after, entries=entries) == whole == state
        assert before == fold_episode(in_force[:number], in_force[:number])


def test_a_state_is_kept_though_another_lets_go_of_all_at_that_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[Thread] = []

    class Meeting(OrderedDict[UUID, object]):
        def __setitem__(self, stream_id: UUID, state: object) -> None:
            super().__setitem__(stream_id, state)
            others.append(Thread(target=states.forget))
            others[-1].start()
            others[-1].join(0.2)  # it has to wait, or it has let go of what is being put in

    monkeypatch.setattr("domain.ledger.states.OrderedDict", Meeting)
    states = States(desk.book.ledger, desk.book.safe, 2)
    client_id = desk.client()
    states.keep(client_id, desk.book.state(client_id, StreamKind.CLIENT), states.epoch())
    assert len(others) == 1
    others[0].join()
    assert states.now({client_id: StreamKind.CLIENT})[client_id].version == 1
