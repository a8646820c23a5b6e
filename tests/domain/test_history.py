"""Streams that are told at once come to what their orders would come to one by one; a doubtful one is left alone."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.client.commands.register_client import RegisterClient
from domain.commands import AnyCommand
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import ClosureReason, MeetingHeld
from domain.episode.facts import Outcome as Result
from domain.episode.state import EpisodeState
from domain.fact import StreamKind
from domain.ledger.book import Book, Order, Outcome
from domain.ledger.errors import LedgerUnavailable, MalformedRecord
from domain.ledger.history import Streams, Told, execute_streams
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.facts import WorkerRole
from tests.domain.desk import REFERRED_ON, STARTED_ON, Desk, at, grant, meeting, meeting_day, plan
from tests.domain.test_together import transactions

NOTE = "said in confidence"


def story(client_id: UUID, meetings: int = 9) -> list[AnyCommand]:
    """An episode from its referral to its end, more meetings than were granted among them."""
    return [
        ReceiveReferral(client_ids=(client_id,), received_on=REFERRED_ON, source=ContactSource.FAMILY),
        grant(),
        StartEpisode(started_on=STARTED_ON),
        plan(),
        *(meeting(number, note=NOTE) for number in range(1, meetings + 1)),
        CloseEpisode(closed_on=meeting_day(meetings), reason=ClosureReason.GOALS_MET, outcome=Result.NONE),
    ]


def orders(desk: Desk, stream_id: UUID, commands: Sequence[AnyCommand]) -> list[Order]:
    return [desk.order(stream_id, command, historical=True) for command in commands]


def contact() -> ReceiveContact:
    return ReceiveContact(
        received_at=at(REFERRED_ON), channel=ContactChannel.PHONE, source=ContactSource.MATERNITY_CLINIC,
        consent=FamilyConsent.GIVEN,
    )  # fmt: skip


def at_once(desk: Desk, *batches: Streams) -> list[Told]:
    return list(execute_streams(desk.book, batches))


def told(outcomes: Sequence[Outcome]) -> list[Any]:
    """All of it but what no two streams have alike."""
    return [
        (entry.version, entry.fact, entry.occurred_at, entry.actor, entry.caused_by, outcome.warnings)
        for outcome in outcomes
        for entry in outcome.entries
    ]


def test_streams_are_recorded_in_one_transaction_with_what_their_orders_come_to_one_by_one(desk: Desk) -> None:
    commands = story(desk.client())
    one_by_one = [desk.book.execute(order) for order in orders(desk, new_id(), commands)]
    before = transactions(desk)
    ids = [new_id(), new_id()]
    ((first, second),) = at_once(desk, [orders(desk, stream_id, commands) for stream_id in ids])
    assert transactions(desk) == before + 1
    assert first is not None
    assert second is not None
    assert told(first) == told(second) == told(one_by_one)
    assert [outcome.version for outcome in first] == [outcome.version for outcome in one_by_one]
    assert any(outcome.deviations for outcome in first)
    assert not any(outcome.replayed for outcome in first)


def test_what_was_recorded_at_once_reads_alike_here_and_in_another_process(desk: Desk) -> None:
    stream_id = new_id()
    ((outcomes,),) = at_once(desk, [orders(desk, stream_id, story(desk.client(), meetings=2))])
    assert outcomes is not None
    here = desk.book.state(stream_id, StreamKind.EPISODE)
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
        assert other.state(stream_id, StreamKind.EPISODE) == here
    assert [(entry.position, entry.recorded_at) for entry in here.entries] == [
        (entry.position, entry.recorded_at) for outcome in outcomes for entry in outcome.entries
    ]
    assert desk.do(stream_id, meeting(2, note=NOTE)).facts(MeetingHeld)


def test_of_a_stream_with_an_order_that_is_refused_nothing_is_recorded_and_of_the_others_all(desk: Desk) -> None:
    client_id, spoilt = desk.client(), new_id()
    bad = orders(desk, spoilt, [*story(client_id, 1), StartEpisode(started_on=STARTED_ON)])
    ((sound, refused, also_sound),) = at_once(
        desk, [orders(desk, new_id(), story(client_id, 1)), bad, orders(desk, new_id(), [contact()])]
    )
    assert sound is not None
    assert also_sound is not None
    assert refused is None
    assert desk.book.ledger.read_stream(spoilt) == []
    assert desk.book.ledger.recorded([order.command_id for order in bad]) == set()


def test_a_stream_of_which_something_is_recorded_already_is_left_alone(desk: Desk) -> None:
    stream_id = new_id()
    given = orders(desk, stream_id, story(desk.client(), 1))
    desk.book.execute(given[0])
    before = desk.last_position()
    assert at_once(desk, [given]) == [[None]]
    assert desk.last_position() == before
    assert [desk.book.execute(order).replayed for order in given] == [True, *[False] * (len(given) - 1)]


def test_clients_and_the_register_are_left_alone_and_so_is_a_stream_without_orders(desk: Desk) -> None:
    born = RegisterClient(born_on=dt.date(2019, 1, 1), area="Kotka")
    worker = EnrolWorker(
        worker_id="O9", role=WorkerRole.FAMILY_INSTRUCTOR, unit_id="kotka", area="Kotka", enrolled_on=REFERRED_ON
    )
    before = desk.last_position()
    given = [orders(desk, new_id(), [born]), orders(desk, desk.register_id, [worker]), []]
    assert at_once(desk, given) == [[None, None, None]]
    assert desk.last_position() == before


@pytest.mark.parametrize("apart", [False, True])
def test_a_stream_that_looks_at_another_which_is_just_being_recorded_is_left_alone(desk: Desk, *, apart: bool) -> None:
    contact_id, client_id = new_id(), desk.client()
    asked = orders(desk, contact_id, [contact()])
    referral = ReceiveReferral(
        client_ids=(client_id,), contact_id=contact_id, received_on=REFERRED_ON, source=ContactSource.MATERNITY_CLINIC,
        channel=ContactChannel.PHONE, consent=FamilyConsent.GIVEN,
    )  # fmt: skip
    looking = orders(desk, new_id(), [referral])
    batches: list[Streams] = [[asked], [looking]] if apart else [[asked, looking]]
    first, second = [streams for batch in at_once(desk, *batches) for streams in batch]
    assert first is not None
    assert second is None
    ((afterwards,),) = at_once(desk, [looking])
    assert afterwards is not None


def test_when_another_gets_in_between_a_batch_is_left_alone_and_the_next_is_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    contested, client_id = new_id(), desk.client()
    given = orders(desk, contested, story(client_id, 1))
    real = desk.book.submission

    def submission(decision: Any) -> Any:
        monkeypatch.setattr(desk.book, "submission", real)
        with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
            other.execute(desk.order(contested, contact()))
        return real(decision)

    monkeypatch.setattr(desk.book, "submission", submission)
    beside = orders(desk, new_id(), story(client_id, 1))
    after = [orders(desk, new_id(), [contact()]) for _ in range(2)]
    lost, *recorded = at_once(desk, [given, beside], after[:1], after[1:])
    assert lost == [None, None]
    assert all(outcomes is None for outcomes in recorded[0])
    assert all(outcomes is not None for outcomes in recorded[1])
    assert len(desk.book.ledger.read_stream(contested)) == 1
    assert all(not desk.book.execute(order).replayed for order in beside)


def test_a_lost_database_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_recorder: RegisterRecorder, _batches: object) -> Iterator[list[Any]]:
        raise LedgerUnavailable("away")

    monkeypatch.setattr(RegisterRecorder, "append_batches", away)
    with pytest.raises(LedgerUnavailable):
        at_once(desk, [orders(desk, new_id(), [contact()])])


def test_a_database_lost_while_a_batch_is_being_read_for_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_recorder: RegisterRecorder, _command_ids: object) -> set[UUID]:
        raise LedgerUnavailable("away")

    monkeypatch.setattr(RegisterRecorder, "recorded", away)
    with pytest.raises(LedgerUnavailable):
        at_once(desk, [orders(desk, new_id(), [contact()])])


def test_a_batch_that_looks_at_a_stream_which_cannot_be_read_is_answered_and_the_others_are_recorded(
    desk: Desk,
) -> None:
    spoilt, sound = desk.client(), desk.client()
    cut_off(desk, spoilt)
    batches = [[orders(desk, new_id(), story(client_id, 1))] for client_id in (sound, spoilt, sound, sound)]
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as elsewhere:
        told = list(execute_streams(elsewhere, batches))
        assert [[outcomes is not None for outcomes in batch] for batch in told] == [[True], [False], [True], [True]]
        with pytest.raises(MalformedRecord):
            elsewhere.execute(batches[1][0][0])


def cut_off(desk: Desk, stream_id: UUID) -> None:
    """Somebody cuts the stored records of the stream short, past all that guards them."""
    events = sql.Identifier(schema_of(desk.book.register_name), "events")
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(events))
        shorter = sql.SQL("UPDATE {} SET record = substring(record FROM 1 FOR 30) WHERE stream_id = %s").format(events)
        assert connection.execute(shorter, [stream_id]).rowcount > 0


def test_while_a_stream_is_decided_no_states_of_it_pile_up_however_many_steps_it_has(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, held = desk.book.submission, list[int]()

    def submission(decision: Any) -> Any:
        held.append(states_held())
        return real(decision)

    given = orders(desk, new_id(), story(desk.client()))
    monkeypatch.setattr(desk.book, "submission", submission)
    before = states_held()
    ((outcomes,),) = at_once(desk, [given])
    assert outcomes is not None
    assert len(held) == len(given)
    assert max(held) - before <= 3, "the one before, what it comes to, and that with what is recorded"


def states_held() -> int:
    """How many states of episodes there are in this process."""
    gc.collect()
    return sum(type(one) is EpisodeState for one in gc.get_objects())
