"""The quick pass and the rule that it is the swift half of come to the same, whatever the bytes are."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger.identity import register_stream_id
from domain.ledger.proof import quick, scan
from domain.ledger.proof.findings import Finding
from domain.ledger.proof.inspection import FIRST_MOMENT, LAST_MOMENT, LATEST, SoFar
from domain.ledger.proof.logfacts import KEY_ADOPTED, ORIGIN_PREFIX
from domain.ledger.proof.quick import QuickPass
from domain.ledger.proof.records import framed
from domain.ledger.proof.scan import Scan
from domain.ledger.proof.tree import leaf_hash
from domain.ledger.record import prefix
from tests.ledger.proof.registers import BEGAN, NAMES, ORIGIN, SECOND, a_record, a_register

NAMES_HERE = NAMES | {f"{KEY_ADOPTED}.1"}
STREAMS = [UUID(int=number) for number in (7, 8, 9)]
OF_REGISTER = register_stream_id(ORIGIN.removeprefix(ORIGIN_PREFIX))
FEW = a_register(9).records
MICROSECONDS = int(BEGAN.timestamp()) * 1_000_000


class Slow(Scan):
    """Every record is looked at by the rule."""

    def __init__(self) -> None:
        super().__init__(ORIGIN, NAMES_HERE)
        self._quick = QuickPass(b"", [])  # no name is taken


class Quick(Scan):
    """The pass as it is."""

    def __init__(self) -> None:
        super().__init__(ORIGIN, NAMES_HERE)


def gone_through(one: Scan, blocks: Sequence[bytes], stops: Sequence[tuple[int, int]]) -> Scan:
    """Up to each stop, with the ceiling that it has, block after block; `told` keeps what was hashed and where."""
    left, told = list(blocks), list[tuple[int, list[bytes]]]()
    block, at = b"", 0
    for until, ceiling in stops:
        one.so_far.ceiling = ceiling
        while one.so_far.position < until and (at < len(block) or left):
            if at >= len(block):
                block, at = left.pop(0), 0
            at, leaves = one.run(block, at, until)
            told.append((at, leaves))
            if not leaves:
                break
    one.told = told  # type: ignore[attr-defined] # kept beside, to be compared
    return one


def outcome(one: Scan) -> tuple[object, ...]:
    far = one.so_far
    floor = max(far.floor, FIRST_MOMENT)  # before the first record there is none
    return (one.finding, far.position, floor, far.versions, one.log_facts, one.told)  # type: ignore[attr-defined] # as above


def both(blocks: Sequence[bytes], *stops: tuple[int, int]) -> tuple[Scan, Scan]:
    where = stops or ((LATEST, LATEST),)
    return gone_through(Quick(), blocks, where), gone_through(Slow(), blocks, where)


def head_of_state(record: bytes) -> range:
    """Where in a frame the head of the record's state stands, which is read in full only in a thorough pass."""
    state_at = record.index(b'{"occurred_at"')
    return range(5 + state_at, 5 + record.index(b'"plain"') + 1)


@pytest.mark.parametrize("flip", [0x01, 0x10, 0x80, 0xFF])
@pytest.mark.parametrize("number", range(3))
def test_a_record_changed_at_any_byte_is_told_as_the_rule_tells_it(number: int, flip: int) -> None:
    frames = [framed(record) for record in FEW]
    head = head_of_state(FEW[number])
    for at in range(len(frames[number])):
        changed = bytearray(frames[number])
        changed[at] ^= flip
        swift, slow = both([b"".join([*frames[:number], changed, *frames[number + 1 :]])])
        if outcome(swift) != outcome(slow):
            assert at in head, at
            assert slow.finding is not None
            assert (slow.finding.code, swift.finding) == ("malformed_state", None)


@pytest.mark.parametrize("length", range(0, len(framed(FEW[2])), 7))
def test_a_block_cut_short_anywhere_is_told_as_the_rule_tells_it(length: int) -> None:
    swift, slow = both([framed(FEW[0]) + framed(FEW[1]) + framed(FEW[2])[:length]])
    assert outcome(swift) == outcome(slow)
    assert (swift.finding is not None) == bool(length)


def test_sound_records_are_all_taken_by_the_quick_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_at(*_: object) -> Finding | None:
        raise AssertionError("a sound record was left to the rule")

    monkeypatch.setattr(scan, "explain", looked_at)
    from_nought = [a_record(500 + number, STREAMS[0], number - 1) for number in (1, 2)]
    records = [*a_register(500, seed=3).records, *from_nought]
    blocks = [b"".join(map(framed, records[n : n + 40])) for n in range(0, 502, 40)]
    passed = gone_through(Quick(), blocks, [(17, LATEST), (230, LATEST), (502, LATEST)])
    hashes = [leaf for _, leaves in passed.told for leaf in leaves]  # type: ignore[attr-defined] # see gone_through
    assert hashes == list(map(leaf_hash, records))
    assert set(map(len, passed.so_far.versions)) == {16}


