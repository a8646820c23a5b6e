"""Nothing remains of what was destroyed: not in a file of the server, its log, a projection, or an export."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from domain.entry import Entry
from domain.fact import StreamKind
from domain.ledger.identity import new_id
from domain.ledger.live import LiveRegister, export_register
from domain.ledger.mapper import draft_of
from domain.ledger.migrate import create_register
from domain.ledger.proof.given import Trust
from domain.ledger.proof.verify import verify
from domain.ledger.secrecy.destruction import Destroyer
from domain.ledger.secrecy.keyring import create_keyring, keyring_dsn
from domain.ledger.secrecy.restriction import Restricter
from domain.ledger.secrecy.sealing import DataKey
from domain.ledger.submission import Submission
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.destruction import DestructionGround
from domain.registry import REGISTRY
from domain.subjects import UNASSIGNED, Subject
from domain.withheld import Withheld
from projections.rebuild import start_up
from scripts.postgres import running
from tests.conftest import QUICK
from tests.domain.desk import NOW, OTHER_WORKER, Desk
from tests.secrecy.test_canaries import CANARY, CHILD, SECRETS, SENSITIVE, with_canaries
from tests.secrecy.test_restriction import NOT_YOURS, agreed, mistaken, note, place

CLIENTS = 100
REGISTER = "remains"
_EMPTY = re.compile(rb"\0{256,}")
"""What nothing was written to, which is most of these files: longer than any byte string that is sought."""
PLAIN = (*(secret.encode() for secret in SECRETS), CHILD.bytes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a server that no other test writes to: its files, write-ahead log and server log."""
    return tmp_path / "data"


@pytest.fixture
def lone(data: Path) -> Iterator[Desk]:
    """A desk at an open register on that server."""
    with running(data, settings=QUICK) as dsn:
        create_keyring(keyring_dsn(dsn))
        create_register(dsn, REGISTER)
        desk = Desk(dsn, REGISTER)
        desk.open()
        yield desk
        desk.book.close()


def planted(desk: Desk) -> list[UUID]:
    """Clients, each with a canary in every sensitive field of every kind of fact."""
    clients = [desk.client(given_name=CANARY, family_name=CANARY) for _ in range(CLIENTS)]
    for client_id in clients:
        drafts = []
        for name in SENSITIVE:
            entry = Entry(new_id(), 1, with_canaries(REGISTRY.facts[name]), NOW, actor="O1", correlation_id=new_id())
            drafts.append(draft_of(entry, desk.book.safe.sealing({1: (Subject(client_id, UNASSIGNED),)})))
        desk.book.ledger.append(Submission(new_id(), b"d" * 32, tuple(drafts)))
    return clients


def keys_of(desk: Desk, clients: Iterable[UUID]) -> list[bytes]:
    """The clients' data keys, as they are wrapped and bare."""
    keyring = desk.book.safe.keyring
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        rows = connection.execute(
            "SELECT key_id, wrapped FROM keyring.data_keys WHERE register = %s AND holder_id = ANY(%s)",
            (REGISTER, list(clients)),
        ).fetchall()
    bare = [key.secret for key in keyring.keys(key_id for key_id, _ in rows).values() if isinstance(key, DataKey)]
    assert len(bare) == len(rows) == CLIENTS
    return [*bare, *(bytes(wrapped) for _, wrapped in rows)]


def found(folder: Path, sought: Iterable[bytes]) -> dict[str, int]:
    """By file, how many of these byte strings are in it: every file in the folder, whatever it is."""
    sought, hits = list(sought), {}
    for path in folder.rglob("*"):
        if path.is_file():
            content = _EMPTY.sub(bytes(256), path.read_bytes())
            if count := sum(one in content for one in sought):
                hits[str(path.relative_to(folder))] = count
    return hits


