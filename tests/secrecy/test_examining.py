"""Keys that somebody took away, put back or changed beside the ledger are found by looking at every entry."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from domain.ledger.secrecy.examining import KeyFault, examined
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.ledger.secrecy.parting import pack, unpack
from domain.ledger.secrecy.sealing import DRAWN_BYTES, KEY_BYTES, PartedKey
from domain.ledger.secrecy.wrapping import RegisterKey, RegisterKeyFault
from tests.domain.desk import Desk
from tests.secrecy.conftest import destroy, fence
from tests.secrecy.test_destruction import approved, carried_out, destroyer

CHANGED = "UPDATE keyring.data_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE key_id = %s"


def told(desk: Desk, condemned: tuple[UUID, ...] = ()) -> dict[UUID, KeyFault]:
    """What is found to be wrong, by key."""
    _, faulty = examined(desk.book, condemned, lambda done, total: None)
    assert all(one.position for one in faulty)
    return {one.key_id: one.fault for one in faulty}


def in_keyring(desk: Desk, statement: str, *arguments: object) -> list[tuple[UUID]]:
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        done = connection.execute(statement.encode(), arguments)
        return done.fetchall() if done.description else []


def keys_of(desk: Desk, client_id: UUID) -> set[UUID]:
    rows = in_keyring(desk, "SELECT key_id FROM keyring.data_keys WHERE holder_id = %s", client_id)
    return {key_id for (key_id,) in rows}


def test_a_keyring_in_order_is_told_so_also_while_and_after_a_destruction(desk: Desk) -> None:
    client_id = desk.client(given_name="Kaarna")
    assert told(desk) == {}
    destruction_id = approved(desk, client_id)
    with destroyer(desk) as one:
        one._keys.fence(destruction_id, client_id, None)
        standing = one.standing(destruction_id)
    assert standing is not None
    assert told(desk, standing.key_ids) == {}
    carried_out(desk, destruction_id)
    assert told(desk) == {}


def test_keys_taken_away_without_two_persons_are_found(desk: Desk) -> None:
    one, other, third, fourth = (desk.client(given_name="Kaarna") for _ in range(4))
    named = {client_id: keys_of(desk, client_id) for client_id in (one, other, third, fourth)}
    assert all(named.values())
    in_keyring(desk, "DELETE FROM keyring.data_keys WHERE holder_id = %s", one)
    destroy(desk.dsn, desk.book.register_name, other)
    fence(desk.dsn, desk.book.register_name, third)
    for key_id in named[fourth]:
        in_keyring(desk, CHANGED, key_id)
    expected = (
        (one, KeyFault.MISSING),
        (other, KeyFault.UNCERTIFIED),
        (third, KeyFault.FENCED),
        (fourth, KeyFault.CHANGED),
    )
    assert told(desk) == {key_id: fault for client_id, fault in expected for key_id in named[client_id]}


def test_a_key_that_the_registers_own_entries_are_sealed_with_does_not_hide_the_others(desk: Desk) -> None:
    client_id = desk.client(given_name="Kaarna")
    certificate = carried_out(
        desk, approved(desk, client_id)
    )  # the reason of the request is sealed by the client's key
    wrapped = b"nothing that the register key has wrapped"
    revived = "UPDATE keyring.data_keys SET state = 'active', wrapped = %s, destroyed_at = NULL WHERE key_id = %s"
    for key_id in certificate.key_ids:
        in_keyring(desk, revived, wrapped, key_id)
    assert told(desk) == dict.fromkeys(certificate.key_ids, KeyFault.CHANGED)


def test_a_destroyed_key_that_an_older_keyring_brought_back_is_found(desk: Desk) -> None:
    client_id = desk.client(given_name="Kaarna")
    in_keyring(desk, "CREATE TABLE keyring.backup AS SELECT * FROM keyring.data_keys WHERE holder_id = %s", client_id)
    try:
        certificate = carried_out(desk, approved(desk, client_id))
        assert told(desk) == {}
        in_keyring(
            desk,
            "UPDATE keyring.data_keys k SET state = b.state, wrapped = b.wrapped, destroyed_at = NULL"
            " FROM keyring.backup b WHERE b.key_id = k.key_id",
        )
        assert told(desk) == dict.fromkeys(certificate.key_ids, KeyFault.BACK)
    finally:
        in_keyring(desk, "DROP TABLE keyring.backup")


@pytest.mark.parametrize("part", [0, 1])
def test_what_is_left_of_a_key_that_was_taken_apart_is_refused_when_it_was_changed(part: int) -> None:
    service = RegisterKey(bytes(KEY_BYTES), "somewhere")
    key = PartedKey(UUID(int=7), {(UUID(int=8), 1, 0): bytes(DRAWN_BYTES)}, bytes(KEY_BYTES))
    packed = pack(key, service, b"here")
    assert unpack(key.key_id, packed, service, b"here") == key
    spoilt = list(packed)
    spoilt[part] = spoilt[part][:-1] + bytes([spoilt[part][-1] ^ 1])
    with pytest.raises(RegisterKeyFault):
        unpack(key.key_id, (spoilt[0], spoilt[1]), service, b"here")
