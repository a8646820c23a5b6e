"""Verifying a whole register: sound ones pass; of others the first bad event is named, as far as hashes tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.faults import MalformedNote, NoKnownSignature
from domain.ledger.proof.findings import Finding
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.note import SignedNote
from domain.ledger.proof.report import Report
from domain.ledger.proof.tiles import TileReader, TileWriter, tiles_size
from domain.ledger.proof.verify import verify
from domain.ledger.record import unpack
from tests.ledger.proof.registers import (
    BEGAN,
    KEY,
    OTHER_KEY,
    SECOND,
    Register,
    a_record,
    a_register,
    note_of,
)

EVENTS = 60
SOUND = a_register(EVENTS).sealed(10, 25, 40, 60)
HELD = Trust([KEY.verifier()], [note_of(SOUND.records)])
STREAM = UUID(int=7)


def found(register: Register, trust: Trust = HELD, thorough: bool = False) -> Finding:
    report = verify(register, trust, Options(thorough=thorough))
    assert report.finding is not None
    assert not report.sound
    return report.finding


def with_record(number: int, record: bytes) -> Register:
    """The sound register with the record at that position replaced."""
    return replace(SOUND, records=[*SOUND.records[: number - 1], record, *SOUND.records[number:]])


def resealed(*records: bytes) -> Register:
    """A register that was sealed with these records in it: what is wrong with them was so from the beginning."""
    return Register(list(records)).sealed(len(records))


def one(number: int, version: int, **changes: object) -> bytes:
    return a_record(number, STREAM, version, **changes)  # type: ignore[arg-type] # keywords of a_record, whichever


def test_a_sound_register_is_proved_to_the_last_checkpoint_that_was_brought() -> None:
    report = verify(SOUND, HELD)
    assert (report.sound, report.events, report.proved_to, report.sealed_to) == (True, EVENTS, EVENTS, EVENTS)
    assert (report.checkpoints, report.passed_over, report.notes) == (5, 0, [])
    assert report.sealed_at == BEGAN + EVENTS * SECOND + SECOND / 2


def test_what_was_not_proved_is_said() -> None:
    notes = " ".join(verify(a_register(30).sealed(10), Trust()).notes)
    assert "No checkpoint was brought from outside" in notes
    assert "No key was brought" in notes
    assert "after position 10" in notes
    brought = verify(a_register(30).sealed(30), Trust([KEY.verifier()], [note_of(a_register(30).records[:20])]))
    assert brought.notes == ["No checkpoint that was brought covers the events after position 20."]


@settings(max_examples=300, deadline=None)
@given(number=st.integers(1, EVENTS), data=st.data())
def test_a_flipped_bit_anywhere_is_found_and_placed_between_checkpoints(number: int, data: st.DataObject) -> None:
    record = SOUND.records[number - 1]
    at = data.draw(st.integers(0, len(record) * 8 - 1))
    flipped = (int.from_bytes(record) ^ 1 << at).to_bytes(len(record))
    finding = found(with_record(number, flipped))
    assert finding.position is not None
    assert (finding.earliest or finding.position) <= number <= (finding.last_position or finding.position)


@settings(deadline=None)
@given(number=st.integers(1, EVENTS))
def test_with_tiles_kept_from_before_the_first_changed_event_is_named_exactly(
    tmp_path_factory: pytest.TempPathFactory, number: int
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    assert verify(SOUND, HELD, Options(keep=TileWriter(folder))).sound
    assert tiles_size(folder) == EVENTS
    trust = replace(HELD, tiles=TileReader(folder, EVENTS))
    assert verify(SOUND, trust).sound
    finding = found(with_record(number, SOUND.records[number - 1][:-2] + b" }"), trust)
    record = unpack(SOUND.records[number - 1])[1]
    assert (finding.code, finding.position, finding.last_position) == ("changed", number, number)
    assert (finding.stream, finding.version, finding.name) == (str(record.stream_id), record.version, record.name)


@settings(deadline=None)
@given(number=st.integers(1, EVENTS - 1), other=st.integers(1, EVENTS - 1))
def test_a_record_left_out_doubled_or_moved_is_found(number: int, other: int) -> None:
    records = list(SOUND.records)
    record = records.pop(number - 1)
    assert found(replace(SOUND, records=records)).position == number
    assert found(replace(SOUND, records=[*SOUND.records[:number], *SOUND.records[number - 1 :]])).position == number + 1
    if other != number:
        moved = [*records[: other - 1], record, *records[other - 1 :]]
        assert found(replace(SOUND, records=moved)).position == min(number, other)


@given(there=st.integers(0, EVENTS - 1))
def test_a_register_cut_off_is_found_by_a_checkpoint_from_before(there: int) -> None:
    cut = replace(SOUND, records=SOUND.records[:there], notes=[note_of(SOUND.records[:there])])
    finding = found(cut)
    assert (finding.code, finding.position, finding.last_position) == ("cut_off", there + 1, EVENTS)


def test_a_register_rewritten_whole_and_sealed_again_is_found_only_by_what_the_auditor_holds() -> None:
    rewritten = a_register(EVENTS, seed=2).sealed(10, 60)
    assert verify(rewritten, Trust([KEY.verifier()])).sound
    finding = found(rewritten)
    assert (finding.code, finding.position, finding.last_position) == ("changed", 1, EVENTS)


def test_a_register_signed_again_with_another_key_is_not_taken_for_signed() -> None:
    resigned = a_register(EVENTS, seed=2).sealed(60, keys=[OTHER_KEY])
    report = verify(resigned, HELD)
    assert not report.sound
    assert report.passed_over == 0 or report.checkpoints == 0


def test_checkpoints_that_no_trusted_key_signed_prove_nothing_and_are_counted() -> None:
    report = verify(a_register(EVENTS).sealed(20, 60, keys=[OTHER_KEY]), HELD)
    assert (report.checkpoints, report.passed_over, report.sealed_to) == (1, 2, 0)
    assert "2 of the source's checkpoints are signed by no trusted key." in report.notes
    nothing = verify(a_register(5).sealed(5, keys=[OTHER_KEY]), Trust([KEY.verifier()]))
    assert nothing.finding is not None
    assert nothing.finding.code == "no_known_signature"


def test_an_event_recorded_after_its_checkpoint_was_sealed_is_named() -> None:
    late = resealed(one(1, 1), one(2, 2, recorded_at=BEGAN + 9 * SECOND))
    late.notes = [note_of(late.records, sealed_at=BEGAN + 5 * SECOND)]
    finding = found(late, Trust([KEY.verifier()]))
    assert (finding.code, finding.position, finding.version) == ("recorded_too_late", 2, 2)


def test_an_event_backdated_before_the_checkpoint_that_it_came_after_is_named() -> None:
    records = [one(1, 1), one(2, 2, recorded_at=BEGAN + 2 * SECOND)]
    backdated = Register(records)
    backdated.notes = [
        note_of(records[:1], sealed_at=BEGAN + 60 * SECOND), note_of(records, sealed_at=BEGAN + 90 * SECOND)
    ]  # fmt: skip
    finding = found(backdated, Trust([KEY.verifier()]))
    assert (finding.code, finding.position) == ("recorded_too_early", 2)
    assert "checkpoint of 1 events" in finding.message
    backdated.notes[0] = note_of(records[:1], sealed_at=BEGAN + 6 * SECOND)
    assert verify(backdated, Trust([KEY.verifier()])).sound  # a clock that was set right by a few seconds is no crime


def test_an_event_recorded_before_the_one_before_it_is_named() -> None:
    finding = found(resealed(one(1, 1), one(2, 2, recorded_at=BEGAN)))
    assert (finding.code, finding.position) == ("recorded_too_early", 2)


def test_an_event_recorded_after_a_witness_saw_it_is_named() -> None:
    witness = WitnessSigner("witness.example/w1", bytes(range(3, 35)))
    records = [one(1, 1)]
    note = SignedNote.parse(note_of(records, sealed_at=BEGAN + dt.timedelta(days=1)))
    seen = note.signed_also([witness.cosign(note.text, BEGAN - dt.timedelta(hours=1))]).to_bytes()
    finding = found(Register(records, [seen]), Trust([KEY.verifier(), witness.verifier()]))
    assert (finding.code, finding.position) == ("recorded_too_late", 1)


@pytest.mark.parametrize(
    ("code", "position", "records"),
    [
        ("position_gap", 2, [one(1, 1), one(3, 2)]),
        ("position_gap", 1, [one(2, 1)]),
        ("version_gap", 2, [one(1, 1), one(2, 3)]),
        ("version_gap", 2, [one(1, 1), one(2, 1)]),
        ("version_gap", 1, [one(1, 2)]),
        ("unknown_name", 2, [one(1, 1), one(2, 2, name="invented.1")]),
        ("foreign_origin", 2, [one(1, 1), one(2, 2, origin="jaksokirja/lapland")]),
        ("causation_forward", 2, [one(1, 1), one(2, 2, cause=2)]),
        ("causation_forward", 2, [one(1, 1), one(2, 2, cause=7)]),
        ("malformed_state", 1, [one(1, 1, state=b"{}")]),
        ("malformed_state", 1, [one(1, 1, state=b"")]),
        ("malformed_record", 2, [one(1, 1), b"\x02" + one(2, 2)[1:]]),
        ("malformed_record", 2, [one(1, 1), one(2, 2)[:50]]),
        ("malformed_record", 2, [one(1, 1), b""]),
    ],
)
def test_what_was_wrong_already_when_it_was_sealed_is_named(code: str, position: int, records: list[bytes]) -> None:
    finding = found(resealed(*records), Trust([KEY.verifier()]))
    assert (finding.code, finding.position) == (code, position)
    report = verify(resealed(*records), Trust([KEY.verifier()]))
    assert any("so when it was sealed" in note for note in report.notes)


def test_a_stream_may_begin_with_version_0() -> None:
    assert verify(resealed(one(1, 0), one(2, 1)), Trust()).sound


@pytest.mark.parametrize(
    "state",
    [
        b'{"occurred_at":"2026-01-01T00:00:00+00:00","actor":"W","correlation_id":"'
        + b"0" * 36
        + b'","plain":{"a":1,"a":2}}',
        b'{"occurred_at":"2026-01-01T00:00:00+00:00","actor":"W","correlation_id":"' + b"0" * 36 + b'","plain": {}}',
        b'{"occurred_at":"2026-01-01T00:00:00+00:00","actor":"W","correlation_id":"' + b"0" * 36 + b'","plain":{}',
        b'{"actor":"W","correlation_id":"' + b"0" * 36 + b'","plain":{}}',
    ],
)
def test_a_thorough_pass_finds_states_that_the_register_would_not_write(state: bytes) -> None:
    register = resealed(one(1, 1), one(2, 2, state=state))
    finding = found(register, Trust(), thorough=True)
    assert (finding.code, finding.position) == ("malformed_state", 2)
    assert verify(SOUND, HELD, Options(thorough=True)).sound


def test_a_checkpoint_of_another_register_is_a_finding() -> None:
    foreign = note_of(SOUND.records, origin="jaksokirja/lapland")
    assert found(SOUND, Trust([KEY.verifier()], [foreign])).code == "foreign_origin"


def test_checkpoints_that_go_back_in_time_or_size_are_a_finding() -> None:
    register = a_register(20)
    early = note_of(register.records, sealed_at=BEGAN + 30 * SECOND)
    later = note_of(register.records[:10], sealed_at=BEGAN + 60 * SECOND)
    assert found(replace(register, notes=[later, early]), Trust()).code == "checkpoint_backdated"
    assert found(replace(register, notes=[early, later]), Trust()).code == "malformed_export"


def test_what_the_auditor_brings_must_be_signed_by_a_key_that_he_trusts() -> None:
    for trust, refusal in [
        (Trust([OTHER_KEY.verifier()], HELD.checkpoints), NoKnownSignature),
        (Trust([KEY.verifier()], [b"no note"]), MalformedNote),
    ]:
        with pytest.raises(refusal):
            verify(SOUND, trust)


def test_a_signature_that_is_not_the_keys_own_is_a_finding() -> None:
    forged = SOUND.notes[1].replace(b"\n25\n", b"\n24\n")
    finding = found(replace(SOUND, notes=[SOUND.notes[0], forged]), Trust([KEY.verifier()]))
    assert finding.code == "wrong_signature"


def test_two_roots_signed_for_one_size_are_a_finding() -> None:
    fork = note_of(a_register(25, seed=2).records)
    finding = found(SOUND, Trust([KEY.verifier()], [fork]))
    assert (finding.code, finding.position, finding.last_position) == ("changed", 1, 25)


def test_the_sources_own_checkpoints_count_for_nothing_against_one_that_was_brought() -> None:
    forged = with_record(5, SOUND.records[4][:-2] + b" }").sealed(10, 40)
    report = verify(forged, HELD)
    assert report.finding is not None
    assert (report.finding.position, report.finding.last_position) == (1, EVENTS)
    assert any("has signed two histories" in note for note in report.notes)
    held = Trust(HELD.keys, [note_of(SOUND.records[:20]), *HELD.checkpoints])
    later = found(with_record(33, SOUND.records[32][:-2] + b" }").sealed(10, 40), held)
    assert (later.position, later.last_position) == (21, EVENTS)


def test_what_shows_by_itself_is_not_taken_for_the_first_where_what_was_brought_does_not_fit() -> None:
    records = [*SOUND.records[:3], SOUND.records[3][:-2] + b" }", *SOUND.records[4:29], one(30, 1, name="invented.1")]
    finding = found(replace(SOUND, records=[*records, *SOUND.records[30:]]).sealed(40))
    assert (finding.code, finding.position, finding.earliest) == ("unknown_name", 30, 1)


def test_checkpoints_that_no_key_of_the_source_signed_are_a_finding() -> None:
    unsigned = a_register(5).sealed(5, keys=[OTHER_KEY])
    assert found(unsigned, Trust()).code == "no_known_signature"


def test_tiles_alone_tell_of_changes_and_of_what_was_cut_off(tmp_path: Path) -> None:
    verify(SOUND, HELD, Options(keep=TileWriter(tmp_path)))
    trust = Trust(tiles=TileReader(tmp_path, EVENTS))
    changed = with_record(33, one(33, 1))  # of another stream: by itself nothing is wrong with it
    assert found(replace(changed, notes=[]), trust).position == 33
    assert found(replace(SOUND, records=SOUND.records[:50], notes=[]), trust).code == "cut_off"


def test_nothing_of_a_state_stands_in_a_report() -> None:
    secret = b'{"note":"canary-words"}'
    report: Report = verify(with_record(12, SOUND.records[11][:-5] + secret), HELD)
    assert "canary" not in str(report.as_json()) + str(report.finding)