def written_down(desk: Desk, told: Iterable[bytes]) -> None:
    """In a table of the keyring, as carelessness would; and on disk, so that a search can find it."""
    with psycopg.connect(keyring_dsn(desk.dsn), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS keyring.careless (told bytea)")
        for one in told:
            connection.execute("INSERT INTO keyring.careless VALUES (%s)", (one,))
        connection.execute("CHECKPOINT")


def test_no_byte_of_a_hundred_clients_content_or_keys_is_left_and_the_log_verifies(
    lone: Desk, data: Path, tmp_path: Path
) -> None:
    clients = planted(lone)
    keys = keys_of(lone, clients)
    wrapped = keys[CLIENTS:]
    ids = []
    for client_id in clients:
        request = RequestDestruction(
            destruction_id=new_id(), client_id=client_id, ground=DestructionGround.ERASURE, reason=CANARY
        )
        lone.do(lone.register_id, request)
        lone.do(lone.register_id, ApproveDestruction(destruction_id=request.destruction_id), actor=OTHER_WORKER)
        ids.append(request.destruction_id)
    start_up(lone.dsn, REGISTER)
    written_down(lone, [])
    assert found(data, PLAIN) == {}  # nothing sensitive was ever written in the clear
    before = found(data, wrapped)
    assert max(before.values()) == CLIENTS
    assert any("pg_wal" in name for name in before)
    assert any("base" in name for name in before)
    written_down(lone, [*PLAIN, *keys[:CLIENTS]])  # the search finds what it is to find: content and bare keys
    assert max(found(data, [*PLAIN, *keys[:CLIENTS]]).values()) == len(PLAIN) + CLIENTS
    with psycopg.connect(keyring_dsn(lone.dsn)) as connection:
        connection.execute("DROP TABLE keyring.careless")
    with Destroyer(lone.book, lone.dsn, keyring_dsn(lone.dsn), lease_seconds=0) as one:
        certificates = one.carry_out_many(ids, "O3")
    assert [certificate.client_id for certificate in certificates] == clients
    assert all(certificate.segments_count == len(SENSITIVE) + 2 for certificate in certificates)
    export_register(lone.dsn, REGISTER, tmp_path / "data" / "export")
    hexed = [text for key in keys for text in (key.hex().encode(), base64.urlsafe_b64encode(key).rstrip(b"="))]
    assert found(data, [*PLAIN, *keys]) == {}
    log = (data / "postgres" / "server.log").read_bytes()
    assert log
    assert [text for text in hexed if text in log] == []
    assert found(data / "export", hexed) == {}
    withheld = lone.book.state(clients[0], StreamKind.CLIENT).entries[0].fact.withheld
    assert withheld["given_name"] is Withheld.DESTROYED
    with LiveRegister(lone.dsn, REGISTER) as live:
        report = verify(live, Trust())
    assert (report.finding, report.events) == (None, lone.last_position())


def test_no_byte_is_left_of_a_key_that_was_parted_for_a_restriction_and_the_log_verifies(
    lone: Desk, data: Path
) -> None:
    client_id = lone.client(given_name=CANARY)
    episode_id, version = mistaken(lone, client_id, note=CANARY)
    restriction_id = agreed(lone, episode_id, version)
    with psycopg.connect(keyring_dsn(lone.dsn), autocommit=True) as connection:
        ((key_id, wrapped),) = connection.execute(
            "SELECT key_id, wrapped FROM keyring.data_keys WHERE holder_id = %s AND task = 'child_family_services'",
            (client_id,),
        ).fetchall()
        connection.execute("CHECKPOINT")
    key = lone.book.safe.keyring.keys([key_id])[key_id]
    assert isinstance(key, DataKey)
    assert any("base" in name for name in found(data, [bytes(wrapped)]))
    with Restricter(lone.book, lone.dsn, place(lone), lease_seconds=0) as one:
        (certificate,) = one.carry_out_many([restriction_id], "O3")
    with psycopg.connect(keyring_dsn(lone.dsn), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert found(data, [bytes(wrapped), key.secret, *PLAIN]) == {}
    assert (certificate.restricted_count, certificate.key_ids) == (1, (key_id,))
    assert note(lone.book, episode_id, version) == NOT_YOURS
    with LiveRegister(lone.dsn, REGISTER) as live:
        report = verify(live, Trust())
    assert (report.finding, report.events) == (None, lone.last_position())