def test_an_event_of_the_moment_before_it_is_too_late_for_a_checkpoint_sealed_earlier() -> None:
    records = [a_record(number, STREAMS[0], number, recorded_at=BEGAN + SECOND) for number in (1, 2)]
    swift, slow = both([b"".join(map(framed, records))], (1, LATEST), (2, MICROSECONDS))
    assert outcome(swift) == outcome(slow)
    assert swift.finding is not None
    assert (swift.finding.code, swift.finding.position) == ("recorded_too_late", 2)


Change = Callable[[bytes], bytes]


def put(at: int, layout: str, value: object) -> Change:
    """A number or bytes of a record's header set to something else; `at`: behind what every record begins with."""
    begins = len(prefix(ORIGIN))
    return lambda record: (
        record[: begins + at] + struct.pack(layout, value) + record[begins + at + struct.calcsize(layout) :]
    )


LATE = (LAST_MOMENT, LAST_MOMENT + 1, FIRST_MOMENT, FIRST_MOMENT - 1, LATEST, -LATEST, 0)
changes = st.one_of(
    st.builds(put, st.just(0), st.just(">q"), st.sampled_from([-1, 0, 1, 2, 5, 2**40])),
    st.builds(put, st.just(8), st.just(">q"), st.sampled_from([*LATE, MICROSECONDS, MICROSECONDS + 4_000_000])),
    st.builds(put, st.just(16), st.just(">16s"), st.sampled_from([b"", *(each.bytes for each in STREAMS)])),
    st.builds(put, st.just(32), st.just(">i"), st.integers(-2, 5)),
    st.builds(put, st.just(36), st.just(">h"), st.sampled_from([-1, 0, 7, 10, 14, 15, 17, 255, 256])),
    st.builds(lambda cut: lambda record: record[:-cut], st.integers(1, 300)),
    st.just(lambda record: record + record),
    st.just(lambda record: record.replace(b"kymenlaakso", b"kymenlaakse")),
    st.just(lambda record: record.replace(b"meeting_held.1", b"meeting_hold.1")),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Records as they might stand: sound ones of a few streams, now and then one that is not, actors of any length."""
    versions = dict.fromkeys([*STREAMS, OF_REGISTER], 0)
    records = []
    for position in range(1, draw(st.integers(1, 14)) + 1):
        stream = draw(st.sampled_from(list(versions)))
        versions[stream] += 1
        name = draw(st.sampled_from([*sorted(NAMES), *([f"{KEY_ADOPTED}.1"] if stream == OF_REGISTER else [])]))
        cause = draw(st.sampled_from([None, None, 0, versions[stream] - 1, versions[stream], 70]))
        moment = BEGAN + draw(st.integers(position - 1, position)) * SECOND
        record = a_record(position, stream, versions[stream], name=name, cause=cause, recorded_at=moment)
        actor = draw(st.sampled_from(["W", "instructor-12", 'a "quoted" one', "x" * 60])).replace('"', '\\"')
        records.append(record.replace(b'"worker-0"', f'"{actor}"'.encode()))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(records) - 1))
        records[at] = draw(changes)(records[at])
    return records


CEILINGS = st.sampled_from([LATEST, MICROSECONDS + 3_000_000, MICROSECONDS])
NUMBERS = st.lists(st.integers(1, 14), max_size=3)


@settings(max_examples=300, deadline=None)
@given(records=histories(), cuts=NUMBERS, stops=NUMBERS, ceilings=st.lists(CEILINGS, min_size=4, max_size=4))
def test_any_history_sound_or_not_is_told_as_the_rule_tells_it(
    records: list[bytes], cuts: list[int], stops: list[int], ceilings: list[int]
) -> None:
    frames, edges = list(map(framed, records)), sorted({0, *cuts, len(records)})
    blocks = [b"".join(frames[one:other]) for one, other in pairwise(edges)]
    swift, slow = both([block for block in blocks if block], *zip([*sorted(stops), LATEST], ceilings, strict=False))
    assert outcome(swift) == outcome(slow)


def test_a_cause_is_found_whatever_looks_like_one_further_on_in_the_state() -> None:
    head = b'{"occurred_at":"2026-01-01T00:00:00+00:00","actor":"%s","correlation_id":"' + b"0" * 36 + b'"'
    far = head % (b"x" * 120) + b',"plain":{}}'
    decoy = b',"correlation_id":"' + b"0" * 36 + b'","plain":{}}'
    hidden = head % b"W" + b',"caused_by":9,"plain":{"a":"'
    hidden += b"y" * (far.index(b'"correlation_id"') - len(hidden) - 2) + b'"' + decoy
    assert hidden.rindex(b'"correlation_id"') == far.index(b'"correlation_id"')
    records = [a_record(number, STREAMS[0], number, state=state) for number, state in ((1, far), (2, far), (3, hidden))]
    passed = gone_through(Quick(), [b"".join(map(framed, records))], [(3, LATEST)])
    assert passed.finding is not None
    assert (passed.finding.code, passed.finding.position) == ("causation_forward", 3)


def test_a_block_beyond_the_limit_of_a_record_is_left_to_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "RECORD_LIMIT_BYTES", 100)
    so_far = SoFar(ORIGIN, {name.encode() for name in NAMES})
    taken = QuickPass(b"\x00" + prefix(ORIGIN), so_far.names).take(framed(FEW[0]), 0, 1, so_far)
    assert (taken, so_far.position) == ((0, []), 0)
