"""Orders that are executed together come to what they would come to alone; what is in one's way is not another's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.client.commands.register_client import RegisterClient
from domain.client.facts import ClientRegistered
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import ClosureReason, EpisodeClosed, EpisodeStarted, MeetingHeld
from domain.episode.facts import Outcome as Result
from domain.fact import StreamKind
from domain.ledger.book import Book, Order, Outcome
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.keyring import Keyring
from domain.ledger.secrecy.sealing import SegmentRefused
from domain.ledger.together import execute_together
from domain.refusal import BeingDestroyed, KeyReused, OutOfOrder, Refusal, UnknownEpisode, WrongVersion
from domain.subjects import Subject
from tests.domain.desk import STARTED_ON, Desk, at, meeting, meeting_day
from tests.secrecy.conftest import fence

NOTE = "said in confidence"


def together(desk: Desk, *orders: Order) -> list[Outcome | Exception]:
    return execute_together(desk.book, orders)


def transactions(desk: Desk) -> int:
    """How many moments there are at which anything was recorded: one a transaction."""
    with psycopg.connect(desk.dsn) as connection:
        events = sql.Identifier(schema_of(desk.book.register_name), "events")
        row = connection.execute(sql.SQL("SELECT count(DISTINCT recorded_at) FROM {}").format(events)).fetchone()
    assert row is not None
    return int(row[0])


def recorded(outcome: Outcome | Exception) -> Outcome:
    assert isinstance(outcome, Outcome), repr(outcome)
    assert not outcome.replayed
    return outcome


def told(outcome: Outcome) -> list[Any]:
    """What does not differ between two episodes that heard the same."""
    return [(entry.version, entry.fact, entry.occurred_at, entry.actor, entry.caused_by) for entry in outcome.entries]


def test_orders_to_several_streams_are_recorded_in_one_transaction_each_with_what_it_comes_to_alone(desk: Desk) -> None:
    alone, *others = [desk.started() for _ in range(4)]
    orders = [desk.order(one, meeting(1, note=NOTE)) for one in (alone, *others)]
    facts = told(desk.book.execute(orders[0]))
    before = transactions(desk)
    outcomes = [recorded(one) for one in together(desk, *orders[1:])]
    assert transactions(desk) == before + 1
    assert [[fact.model_copy(update={"meeting_id": None, "client_ids": ()}) if isinstance(fact, MeetingHeld) else fact
             for _, fact, *_ in told(one)] for one in outcomes] == [
        [fact.model_copy(update={"meeting_id": None, "client_ids": ()}) if isinstance(fact, MeetingHeld) else fact
         for _, fact, *_ in facts]
    ] * 3  # fmt: skip
    assert [one.stream_id for one in outcomes] == others


def test_what_was_recorded_together_is_kept_as_another_process_reads_it(desk: Desk) -> None:
    episodes = [desk.started() for _ in range(3)]
    for outcome in together(desk, *(desk.order(one, meeting(1, note=NOTE)) for one in episodes)):
        recorded(outcome)
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
        for episode_id in episodes:
            theirs = other.state(episode_id, StreamKind.EPISODE)
            assert desk.book.state(episode_id, StreamKind.EPISODE) == theirs
            assert [entry.fact.model_dump() for entry in desk.entries(episode_id)] == [
                entry.fact.model_dump() for entry in theirs.entries
            ]


def test_the_keys_that_orders_need_are_made_all_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    episodes = [desk.started() for _ in range(4)]
    made: list[int] = []
    make = Keyring._make

    def counted(keyring: Keyring, subjects: Sequence[Subject]) -> None:
        made.append(len(subjects))
        make(keyring, subjects)

    monkeypatch.setattr(Keyring, "_make", counted)
    for outcome in together(desk, *(desk.order(one, meeting(1, note=NOTE)) for one in episodes)):
        recorded(outcome)
    assert made == [4]


def test_one_whose_key_is_about_to_be_destroyed_is_told_so_and_leaves_the_others_alone(desk: Desk) -> None:
    episodes = [desk.started() for _ in range(3)]
    for one in episodes:
        desk.do(one, meeting(1, note=NOTE))
    (client_id,) = desk.episode(episodes[1]).client_ids
    fence(desk.dsn, desk.book.register_name, client_id)
    desk.book.safe.keyring.forget()
    first, refused, last = together(desk, *(desk.order(one, meeting(2, note=NOTE)) for one in episodes))
    assert isinstance(refused, BeingDestroyed)
    assert [recorded(one).stream_id for one in (first, last)] == [episodes[0], episodes[2]]


def test_what_was_recorded_alone_is_kept_as_another_process_reads_it(desk: Desk) -> None:
    episode_id = desk.started(meetings=2)
    desk.do(episode_id, meeting(3, note=NOTE))
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
        assert desk.book.state(episode_id, StreamKind.EPISODE) == other.state(episode_id, StreamKind.EPISODE)


def test_a_kept_state_is_not_kept_longer_than_the_keys_that_opened_it(desk: Desk) -> None:
    episode_id = desk.started()
    outcome = desk.do(episode_id, meeting(1, note=NOTE))
    desk.book.safe.keyring.forget()
    assert desk.book.state(episode_id, StreamKind.EPISODE) is not outcome.after


def test_what_another_process_recorded_in_the_meantime_is_seen(desk: Desk) -> None:
    episode_id, quiet = desk.started(), desk.started()
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring(), clock=lambda: desk.now) as other:
        closing = CloseEpisode(closed_on=meeting_day(9), reason=ClosureReason.GOALS_MET, outcome=Result.NONE)
        other.execute(desk.order(episode_id, closing))
    first, second = together(desk, desk.order(episode_id, meeting(1)), desk.order(quiet, meeting(1)))
    assert any(isinstance(entry.fact, EpisodeClosed) for entry in desk.entries(episode_id))
    assert recorded(first).entries[0].version == len(desk.entries(episode_id)) - len(recorded(first).entries) + 1
    recorded(second)


def test_two_orders_to_one_stream_are_both_recorded_one_after_the_other(desk: Desk) -> None:
    episode_id = desk.started()
    outcomes = together(desk, *(desk.order(episode_id, meeting(number)) for number in (1, 2, 3)))
    held = [recorded(outcome).facts(MeetingHeld) for outcome in outcomes]
    assert [len(facts) for facts in held] == [1, 1, 1]
    versions = [entry.version for outcome in outcomes for entry in recorded(outcome).entries]
    assert versions == list(range(versions[0], versions[0] + len(versions)))


def test_one_that_is_refused_is_told_so_and_leaves_the_others_alone(desk: Desk) -> None:
    good, bad = desk.started(), desk.granted()
    before = desk.last_position()
    refused = desk.order(good, StartEpisode(started_on=STARTED_ON))
    missing = desk.order(new_id(), meeting(1))
    stale = desk.order(desk.started(), meeting(1), expected_version=1)
    first, *no, last = together(
        desk, desk.order(desk.started(), meeting(1)), refused, missing, stale,
        desk.order(bad, StartEpisode(started_on=STARTED_ON)),
    )  # fmt: skip
    assert [type(one) for one in no] == [OutOfOrder, UnknownEpisode, WrongVersion]
    assert recorded(first).facts(MeetingHeld)
    assert recorded(last).facts(EpisodeStarted)
    assert desk.last_position() > before
    for order in (refused, missing, stale):
        assert desk.book.ledger.read_command(order.command_id) is None


def test_one_that_came_before_is_answered_with_its_first_outcome(desk: Desk) -> None:
    one, other = desk.started(), desk.started()
    order = desk.order(one, meeting(1))
    first = desk.book.execute(order)
    again, fresh = together(desk, order, desk.order(other, meeting(1)))
    assert isinstance(again, Outcome)
    assert (again.replayed, again.entries) == (True, first.entries)
    recorded(fresh)


def test_the_same_order_twice_at_once_is_recorded_once(desk: Desk) -> None:
    order, other = desk.order(desk.started(), meeting(1)), desk.order(desk.started(), meeting(1))
    first, again, _ = together(desk, order, order, other)
    assert isinstance(again, Outcome)
    assert (again.replayed, again.entries) == (True, recorded(first).entries)


def test_an_id_that_another_order_has_is_refused_to_that_one_alone(desk: Desk) -> None:
    one, other = desk.started(), desk.started()
    command_id = new_id()
    desk.do(one, meeting(1), command_id=command_id)
    refused, fresh = together(desk, desk.order(one, meeting(2), command_id=command_id), desk.order(other, meeting(1)))
    assert isinstance(refused, KeyReused)
    recorded(fresh)


def test_a_client_is_registered_among_others(desk: Desk) -> None:
    client_id, episode_id = new_id(), desk.started()
    told_of = RegisterClient(born_on=dt.date(2019, 1, 1), area="Kotka", given_name="Aino")
    first, second = together(desk, desk.order(client_id, told_of), desk.order(episode_id, meeting(1)))
    assert recorded(first).facts(ClientRegistered)
    recorded(second)


def test_a_record_that_was_tampered_with_is_told_to_who_asks_for_it_alone(desk: Desk) -> None:
    spoilt, sound = desk.started(), desk.started()
    desk.do(spoilt, meeting(1, note=NOTE))
    tamper(desk, spoilt)
    desk.book.states.forget()
    fault, fresh = together(desk, desk.order(spoilt, meeting(2)), desk.order(sound, meeting(1)))
    assert isinstance(fault, SegmentRefused)
    recorded(fresh)


def tamper(desk: Desk, stream_id: UUID) -> None:
    """Change the last byte but few of every sealed record of the stream: inside the ciphertext."""
    with psycopg.connect(desk.dsn) as connection:
        events = sql.Identifier(schema_of(desk.book.register_name), "events")
        changed = connection.execute(
            sql.SQL(
                "UPDATE {} SET record = set_byte(record, octet_length(record) - 20,"
                " CASE get_byte(record, octet_length(record) - 20) WHEN 65 THEN 66 ELSE 65 END)"
                " WHERE stream_id = %s AND position(%s::bytea IN record) > 0"
            ).format(events),
            (stream_id, b'"ciphertext":'),
        )
        assert changed.rowcount > 0


def test_a_lost_database_is_told_to_all_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [desk.order(desk.started(), meeting(1)) for _ in range(2)]

    def away(versions: object) -> None:
        raise LedgerUnavailable("away")

    monkeypatch.setattr(desk.book.ledger.streams, "news", away)
    monkeypatch.setattr(desk.book, "execute", lambda order: pytest.fail("waited for once more"))
    assert [type(one) for one in together(desk, *orders)] == [LedgerUnavailable, LedgerUnavailable]


def test_one_order_alone_is_executed_as_such(desk: Desk) -> None:
    order = desk.order(desk.started(), meeting(1, started_at=at(meeting_day(1)), note=NOTE))
    (outcome,) = together(desk, order)
    assert recorded(outcome).facts(MeetingHeld)
    assert together(desk) == []
    (refused,) = together(desk, desk.order(new_id(), meeting(1)))
    assert isinstance(refused, Refusal)
