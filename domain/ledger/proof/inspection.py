"""What is wrong with one record, in words: the slow twin of the loop in scan.py, run once, for the first bad record.

Also what only a thorough pass looks at: that a state is JSON as the register writes it. Never here: hashing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from domain.ledger.errors import MalformedRecord
from domain.ledger.proof.findings import Finding
from domain.ledger.proof.records import FRAME_BYTES, RECORD_LIMIT_BYTES
from domain.ledger.record import unpack
from domain.ledger.submission import StoredRecord

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HEAD = re.compile(
    rb'\{"occurred_at":"[0-9T:.+-]{19,40}","actor":"(?:[^"\\]|\\.)*","correlation_id":"[0-9a-f-]{36}"'
    rb'(?:,"caused_by":(?P<cause>0|[1-9][0-9]{0,9}))?,"'
)
_cause = re.compile(rb',"caused_by":(0|[1-9][0-9]{0,9})[,}]').match


@dataclass(frozen=True, slots=True)
class Expected:
    """What the next record must be. `sealed_floor`: the last checkpoint's size, and its time, less the tolerance."""

    origin: str
    position: int
    floor: int
    ceiling: int
    sealed_floor: tuple[int, int] | None
    versions: Mapping[bytes, int]
    names: Collection[bytes]


def explain(block: bytes, at: int, expected: Expected) -> Finding:
    """What is wrong with the record at offset `at` of a block: the first of what can be wrong, outermost first."""
    if at + FRAME_BYTES > len(block):
        return Finding("cut_short", "the record is cut short.", expected.position)
    length = int.from_bytes(block[at : at + 4])
    if not 1 <= length <= RECORD_LIMIT_BYTES + 1:
        words = f"a record's length is given as {length - 1} bytes; it has from 1 to {RECORD_LIMIT_BYTES}."
        return Finding("malformed_record", words, expected.position)
    leaf = block[at + 4 : at + 4 + length]
    if len(leaf) < length:
        words = f"the record is cut short: {len(leaf)} of {length} bytes are there."
        return Finding("cut_short", words, expected.position)
    if leaf[0] != 0:
        return Finding("malformed_record", "the byte before the record is not 0x00.", expected.position)
    try:
        origin, record = unpack(leaf[1:])
    except MalformedRecord as fault:
        return Finding("malformed_record", f"the bytes are no record of a register: {fault}.", expected.position)
    found = of_record(origin, record, expected)
    words = "the record is not written as the register writes records."
    return found or finding_at(expected.position, record, "malformed_record", words)


def read_leaf(leaf: bytes) -> tuple[str, StoredRecord] | None:
    """The origin and the record in a leaf's bytes; None when they are none."""
    try:
        return unpack(leaf[1:]) if leaf[:1] == b"\x00" else None
    except MalformedRecord:
        return None


def of_record(origin: str, record: StoredRecord, expected: Expected) -> Finding | None:
    """What is wrong with a record that can be read; None when nothing is."""
    name = record.name.encode()
    moment = (record.recorded_at - _EPOCH) // dt.timedelta(microseconds=1)
    known = expected.versions.get(record.stream_id.bytes)
    if origin != expected.origin:
        code, words = "foreign_origin", f"the record is of the log {origin!r}, not of {expected.origin!r}."
    elif record.position != expected.position:
        code, words = "position_gap", f"the record says that it stands at {record.position}."
    elif name not in expected.names:
        code, words = "unknown_name", "no fact of this name is known."
    elif moment < expected.floor:
        code, words = "recorded_too_early", _too_early(record, expected)
    elif moment > expected.ceiling:
        code, words = (
            "recorded_too_late",
            (
                f"it was recorded at {_written(moment)}, after the checkpoint that covers it was sealed"
                f" ({_written(expected.ceiling)})."
            ),
        )
    elif not (record.version in (0, 1) if known is None else record.version == known + 1):
        stands = "has not begun" if known is None else f"stands at version {known}"
        code, words = "version_gap", f"its version is {record.version}, but the stream {stands}."
    else:
        return of_state(record, expected.position)
    return finding_at(expected.position, record, code, words)


def of_state(record: StoredRecord, position: int) -> Finding | None:
    """What is wrong with the head of a state: causation must point backwards within the stream. None: nothing is."""
    head = _HEAD.match(record.state)
    if head is None:
        words = "the state does not begin as the register writes states."
        return finding_at(position, record, "malformed_state", words)
    if head["cause"] is not None and int(head["cause"]) >= record.version:
        words = f"it is caused by version {int(head['cause'])} of its stream, which is not before it."
        return finding_at(position, record, "causation_forward", words)
    return None


def of_json(record: StoredRecord) -> Finding | None:
    """What a thorough pass finds in a state: not JSON, a key twice, not written in the one way. None: nothing."""
    try:
        value = from_json(record.state)
    except ValueError:
        words = "the state is no JSON."
        return finding_at(record.position, record, "malformed_state", words)
    if not isinstance(value, dict) or to_json(value) != record.state:
        words = "the state is JSON, but not written in the one way that the register writes it."
        return finding_at(record.position, record, "malformed_state", words)
    return of_state(record, record.position)


def causes_earlier(block: bytes, at: int, end: int, version: int) -> bool:
    """Whether what stands at the offset is a cause, and that an earlier version."""
    cause = _cause(block, at, end)
    return cause is not None and int(cause[1]) < version


def finding_at(position: int, record: StoredRecord, code: str, words: str) -> Finding:
    """A finding that names the event."""
    stream, name = str(record.stream_id), _shown(record.name)
    return Finding(code, words, position, position, stream=stream, version=record.version, name=name)


def named(record: bytes, position: int, code: str, words: str) -> Finding:
    """A finding that names the event in the bytes, as far as they tell of one."""
    try:
        return finding_at(position, unpack(record)[1], code, words)
    except MalformedRecord:
        return Finding(code, words, position, position)


def _too_early(record: StoredRecord, expected: Expected) -> str:
    recorded = record.recorded_at.isoformat()
    if expected.sealed_floor is None or expected.sealed_floor[1] != expected.floor:
        return f"it was recorded at {recorded}, before the event before it ({_written(expected.floor)})."
    sealed = f"the checkpoint of {expected.sealed_floor[0]} events was sealed, which does not cover it"
    return f"it was recorded at {recorded}, before {sealed} (not before {_written(expected.floor)})."


def _written(microseconds: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=microseconds)).isoformat()


def _shown(name: str) -> str:
    """A name that can be printed: names are short words, and what is not may be anything."""
    return name if re.fullmatch(r"[a-z0-9_.]{1,255}", name) else repr(name[:60])
