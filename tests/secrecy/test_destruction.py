"""A destruction is carried out to the end, whatever stops it on the way, and what it took away cannot be read again."""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.client.commands.tellings import ExpectBirth
from domain.client.facts import ClientRegistered
from domain.episode.facts import MeetingHeld
from domain.ledger.identity import new_id
from domain.ledger.secrecy.destruction import Destroyer
from domain.ledger.secrecy.destruction_cleaning import written_anew
from domain.ledger.secrecy.destruction_faults import KeysInUse, NotApproved, NothingToDestroy, OldCopiesHeld, StillOpens
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.refusal import BeingDestroyed, UnknownDestruction
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.destruction import DestructionCertified, DestructionGround
from domain.registry import REGISTRY
from domain.withheld import Withheld
from tests.domain.desk import DECIDED_ON, OTHER_WORKER, WORKER, Desk, meeting
from tests.domain.people import identity_code
from tests.secrecy.test_book import NOTE, in_desk

CARRIER = "O3"
CODE = identity_code(dt.date(2018, 1, 31))


class Crash(Exception):
    """The process is gone."""


def approved(desk: Desk, client_id: UUID, task: str | None = None) -> UUID:
    """A destruction of the client's content that two persons agreed on."""
    request = RequestDestruction(
        destruction_id=new_id(), client_id=client_id, task=task, ground=DestructionGround.ERASURE, reason=NOTE
    )
    desk.do(desk.register_id, request, actor=WORKER)
    desk.do(desk.register_id, ApproveDestruction(destruction_id=request.destruction_id), actor=OTHER_WORKER)
    return request.destruction_id


def destroyer(desk: Desk, **settings: Any) -> Destroyer:
    """One that waits for no lease and, unless told, does not write the server's log anew."""
    told: dict[str, Any] = {"lease_seconds": 0.0, "clean": lambda: None} | settings
    return Destroyer(desk.book, desk.dsn, keyring_dsn(desk.dsn), **told)


def carried_out(desk: Desk, destruction_id: UUID, **settings: Any) -> DestructionCertified:
    with destroyer(desk, **settings) as one:
        return one.carry_out(destruction_id, CARRIER)


def certificates(desk: Desk) -> list[DestructionCertified]:
    facts = [entry.fact for entry in desk.entries(desk.register_id)]
    return [fact for fact in facts if isinstance(fact, DestructionCertified)]


def states(desk: Desk, client_id: UUID) -> dict[str, tuple[str, bool]]:
    """Of each of the client's keys, by task: its state, and whether it holds anything."""
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        rows = connection.execute(
            "SELECT task, state, wrapped IS NOT NULL FROM keyring.data_keys WHERE register = %s AND holder_id = %s",
            (desk.book.register_name, client_id),
        )
        return {task: (state, held) for task, state, held in rows}


def with_meeting(desk: Desk, client_id: UUID) -> UUID:
    episode_id = desk.started("K2", client_id)
    desk.do(episode_id, meeting(1, note=NOTE))
    return episode_id


def test_a_clients_content_is_destroyed_and_the_certificate_tells_how(desk: Desk) -> None:
    client_id, other = desk.client(identity_code=CODE, born_on=None), desk.client(given_name="Aino")
    episode_id = with_meeting(desk, client_id)
    destruction_id = approved(desk, client_id)
    before = desk.last_position()
    certificate = carried_out(desk, destruction_id)
    assert (certificate.requested_by, certificate.approved_by) == (WORKER, OTHER_WORKER)
    assert (certificate.client_id, certificate.task, certificate.searched_to) == (client_id, None, before)
    assert certificate.fenced_at <= certificate.overwritten_at <= certificate.cleaned_at
    assert len(certificate.key_ids) == 2
    assert certificate.segments_count == len(sealed_for(desk, certificate.key_ids)) >= 3
    assert states(desk, client_id) == dict.fromkeys(states(desk, client_id), ("destroyed", False))
    assert in_desk(desk, client_id, ClientRegistered).withheld["identity_code"] is Withheld.DESTROYED
    assert in_desk(desk, episode_id, MeetingHeld).withheld == {"note": Withheld.DESTROYED}
    assert desk.book.clients.find(CODE) is None
    assert cast("ClientRegistered", in_desk(desk, other, ClientRegistered)).given_name == "Aino"


def sealed_for(desk: Desk, key_ids: tuple[UUID, ...]) -> list[str]:
    """The keys of all segments in the book that name one of these, found in another way than the certificate's."""
    records = desk.book.ledger.read_feed(0, 100_000)
    segments = [segment for record in records for segment in REGISTRY.parse(record.state).sealed]
    return [segment["key"] for segment in segments if UUID(segment["key"]) in key_ids]


def test_one_service_task_is_destroyed_and_the_client_is_found_still(desk: Desk) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    episode_id = with_meeting(desk, client_id)
    certificate = carried_out(desk, approved(desk, client_id, "child_family_services"))
    assert len(certificate.key_ids) == 1
    assert in_desk(desk, episode_id, MeetingHeld).withheld == {"note": Withheld.DESTROYED}
    assert states(desk, client_id)["unassigned"] == ("active", True)
    assert desk.book.clients.find(CODE) == client_id


