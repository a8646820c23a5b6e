"""A witness goes back with a log by its own operator's act, on a statement that the second key signed; never else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from domain.ledger.proof.note import SignerKey, sign
from domain.ledger.proof.statement import Statement, TreeHead
from domain.ledger.proof.tree import LeafHashes, root_of
from domain.ledger.sealing.refusals import RestoreRefused
from domain.ledger.sealing.witness import NotConsistent, OtherSize, Witness
from domain.ledger.sealing.witness_restore import accept, stated_for
from tests.ledger.sealing.test_witness import KEY, LEAVES, LOG, NOW, ORIGIN, OTHERS, body

SECOND = SignerKey(ORIGIN, b"s" * 32)


def head(size: int, leaves: list[bytes] = LEAVES) -> TreeHead:
    return TreeHead(size, root_of(LeafHashes(leaves), size))


STATED = Statement(ORIGIN, head(20), head(9, OTHERS), head(7), NOW)


def signed(statement: Statement = STATED, by: SignerKey = SECOND) -> bytes:
    return sign(statement.text, [by]).to_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a witness that saw all twenty."""
    witness(tmp_path / "seen").add_checkpoint(body(0, 20))
    return tmp_path / "seen"


def witness(folder: Path) -> Witness:
    return Witness(folder, KEY, {ORIGIN: [LOG.verifier()]}, clock=lambda: NOW)


def test_after_it_was_accepted_what_extends_the_restored_log_is_cosigned_and_nothing_else(folder: Path) -> None:
    note = signed()
    with pytest.raises(OtherSize):
        witness(folder).add_checkpoint(body(9, 12, OTHERS))
    statement, seen = stated_for(folder, note, [SECOND.verifier()])
    kept = accept(folder, note, statement)
    assert seen == head(20)
    assert witness(folder).last_seen(ORIGIN) == (9, head(9, OTHERS).root)
    with pytest.raises(NotConsistent):
        witness(folder).add_checkpoint(body(9, 12))
    assert witness(folder).add_checkpoint(body(9, 12, OTHERS))
    told = json.loads(kept.read_text())
    assert (told["seen"]["size"], told["statement"]) == (20, note.decode()), "what was left stays to be seen"


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (signed(by=LOG), "not|none"),
        (b"", "signature lines"),
        (sign(f"{ORIGIN}\n20\nx\n", [SECOND]).to_bytes(), "no statement"),
        (signed(replace(STATED, sealed=head(19))), "do not accept"),
        (signed(replace(STATED, sealed=head(20, OTHERS))), "do not accept"),
        (signed(replace(STATED, common=head(20))), "nothing is to be accepted"),
        (signed(replace(STATED, origin="jaksokirja/kymenlaakso")), "saw 0 events"),
    ],
)
def test_what_does_not_go_back_from_what_was_seen_is_refused(folder: Path, note: bytes, words: str) -> None:
    with pytest.raises(RestoreRefused, match=words):
        stated_for(folder, note, [SECOND.verifier()])
    assert witness(folder).last_seen(ORIGIN)[0] == 20
