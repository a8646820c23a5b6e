"""The book seals what is sensitive for those whom it is about, and reads the rest without a key: never as an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from api.history import history
from api.texts import Language, withheld_word
from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.catalogue.loader import load_catalogue
from domain.client.commands.register_client import RegisterClient
from domain.client.commands.tellings import ExpectBirth
from domain.client.facts import ClientRegistered
from domain.client.state import ClientState
from domain.consequence import Concluded, Deviation, Duty, ModelReference, conclude
from domain.correction import EntryCorrected, MistakeKind
from domain.entry import Entry
from domain.episode.facts import (
    ClosureReason,
    DecisionMade,
    EpisodeClosed,
    MeetingHeld,
    PlanKind,
    PlanMade,
    ReferralReceived,
)
from domain.episode.facts import Outcome as Result
from domain.fact import Fact, StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.record import pack
from domain.ledger.secrecy.keyring import LEASE_SECONDS, KeyringMissing, keyring_dsn
from domain.ledger.secrecy.sealing import SegmentRefused
from domain.refusal import BeingDestroyed, CannotBeJudged, ContentWithheld, IdentityRegistered
from domain.registry import REGISTRY
from domain.rules.judge import judge
from domain.withheld import Withheld
from tests.domain.desk import DECIDED_ON, WORKER, Desk, at, grant, meeting, the
from tests.domain.people import identity_code
from tests.secrecy.conftest import destroy, fence

CODE = identity_code(dt.date(2018, 1, 31))
NOTE = "said in confidence"


@pytest.fixture
def blind(desk: Desk) -> Iterator[Book]:
    """The same register, read by a process that has no keyring."""
    book = Book(desk.dsn, desk.book.register_name, clock=lambda: desk.now)
    yield book
    book.close()


def in_desk(desk: Desk, stream_id: UUID, kind: type[Fact]) -> Fact:
    return the([entry.fact for entry in desk.entries(stream_id)], kind)


def reread(desk: Desk) -> None:
    """As after the lease is over, or in another process."""
    desk.book.safe.keyring.forget()


def gone(desk: Desk, *holders: UUID, task: str = "%") -> None:
    for holder in holders:
        destroy(desk.dsn, desk.book.register_name, holder, task)
    reread(desk)


def segments(desk: Desk, stream_id: UUID, kind: type[Fact]) -> list[dict[str, Any]]:
    """Those of the last fact of that kind, as stored."""
    records = [one for one in desk.book.ledger.read_stream(stream_id) if one.name == kind.stored_name()]
    return cast("list[dict[str, Any]]", REGISTRY.parse(records[-1].state).sealed)


def holders(desk: Desk, stream_id: UUID, kind: type[Fact]) -> list[tuple[UUID, str]]:
    found = []
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        for segment in segments(desk, stream_id, kind):
            row = connection.execute(
                "SELECT holder_id, task FROM keyring.data_keys WHERE key_id = %s", (segment["key"],)
            ).fetchone()
            assert row is not None
            found.append((row[0], row[1]))
    return found


def test_what_was_recorded_is_read_again_whole_by_another_process(desk: Desk) -> None:
    episode_id = desk.started(meetings=0)
    desk.do(episode_id, meeting(1, note=NOTE))
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as other:
        assert other.state(episode_id, StreamKind.EPISODE).entries == desk.entries(episode_id)


def test_identity_is_sealed_for_the_client_outside_every_task(desk: Desk) -> None:
    client_id = desk.client(given_name="Aino")
    assert holders(desk, client_id, ClientRegistered) == [(client_id, "unassigned")]


def test_before_the_decision_a_fact_is_the_clients_outside_every_task_and_then_in_the_decisions(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.referred(client_id, need=NOTE)
    assert holders(desk, episode_id, ReferralReceived) == [(client_id, "unassigned")]
    desk.do(episode_id, grant("K2", reasons=NOTE, service_task="child_welfare"))
    assert holders(desk, episode_id, DecisionMade) == [(client_id, "child_welfare")]


def test_a_fact_about_a_family_has_a_segment_for_each_and_one_about_one_client_only_theirs(desk: Desk) -> None:
    one, other = desk.client(), desk.client()
    episode_id = desk.started("K2", one, other)
    task = "child_family_services"
    desk.do(episode_id, meeting(1, note=NOTE))
    assert holders(desk, episode_id, MeetingHeld) == [(one, task), (other, task)]
    desk.do(episode_id, meeting(2, note=NOTE, client_ids=(other,)))
    assert holders(desk, episode_id, MeetingHeld) == [(other, task)]


def test_what_is_about_no_client_is_sealed_for_its_stream(desk: Desk) -> None:
    contact_id = desk.contact(message=NOTE)
    kind = REGISTRY.facts["contact_received.2"]
    assert holders(desk, contact_id, kind) == [(contact_id, "of_the_stream")]


def test_a_correction_and_a_strike_out_are_sealed_for_those_of_what_they_amend(desk: Desk) -> None:
    one, other = desk.client(), desk.client()
    episode_id = desk.started("K2", one, other)
    desk.do(episode_id, meeting(1, note=NOTE, client_ids=(other,)))
    number = desk.number(episode_id, MeetingHeld)
    told: dict[str, Any] = {"mistake": MistakeKind.TYPING_ERROR, "reason": NOTE, "entry": number}
    desk.do(episode_id, CorrectEntry(changes={"note": "rightly"}, **told))
    assert holders(desk, episode_id, EntryCorrected) == [(other, "child_family_services")]
    desk.do(episode_id, StrikeOutEntry(**told))
    assert holders(desk, episode_id, REGISTRY.facts["entry_struck_out.1"]) == [(other, "child_family_services")]


def test_a_shared_narrative_is_read_until_the_last_of_its_keys_is_gone(desk: Desk) -> None:
    one, other = desk.client(), desk.client()
    episode_id = desk.started("K2", one, other)
    desk.do(episode_id, meeting(1, note=NOTE))
    gone(desk, one)
    held = in_desk(desk, episode_id, MeetingHeld)
    assert (cast("MeetingHeld", held).note, held.withheld) == (NOTE, {})
    gone(desk, other)
    held = in_desk(desk, episode_id, MeetingHeld)
    assert (cast("MeetingHeld", held).note, held.withheld) == (None, {"note": Withheld.DESTROYED})


def test_destroying_one_task_leaves_the_others(desk: Desk) -> None:
    client_id = desk.client(given_name="Aino")
    episode_id = desk.started("K2", client_id)
    desk.do(episode_id, meeting(1, note=NOTE))
    gone(desk, client_id, task="child_family_services")
    assert in_desk(desk, episode_id, MeetingHeld).withheld == {"note": Withheld.DESTROYED}
    assert cast("ClientRegistered", in_desk(desk, client_id, ClientRegistered)).given_name == "Aino"


def test_a_trail_says_in_words_what_cannot_be_read(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.started("K2", client_id)
    desk.do(episode_id, meeting(1, note=NOTE))
    words = {Language.FI: "tuhottu", Language.SV: "förstört", Language.EN: "destroyed"}
    gone(desk, client_id)
    for language, word in words.items():
        told = history(desk.book, episode_id, StreamKind.EPISODE, as_of=desk.last_position(), language=language)
        held = next(entry for entry in told.entries if entry.name == "meeting_held")
        assert (held.withheld, held.unreadable) == (("note",), {"note": word})


def test_there_is_a_word_for_every_reason_in_every_language() -> None:
    said = {withheld_word(why, language) for why in Withheld for language in Language}
    assert len(said) == len(Withheld) * len(Language)


def test_what_was_opened_is_read_no_longer_than_the_lease(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = desk.client(given_name="Aino")
    desk.client_state(client_id)
    fence(desk.dsn, desk.book.register_name, client_id)
    passed = [0.0]
    began = desk.book.safe.keyring._clock
    monkeypatch.setattr(desk.book.safe.keyring, "_clock", lambda: began() + passed[0])
    passed[0] = LEASE_SECONDS
    assert in_desk(desk, client_id, ClientRegistered).withheld["given_name"] is Withheld.FENCED


def test_nothing_is_added_while_the_key_is_fenced(desk: Desk) -> None:
    client_id = desk.client()
    fence(desk.dsn, desk.book.register_name, client_id)
    reread(desk)
    desk.refused(client_id, ExpectBirth(learnt_on=DECIDED_ON, expected_on=DECIDED_ON + dt.timedelta(days=60)))
    assert isinstance(desk.last_refusal, BeingDestroyed)


def test_without_a_keyring_every_stream_is_read_and_what_is_sealed_is_not_yours(desk: Desk, blind: Book) -> None:
    client_id = desk.client(given_name="Aino", identity_code=None)
    episode_id = desk.started("K2", client_id, meetings=2)
    desk.do(episode_id, meeting(3, note=NOTE))
    state = cast("ClientState", blind.state(client_id, StreamKind.CLIENT))
    assert (state.registered, state.area, state.born_on, state.identity_withheld) == (True, "Kotka", None, True)
    facts = [entry.fact for entry in blind.state(episode_id, StreamKind.EPISODE).entries]
    held = [fact for fact in facts if isinstance(fact, MeetingHeld)][-1]
    assert held.withheld == {"note": Withheld.NOT_YOURS}
    assert [fact.split()[0] for fact in facts] == [entry.fact.split()[0] for entry in desk.entries(episode_id)]


def test_without_a_keyring_nothing_is_recorded(desk: Desk, blind: Book) -> None:
    episode_id = desk.started()
    before = desk.last_position()
    with pytest.raises(KeyringMissing):
        blind.execute(desk.order(episode_id, meeting(1)))
    assert desk.last_position() == before


@pytest.mark.parametrize("moved", ["stream", "version", "name", "register"])
def test_a_ciphertext_in_another_place_is_refused_when_it_is_opened(desk: Desk, moved: str) -> None:
    """A superuser of the database can move bytes; nobody without the key can make them open elsewhere."""
    first, second = desk.started("K2", *(client := [desk.client()])), desk.started("K2", *client)
    for episode_id in (first, second):
        desk.do(episode_id, meeting(1, note=NOTE))
        desk.do(episode_id, meeting(2, note=NOTE))
    records = {one.version: one for one in desk.book.ledger.read_stream(first) if one.name == "meeting_held.1"}
    source = records[min(records)]
    origin = desk.book.ledger.origin()
    target = {
        "stream": replace(source, stream_id=second),
        "version": replace(source, version=max(records), position=records[max(records)].position),
        "name": replace(source, name="meeting_missed.1"),
        "register": source,
    }[moved]
    if moved == "register":
        origin = "jaksokirja/another"
        _change(desk, "UPDATE {}.head SET origin = %s", origin)
        desk.book.ledger._origin = None
    with pytest.raises(SegmentRefused):
        desk.book.safe.entries([target])
    assert pack(origin, target)  # it is a record like any other: only the key tells


def _change(desk: Desk, statement: LiteralString, *arguments: object) -> None:
    with psycopg.connect(desk.dsn) as connection:
        schema = sql.Identifier(schema_of(desk.book.register_name))
        connection.execute(sql.SQL(statement).format(schema), arguments)


def test_a_segment_put_over_another_of_the_same_record_is_refused(desk: Desk) -> None:
    episode_id = desk.started("K2", desk.client(), desk.client())
    desk.do(episode_id, meeting(1, note=NOTE))
    record = desk.book.ledger.read_stream(episode_id)[-1]
    state = REGISTRY.parse(record.state)
    swapped = replace(state, sealed=list(reversed(state.sealed)))
    keys = desk.book.safe._keys({UUID(one["key"]) for one in state.sealed})
    with pytest.raises(SegmentRefused):
        desk.book.safe._opened(record, swapped, keys)


def test_rules_neither_withdraw_nor_note_what_they_cannot_see() -> None:
    """P7 asks a follow-up plan for its content: whether it has any is not guessed, and what was concluded stands."""
    model = next(one for one in load_catalogue() if one.service == "P7")
    made = PlanMade(plan_id=new_id(), plan_kind=PlanKind.FOLLOW_UP_PLAN, made_on=DECIDED_ON, worker_id=WORKER)
    unread = PlanMade.join(made.split()[0], {}, {"content": Withheld.DESTROYED})
    closed = EpisodeClosed(closed_on=DECIDED_ON, reason=ClosureReason.GOALS_MET, outcome=Result.NONE)
    facts: list[Fact] = [closed, unread]
    entries = [
        Entry(new_id(), n, one, at(DECIDED_ON), actor=WORKER, correlation_id=new_id()) for n, one in enumerate(facts, 1)
    ]
    judgement = judge(model, entries)
    assert judgement.unjudged
    rule_id = next(iter(judgement.unjudged))
    reference = ModelReference("P7", model.model_version)
    duty = Duty(key=f"{rule_id}/1", model=reference, rule_id=rule_id, strength="must", started_by=1)
    breach = Deviation(key=f"{rule_id}/2", model=reference, rule_id=rule_id, strength="must", entry=2)
    recorded = Concluded(duties={duty.key: duty}, deviations={breach.key: breach})
    assert [fact for fact in conclude(judgement, recorded) if rule_id in repr(fact)] == []


def test_an_age_that_cannot_be_seen_is_not_guessed(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.referred(client_id)
    gone(desk, client_id)
    refusal = desk.refused(episode_id, grant("K2"))
    assert isinstance(refusal, CannotBeJudged)


def test_decisions_made_before_stand_when_the_content_is_gone(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.started("K2", client_id, meetings=2)
    before = desk.episode(episode_id)
    gone(desk, client_id)
    after = desk.episode(episode_id)
    assert after.grant is not None
    assert before.grant is not None
    assert (after.grant.age_years, after.phase) == (before.grant.age_years, before.phase)
    assert after.concluded == before.concluded
    assert desk.do(episode_id, meeting(3)).entries


def test_a_correction_that_would_lose_what_is_withheld_is_refused(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.started("K2", client_id)
    desk.do(episode_id, meeting(1, note=NOTE))
    fence(desk.dsn, desk.book.register_name, client_id, "child_family_services")
    reread(desk)
    entry = desk.number(episode_id, MeetingHeld)
    told: dict[str, Any] = {"entry": entry, "mistake": MistakeKind.TYPING_ERROR, "reason": "r"}
    assert isinstance(desk.refused(episode_id, CorrectEntry(changes={"mode": "office"}, **told)), ContentWithheld)


def test_what_was_destroyed_does_not_hinder_a_correction_of_the_rest(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.started("K2", client_id)
    desk.do(episode_id, meeting(1, note=NOTE))
    gone(desk, client_id)
    entry = desk.number(episode_id, MeetingHeld)
    correction = CorrectEntry(
        entry=entry, mistake=MistakeKind.TYPING_ERROR, reason="r", changes={"ended_at": "2022-03-10T12:00:00+02:00"}
    )
    desk.do(episode_id, correction)
    standing = [one.fact for one in desk.episode(episode_id).in_force if isinstance(one.fact, MeetingHeld)]
    assert [fact.note for fact in standing] == [None]


def test_the_same_order_again_is_answered_after_the_key_is_gone(desk: Desk) -> None:
    client_id = new_id()
    order = desk.order(client_id, RegisterClient(born_on=dt.date(2018, 1, 31), given_name="Aino"))
    first = desk.book.execute(order)
    gone(desk, client_id)
    again = desk.book.execute(order)
    assert (again.replayed, again.version) == (True, first.version)
    assert again.entries[0].fact.withheld["given_name"] is Withheld.DESTROYED


def test_the_digest_of_a_command_is_no_oracle_for_what_it_said(desk: Desk, blind: Book) -> None:
    """Who knows the whole command but has no key cannot tell that it is the one that was recorded."""
    order = desk.order(new_id(), RegisterClient(identity_code=CODE))
    desk.book.execute(order)
    found = desk.book.ledger.read_command(order.command_id)
    assert found is not None
    other = Desk(desk.dsn, desk.book.register_name)
    assert found[0].digest == other.book._digest(order, StreamKind.CLIENT, make=False)
    gone(desk, order.stream_id)
    assert desk.book._digest(order, StreamKind.CLIENT, make=False) is None
    other.book.close()


def test_a_client_is_found_by_identity_code_however_it_is_written(desk: Desk) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    assert desk.book.clients.find(CODE) == client_id
    assert desk.book.clients.find(f" {CODE.lower()} ") == client_id
    assert desk.book.clients.find(identity_code(dt.date(2019, 1, 31))) is None


def test_the_same_identity_is_registered_once_and_the_refusal_names_the_client(desk: Desk) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    refusal = desk.refused(new_id(), RegisterClient(identity_code=CODE.lower() if CODE.lower() != CODE else CODE))
    assert isinstance(refusal, IdentityRegistered)
    assert refusal.details["client_id"] == str(client_id)
    assert CODE not in f"{refusal!r} {refusal.message} {refusal.remedy} {refusal.details}"


def test_a_corrected_code_is_found_and_the_wrong_one_is_free_again(desk: Desk) -> None:
    right = identity_code(dt.date(2018, 1, 31), number=905)
    client_id = desk.client(identity_code=CODE, born_on=None)
    desk.do(
        client_id,
        CorrectEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, changes={"identity_code": right}, reason="r"),
    )
    assert (desk.book.clients.find(right), desk.book.clients.find(CODE)) == (client_id, None)
    desk.do(client_id, StrikeOutEntry(entry=1, mistake=MistakeKind.WRONG_CLIENT, reason="r"))
    assert desk.book.clients.find(right) is None
    other = desk.client(identity_code=right, born_on=None)
    assert desk.book.clients.find(right) == other


def test_no_tag_tells_the_code_to_who_has_the_database_alone(desk: Desk, postgres: str) -> None:
    desk.client(identity_code=CODE, born_on=None)
    with psycopg.connect(postgres) as connection:
        schema = sql.Identifier(schema_of(desk.book.register_name), "client_index")
        ((tag,),) = connection.execute(sql.SQL("SELECT tag FROM {}").format(schema)).fetchall()
    assert CODE.encode() not in bytes(tag)
    other = Desk(desk.dsn, desk.book.register_name)
    other.book.register_id = new_id()  # another purpose key: another tag for the same code
    assert other.book.clients.find(CODE) is None
    other.book.close()