def test_the_reason_goes_with_the_content(desk: Desk) -> None:
    client_id = desk.client()
    destruction_id = approved(desk, client_id)
    assert desk.book.register_state().destructions[destruction_id].request.reason == NOTE
    carried_out(desk, destruction_id)
    assert desk.book.register_state().destructions[destruction_id].request.reason == Withheld.DESTROYED


def test_a_crash_while_cleaning_has_it_cleaned_again(desk: Desk) -> None:
    destruction_id, times = approved(desk, desk.client()), []

    def failing() -> None:
        times.append(1)
        if len(times) < 3:
            raise Crash

    for _ in range(2):
        with pytest.raises(Crash):
            carried_out(desk, destruction_id, clean=failing)
        assert certificates(desk) == []
    carried_out(desk, destruction_id, clean=failing)
    assert len(times) == 3


def test_carried_out_again_it_answers_with_the_same_certificate(desk: Desk) -> None:
    destruction_id = approved(desk, desk.client())
    first, position = carried_out(desk, destruction_id), desk.last_position()
    assert carried_out(desk, destruction_id) == first
    assert desk.last_position() == position


def test_nothing_is_fenced_that_no_second_person_approved(desk: Desk) -> None:
    client_id = desk.client()
    request = RequestDestruction(
        destruction_id=new_id(), client_id=client_id, ground=DestructionGround.RETENTION, reason=NOTE
    )
    desk.do(desk.register_id, request)
    with pytest.raises(NotApproved):
        carried_out(desk, request.destruction_id)
    with pytest.raises(UnknownDestruction):
        carried_out(desk, new_id())
    assert states(desk, client_id) == {"unassigned": ("active", True)}


def test_a_task_in_which_the_client_has_nothing_is_said_so_and_nothing_is_written_down(desk: Desk) -> None:
    destruction_id = approved(desk, desk.client(), "adult_services")
    with destroyer(desk) as one:
        with pytest.raises(NothingToDestroy):
            one.carry_out(destruction_id, CARRIER)
        assert one.standing(destruction_id) is None


def test_until_the_leases_are_over_the_keys_are_fenced_and_there(desk: Desk) -> None:
    client_id = desk.client()
    destruction_id = approved(desk, client_id)
    with destroyer(desk, lease_seconds=60.0) as one, pytest.raises(KeysInUse):
        one.carry_out(destruction_id, CARRIER, wait=False)
    assert states(desk, client_id) == {"unassigned": ("fenced", True)}
    telling = ExpectBirth(learnt_on=DECIDED_ON, expected_on=DECIDED_ON + dt.timedelta(days=60))
    assert isinstance(desk.refused(client_id, telling), BeingDestroyed)


def test_what_is_told_of_the_client_afterwards_is_sealed_by_a_new_key(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = with_meeting(desk, client_id)
    certificate = carried_out(desk, approved(desk, client_id))
    desk.do(episode_id, meeting(2, note="told later"))
    assert not set(sealed_for(desk, certificate.key_ids)) & {str(one) for one in living(desk, client_id)}
    notes = [entry.fact.note for entry in desk.entries(episode_id) if isinstance(entry.fact, MeetingHeld)]
    assert notes == [None, "told later"]


def living(desk: Desk, client_id: UUID) -> list[UUID]:
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        rows = connection.execute(
            "SELECT key_id FROM keyring.data_keys WHERE holder_id = %s AND state = 'active'", (client_id,)
        ).fetchall()
    assert rows
    return [key_id for (key_id,) in rows]


def test_a_key_that_somebody_puts_back_is_not_certified(desk: Desk) -> None:
    client_id = desk.client()
    destruction_id = approved(desk, client_id)
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        ((wrapped,),) = connection.execute(
            "SELECT wrapped FROM keyring.data_keys WHERE holder_id = %s", (client_id,)
        ).fetchall()

    def put_back() -> None:
        with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
            connection.execute(
                "UPDATE keyring.data_keys SET state = 'active', wrapped = %s WHERE holder_id = %s", (wrapped, client_id)
            )

    with pytest.raises(StillOpens):
        carried_out(desk, destruction_id, clean=put_back)
    assert certificates(desk) == []


@pytest.mark.parametrize(
    ("reads", "told"), [("SELECT 1", "session"), ("SELECT count(*) FROM keyring.data_keys", "in use|session")]
)
def test_an_older_transaction_in_the_keyring_holds_up_the_cleaning(desk: Desk, reads: LiteralString, told: str) -> None:
    dsn, table = keyring_dsn(desk.dsn), sql.Identifier("keyring", "data_keys")
    with psycopg.connect(dsn) as older:
        older.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        older.execute(reads)
        if told == "session":
            with psycopg.connect(dsn) as younger:
                younger.execute("SELECT pg_current_xact_id()")  # the overwriting, which the older one does not see
        with pytest.raises(OldCopiesHeld, match=told):
            written_anew(dsn, "jaksokirja_keyring_owner", table, 0.5)
    written_anew(dsn, "jaksokirja_keyring_owner", table, 30.0)
