"""Signed notes, checkpoints and cosignatures: what a trusted key signed is read, everything else is refused."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.proof.checkpoint import Checkpoint, SeenCheckpoint, open_checkpoint
from domain.ledger.proof.cosignature import WitnessKey, WitnessSigner, cosigned_at, verifier_key
from domain.ledger.proof.faults import (
    ForeignCheckpoint,
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    NoKnownSignature,
    ProofFault,
    WrongSignature,
)
from domain.ledger.proof.note import Signature, SignedNote, SignerKey, VerifierKey, sign, verify

LOG = SignerKey("jaksokirja/kymenlaakso", bytes(range(32)))
OTHER = SignerKey("jaksokirja/kymenlaakso", bytes(range(1, 33)))
WITNESS = WitnessSigner("witness.example/w1", bytes(range(2, 34)))
ROOT = hashlib.sha256(b"root").digest()
MOMENT = dt.datetime(2026, 1, 31, 12, 0, 0, 42, tzinfo=dt.UTC)
CHECKPOINT = Checkpoint.sealed("jaksokirja/kymenlaakso", 258, ROOT, MOMENT)
NOTE = CHECKPOINT.signed([LOG])

# The examples of the specifications, whose keys are the public ones that their texts name.
SPEC_NOTE = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)


def test_a_note_is_divided_from_its_signatures_at_the_last_empty_line() -> None:
    note = SignedNote.parse(SPEC_NOTE.encode())
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [(each.name, each.key_id.hex(), len(each.value)) for each in note.signatures] == [
        ("quasimodo.example/salvatore", "367ba04b", 64)
    ]
    assert note.to_bytes() == SPEC_NOTE.encode()


def test_a_note_signed_by_a_known_key_verifies_and_unknown_keys_are_ignored() -> None:
    unknown = SignerKey("somebody.example", bytes(32)).sign("another text\n")
    note = NOTE.signed_also([unknown, OTHER.sign("another text\n")])
    assert [key for key, _ in verify(note, [LOG.verifier()])] == [LOG.verifier()]


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(NoKnownSignature, match=r"jaksokirja/kymenlaakso"):
        verify(NOTE, [OTHER.verifier()])
    with pytest.raises(NoKnownSignature, match="none was given"):
        verify(NOTE, [])


def test_who_is_not_signed_for_is_told_by_ids_as_the_keys_of_a_rotation_have_one_name() -> None:
    before, after = SignerKey(LOG.name, bytes(31) + b"1"), SignerKey(LOG.name, bytes(31) + b"2")
    with pytest.raises(NoKnownSignature) as refused:
        verify(NOTE, [before.verifier(), after.verifier()])
    for key in (before, after):
        assert f"{LOG.name}+{key.verifier().key_id.hex()}" in str(refused.value)


def test_a_wrong_signature_of_a_known_key_refuses_the_note_though_another_is_right() -> None:
    forged = Signature(OTHER.name, OTHER.verifier().key_id, OTHER.sign("another text\n").value)
    with pytest.raises(WrongSignature):
        verify(NOTE.signed_also([forged]), [LOG.verifier(), OTHER.verifier()])


@given(st.data())
def test_a_note_with_any_byte_flipped_added_or_removed_is_refused(data: st.DataObject) -> None:
    whole = NOTE.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    with_flip = whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :]
    with_more = whole[:at] + data.draw(st.binary(min_size=1, max_size=3)) + whole[at:]
    for forged in (with_flip, whole[:at] + whole[at + 1 :], with_more):
        if forged != whole:
            with pytest.raises(ProofFault):
                open_checkpoint(forged, [LOG.verifier()])


def test_keys_are_written_as_strings_and_read_back() -> None:
    key_id = hashlib.sha256(b"jaksokirja/kymenlaakso\n\x01" + LOG.verifier().public).hexdigest()[:8]
    vkey = str(LOG.verifier())
    assert vkey == f"{LOG.name}+{key_id}+{base64.b64encode(bytes([1]) + LOG.verifier().public).decode()}"
    assert VerifierKey.parse(vkey) == LOG.verifier() == verifier_key(vkey)
    assert SignerKey.parse(LOG.to_skey()) == LOG
    assert verifier_key(str(WITNESS.verifier())) == WITNESS.verifier()
    assert isinstance(verifier_key(str(WITNESS.verifier())), WitnessKey)
    assert WitnessSigner.parse(WITNESS.to_skey()) == WITNESS
    assert SignerKey.generate("a") != SignerKey.generate("a")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        "name+00000000",
        "na me+00000000+" + base64.b64encode(bytes(33)).decode(),
        str(LOG.verifier()).replace("kymen", "lapin"),
        str(LOG.verifier())[:-4],
        str(LOG.verifier()) + "A" * 2000,
        LOG.to_skey(),
    ],
)
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(MalformedKey) as refusal:
        verifier_key(key)
    assert base64.b64encode(LOG.seed).decode()[4:20] not in str(refusal.value)


def test_a_key_is_not_taken_for_one_of_another_kind() -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(str(WITNESS.verifier()))
    with pytest.raises(MalformedKey):
        SignerKey.parse(WITNESS.to_skey())
    with pytest.raises(TypeError):
        WITNESS.sign("text\n")


def test_a_private_key_is_not_shown() -> None:
    secret = LOG.to_skey().rpartition("+")[2]
    for shown in (repr(LOG), str(LOG)):
        assert secret not in shown
        assert str(LOG.seed) not in shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nname c2ln\n",
        "text\n\n— name c2lnbmF0dXJl".encode(),
        "text\n\n— name not base64!\n".encode(),
        "text\n\n— name c2ln\n".encode(),
        "text\n\n— na+me c2lnbmF0dXJl\n".encode(),
        "text\ttab\n\n— name c2lnbmF0dXJl\n".encode(),
        b"\xff\n\n" + "— name c2lnbmF0dXJl\n".encode(),
        b"text\n\n" + "— name c2lnbmF0dXJl\n".encode() * 101,
        b"t" * 1_000_001,
    ],
)
def test_what_is_no_note_or_beyond_the_limits_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedNote):
        SignedNote.parse(data)


def test_a_note_with_a_hundred_signatures_is_read() -> None:
    assert len(SignedNote.parse(b"text\n\n" + "— name c2lnbmF0dXJl\n".encode() * 100).signatures) == 100


@pytest.mark.parametrize("text", ["no newline", "a\ttab\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        sign(text, [LOG])


def test_a_checkpoint_tells_origin_size_root_and_the_time_of_sealing() -> None:
    assert CHECKPOINT.text() == (
        f"jaksokirja/kymenlaakso\n258\n{base64.b64encode(ROOT).decode()}\ntime 2026-01-31T12:00:00.000042Z\n"
    )
    seen = open_checkpoint(NOTE.to_bytes(), [LOG.verifier()], origin="jaksokirja/kymenlaakso")
    assert seen == SeenCheckpoint(CHECKPOINT, NOTE, (LOG.verifier(),), ())
    assert seen.checkpoint.sealed_at == MOMENT


def test_a_checkpoint_of_another_log_is_refused_by_name() -> None:
    with pytest.raises(ForeignCheckpoint, match=r"jaksokirja/kymenlaakso.*jaksokirja/lapland"):
        open_checkpoint(NOTE.to_bytes(), [LOG.verifier()], origin="jaksokirja/lapland")


def test_during_rotation_a_checkpoint_is_signed_by_both_keys_and_either_is_enough() -> None:
    both = CHECKPOINT.signed([LOG, OTHER]).to_bytes()
    assert open_checkpoint(both, [OTHER.verifier()]).log_keys == (OTHER.verifier(),)
    assert open_checkpoint(both, [LOG.verifier(), OTHER.verifier()]).log_keys == (LOG.verifier(), OTHER.verifier())


def test_a_witness_says_when_it_saw_the_checkpoint() -> None:
    cosignature = WITNESS.cosign(NOTE.text, MOMENT)
    seen = open_checkpoint(NOTE.signed_also([cosignature]).to_bytes(), [LOG.verifier(), WITNESS.verifier()])
    assert seen.witnessed == ((WITNESS.verifier(), MOMENT.replace(microsecond=0)),)
    assert cosigned_at(cosignature) == MOMENT.replace(microsecond=0)


def test_a_cosignature_is_over_the_documented_message() -> None:
    signature = WITNESS.cosign(NOTE.text, MOMENT)
    plain = SignerKey(WITNESS.name, WITNESS.seed).sign(f"cosignature/v1\ntime 1769860800\n{NOTE.text}")
    assert signature.value == (1769860800).to_bytes(8) + plain.value


def test_a_cosignature_at_another_time_than_was_signed_is_refused() -> None:
    signature = WITNESS.cosign(NOTE.text, MOMENT)
    later = Signature(signature.name, signature.key_id, (1769860801).to_bytes(8) + signature.value[8:])
    with pytest.raises(WrongSignature):
        verify(NOTE.signed_also([later]), [WITNESS.verifier()])


def test_a_witness_alone_does_not_make_a_checkpoint_the_logs() -> None:
    only = SignedNote(NOTE.text, (WITNESS.cosign(NOTE.text, MOMENT),))
    with pytest.raises(NoKnownSignature, match="witnesses"):
        open_checkpoint(only.to_bytes(), [LOG.verifier(), WITNESS.verifier()])


ENCODED = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        f"\n1\n{ENCODED}\n",
        f"origin\n01\n{ENCODED}\n",
        f"origin\n-1\n{ENCODED}\n",
        f"origin\n{2**63}\n{ENCODED}\n",
        f"origin\n{'9' * 5000}\n{ENCODED}\n",
        "origin\n1\nAAAA\n",
        f"origin\n1\n{ENCODED}\n\nafter an empty line\n",
        f"origin\n1\n{ENCODED}\ntime yesterday\n",
        f"origin\n1\n{ENCODED}\ntime 2026-02-30T12:00:00.000000Z\n",
        f"origin\n1\n{ENCODED}\ntime 2026-01-31T12:00:00.000000Z\ntime 2026-01-31T12:00:00.000001Z\n",
        f"origin\n1\n{ENCODED}\n" + "more\n" * 17,
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


def test_other_extension_lines_are_kept_as_they_are() -> None:
    text = f"origin\n0\n{ENCODED}\nan extension\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.extensions, checkpoint.sealed_at, checkpoint.text()) == (("an extension",), None, text)
