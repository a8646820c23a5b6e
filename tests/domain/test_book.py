"""The book: an order is executed once, on what stands there, and leaves its facts or no trace at all."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from domain.client.commands.register_client import RegisterClient
from domain.client.commands.tellings import TellAddress
from domain.commands import AnyCommand
from domain.contact.commands.close_contact import CloseContact
from domain.entry import Provenance
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.facts import MeetingHeld
from domain.episode.state import EpisodeState
from domain.fact import StreamKind
from domain.ledger.book import Book, Outcome
from domain.ledger.identity import new_id
from domain.refusal import (
    KeyReused,
    Unknown,
    UnknownClient,
    UnknownContact,
    UnknownEpisode,
    WrongVersion,
)
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.succeed_controller import SucceedController
from tests.domain.desk import NOW, REFERRED_ON, TODAY, Desk, at, grant, meeting, meeting_day
from tests.domain.test_amendments import strike
from tests.domain.test_meetings import planned


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes answer the same, but for having been answered again."""
    return (one.command_id, one.stream_id, one.version, one.entries, one.warnings) == (
        other.command_id,
        other.stream_id,
        other.version,
        other.entries,
        other.warnings,
    )


def test_the_same_order_again_is_answered_with_what_it_first_came_to(desk: Desk) -> None:
    order = desk.order(desk.started(meetings=7), meeting(8))
    first = desk.book.execute(order)
    again = desk.book.execute(order)
    assert (first.replayed, again.replayed) == (False, True)
    assert same(first, again)
    assert again.position == first.position == desk.last_position()
    assert [one.rule_id for one in again.deviations] == ["meetings"]


def test_the_same_order_again_is_answered_the_same_also_when_the_stream_has_moved_on(desk: Desk) -> None:
    episode_id = desk.started()
    order = desk.order(episode_id, meeting(1), expected_version=desk.episode(episode_id).version)
    first = desk.book.execute(order)
    desk.do(episode_id, meeting(2))
    again = desk.book.execute(order)
    assert again.replayed
    assert same(first, again)


def test_the_same_order_again_gives_the_same_warnings(desk: Desk) -> None:
    order = desk.order(desk.started(meetings=7), planned(8))
    first, again = desk.book.execute(order), desk.book.execute(order)
    assert first.warnings
    assert same(first, again)


def test_an_order_whose_repetition_would_be_refused_is_answered_all_the_same(desk: Desk) -> None:
    order = desk.order(desk.referred(), grant())
    assert same(desk.book.execute(order), desk.book.execute(order))


def test_the_answer_is_the_same_from_a_book_that_was_opened_anew(desk: Desk) -> None:
    order = desk.order(desk.started(), meeting())
    first = desk.book.execute(order)
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring(), clock=lambda: NOW) as other:
        assert same(first, other.execute(order))


@pytest.mark.parametrize("changed", ["body", "stream", "command"])
def test_an_order_id_that_was_used_for_something_else_is_refused(desk: Desk, changed: str) -> None:
    client_id, command_id = desk.client(), new_id()
    told = TellAddress(told_on=TODAY, telephone="555-0100")
    desk.do(client_id, told, command_id=command_id)
    command: AnyCommand = told.model_copy(update={"telephone": "555-0101"}) if changed == "body" else told
    if changed == "command":
        command = strike(1)
    stream_id = desk.client() if changed == "stream" else client_id
    refusal = desk.refused(stream_id, command, command_id=command_id)
    assert isinstance(refusal, KeyReused)
    assert refusal.code == "idempotency_key_reused"


def test_an_order_is_the_same_when_its_command_has_come_to_know_a_field_more(desk: Desk) -> None:
    class MoreAddress(TellAddress):
        doorbell: str | None = None

        @classmethod
        def command_name(cls) -> str:
            return TellAddress.command_name()

    client_id = new_id()
    told: dict[str, Any] = {"told_on": TODAY, "telephone": "555-0100"}
    orders = [desk.order(client_id, kind(**told)) for kind in (TellAddress, MoreAddress)]
    assert orders[0].content() == orders[1].content()
    assert b"555-0100" in orders[0].content()


def test_the_id_of_a_refused_order_is_free_for_the_right_one(desk: Desk) -> None:
    episode_id, command_id = desk.started(), new_id()
    desk.refused(episode_id, meeting(1, worker_ids=("O9",)), command_id=command_id)
    assert not desk.do(episode_id, meeting(1), command_id=command_id).replayed


def test_an_order_that_changes_nothing_records_nothing_but_its_id(desk: Desk) -> None:
    before = desk.last_position()
    order = desk.order(desk.register_id, SucceedController(successor="Kymsote", succeeded_on=TODAY))
    first = desk.book.execute(order)
    assert (first.entries, first.position, desk.last_position()) == ((), None, before)
    assert desk.book.ledger.read_command(order.command_id) is not None
    again = desk.book.execute(order)
    assert again.replayed
    assert same(first, again)
    other = OpenUnit(unit_id="U", unit_name="U", opened_on=TODAY)
    assert isinstance(desk.refused(desk.register_id, other, command_id=order.command_id), KeyReused)


def test_an_order_may_expect_the_version_at_which_the_stream_stands(desk: Desk) -> None:
    episode_id = desk.started()
    version = desk.episode(episode_id).version
    assert desk.do(episode_id, meeting(1), expected_version=version).version == version + 1
    refusal = desk.refused(episode_id, meeting(2), expected_version=version)
    assert isinstance(refusal, WrongVersion)
    assert (refusal.code, refusal.details["current_version"]) == ("wrong_version", version + 1)


def test_an_order_may_expect_that_the_stream_has_not_begun(desk: Desk) -> None:
    assert desk.do(new_id(), RegisterClient(born_on=TODAY), expected_version=0).entries
    refusal = desk.refused(desk.client(), RegisterClient(born_on=TODAY), expected_version=0)
    assert isinstance(refusal, WrongVersion)


def test_a_command_of_another_kind_of_stream_is_refused_and_spoils_nothing(desk: Desk) -> None:
    client_id, contact_id, episode_id = desk.client(), desk.contact(), desk.started()
    address = TellAddress(told_on=TODAY, telephone="555-0100")
    closing = CloseContact(closed_on=REFERRED_ON)
    for stream_id, command, refused_as in (
        (client_id, meeting(), UnknownEpisode),
        (client_id, closing, UnknownContact),
        (contact_id, address, UnknownClient),
        (contact_id, meeting(), UnknownEpisode),
        (episode_id, address, UnknownClient),
        (episode_id, closing, UnknownContact),
        (desk.register_id, address, UnknownClient),
        (client_id, OpenUnit(unit_id="U", unit_name="U", opened_on=TODAY), Unknown),
    ):
        assert isinstance(desk.refused(stream_id, command), refused_as)
    assert desk.do(desk.referred(client_id, contact_id=contact_id), grant()).entries
    assert desk.do(client_id, address).entries


def test_a_stream_named_for_another_kind_is_unknown_as_that_kind(desk: Desk) -> None:
    episode_id, contact_id = desk.referred(), desk.contact()
    told = {"received_on": REFERRED_ON, "source": "family"}
    wrong_client = ReceiveReferral.model_validate(told | {"client_ids": (episode_id,)})
    assert isinstance(desk.refused(new_id(), wrong_client), UnknownClient)
    wrong_contact = ReceiveReferral.model_validate(told | {"client_ids": (desk.client(),), "contact_id": episode_id})
    assert isinstance(desk.refused(new_id(), wrong_contact), UnknownContact)
    assert isinstance(desk.refused(episode_id, grant(continues_episode_id=contact_id)), UnknownEpisode)


def test_two_who_write_to_one_episode_at_once_are_both_recorded(desk: Desk) -> None:
    episode_id, writers, each = desk.started(), 4, 5

    def write(writer: int) -> list[int]:
        return [desk.do(episode_id, meeting(1 + writer * each + n)).version for n in range(each)]

    with ThreadPoolExecutor(writers) as pool:
        versions = sorted(version for versions in pool.map(write, range(writers)) for version in versions)
    state = desk.episode(episode_id)
    assert sum(isinstance(entry.fact, MeetingHeld) for entry in state.entries) == writers * each
    assert [entry.version for entry in state.entries] == list(range(1, state.version + 1))
    assert len(set(versions)) == writers * each
    excess = {one.entry for one in state.concluded.deviations.values() if one.rule_id == "meetings"}
    assert len(excess) == writers * each - 7


def test_when_it_happened_and_when_it_was_recorded_are_two_times(desk: Desk) -> None:
    entry = desk.do(desk.started(), meeting(1)).entries[0]
    assert entry.occurred_at == at(meeting_day(1))
    assert entry.recorded_at is not None
    assert entry.recorded_at > entry.occurred_at
    assert abs(entry.recorded_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5), "the ledger's own clock"


def test_what_happened_on_a_day_happened_from_its_beginning_in_helsinki(desk: Desk) -> None:
    entry = desk.entries(desk.referred())[0]
    assert entry.occurred_at == dt.datetime(2022, 2, 28, 22, 0, tzinfo=dt.UTC)


def test_where_an_imported_fact_came_from_is_kept_with_it_and_not_with_what_followed(desk: Desk) -> None:
    told = Provenance(system="legacy", file="tapaamiset.csv", row_id="7", entered_at=at(meeting_day(9)))
    episode_id = desk.started(meetings=7)
    order = desk.order(episode_id, meeting(8), provenance=told, historical=True)
    outcome = desk.book.execute(order)
    assert [entry.provenance for entry in outcome.entries] == [told, None]
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
        assert [entry.provenance for entry in other.execute(order).entries] == [told, None]


def test_every_entry_names_its_actor_and_its_order(desk: Desk) -> None:
    order = desk.order(desk.started(meetings=7), meeting(8), actor="somebody")
    entries = desk.book.execute(order).entries
    assert {(entry.actor, entry.correlation_id) for entry in entries} == {("somebody", order.command_id)}


def test_a_stream_is_folded_as_it_stood_at_a_position(desk: Desk) -> None:
    episode_id = desk.started(meetings=1)
    before = desk.last_position()
    desk.do(episode_id, strike(desk.number(episode_id, MeetingHeld)))
    then = desk.book.state(episode_id, StreamKind.EPISODE, position=before)
    assert isinstance(then, EpisodeState)
    assert (then.client_meetings_in_spell, desk.episode(episode_id).client_meetings_in_spell) == (1, 0)


def test_a_stream_that_has_not_begun_is_an_empty_state(desk: Desk) -> None:
    state = desk.episode(UUID(int=0))
    assert (state.exists, state.version) == (False, 0)
