"""What a record must be, and in words what is wrong with one: the rule of which quick.py is the swift half.

Also what only a thorough pass looks at: that a state is JSON as the register writes it. Never here: hashing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from pydantic_core import from_json, to_json

from domain.ledger.errors import MalformedRecord
from domain.ledger.proof.findings import Finding
from domain.ledger.proof.records import FRAME_BYTES, RECORD_LIMIT_BYTES
from domain.ledger.record import unpack
from domain.ledger.submission import StoredRecord

LATEST = 2**63 - 1
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
FIRST_MOMENT = (dt.datetime.min.replace(tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
LAST_MOMENT = (dt.datetime.max.replace(tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
"""In microseconds since 1970; a record of a moment outside is none."""
_HEAD = re.compile(
    rb'\{"occurred_at":"[0-9T:.+-]{19,40}","actor":"(?:[^"\\]|\\.)*","correlation_id":"[0-9a-f-]{36}"'
    rb'(?:,"caused_by":(?P<cause>0|[1-9][0-9]{0,9}))?,"'
)
_cause = re.compile(rb',"caused_by":(0|[1-9][0-9]{0,9})[,}]').match


@dataclass(slots=True)
class SoFar:
    """How far a pass has come, and so what the next record must be.

    `names`: those of facts; `position`, `versions`: the last, and each stream's last; `floor` and `ceiling` bound
    recorded_at of the next, in microseconds since 1970; `sealed_floor`: the size of the last checkpoint, and its time,
    less the tolerance, when that is the floor.
    """

    origin: str
    names: Collection[bytes]
    position: int = 0
    floor: int = -LATEST
    ceiling: int = LATEST
    sealed_floor: tuple[int, int] | None = None
    versions: dict[bytes, int] = field(default_factory=dict)

    def take(self, record: StoredRecord) -> None:
        """The record is the one that stands next."""
        self.position, self.versions[record.stream_id.bytes] = record.position, record.version
        self.floor = (record.recorded_at - _EPOCH) // _MICROSECOND


def explain(block: bytes, at: int, so_far: SoFar) -> Finding | None:
    """What is wrong with the record at that offset of a block, outermost first; None when nothing is."""
    due = so_far.position + 1
    if at + FRAME_BYTES > len(block):
        return Finding("cut_short", "the record is cut short.", due)
    length = int.from_bytes(block[at : at + 4])
    if not 1 <= length <= RECORD_LIMIT_BYTES + 1:
        words = f"a record's length is given as {length - 1} bytes; it has from 1 to {RECORD_LIMIT_BYTES}."
        return Finding("malformed_record", words, due)
    leaf = block[at + 4 : at + 4 + length]
    if len(leaf) < length:
        words = f"the record is cut short: {len(leaf)} of {length} bytes are there."
        return Finding("cut_short", words, due)
    if leaf[0] != 0:
        return Finding("malformed_record", "the byte before the record is not 0x00.", due)
    try:
        return of_record(*unpack(leaf[1:]), so_far)
    except MalformedRecord as fault:
        return Finding("malformed_record", f"the bytes are no record of a register: {fault}.", due)


def of_record(origin: str, record: StoredRecord, so_far: SoFar) -> Finding | None:
    """What is wrong with a record that can be read; None when nothing is."""
    name = record.name.encode()
    moment = (record.recorded_at - _EPOCH) // _MICROSECOND
    due, known = so_far.position + 1, so_far.versions.get(record.stream_id.bytes)
    if origin != so_far.origin:
        code, words = "foreign_origin", f"the record is of the log {origin!r}, not of {so_far.origin!r}."
    elif record.position != due:
        code, words = "position_gap", f"the record says that it stands at {record.position}."
    elif name not in so_far.names:
        code, words = "unknown_name", "no fact of this name is known."
    elif moment < so_far.floor:
        code, words = "recorded_too_early", _too_early(record, so_far)
    elif moment > so_far.ceiling:
        code, words = (
            "recorded_too_late",
            (
                f"it was recorded at {_written(moment)}, after the checkpoint that covers it was sealed"
                f" ({_written(so_far.ceiling)})."
            ),
        )
    elif not (record.version in (0, 1) if known is None else record.version == known + 1):
        stands = "has not begun" if known is None else f"stands at version {known}"
        code, words = "version_gap", f"its version is {record.version}, but the stream {stands}."
    else:
        return of_state(record, due)
    return finding_at(due, record, code, words)


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


def _too_early(record: StoredRecord, so_far: SoFar) -> str:
    recorded = record.recorded_at.isoformat()
    if so_far.sealed_floor is None or so_far.sealed_floor[1] != so_far.floor:
        return f"it was recorded at {recorded}, before the event before it ({_written(so_far.floor)})."
    sealed = f"the checkpoint of {so_far.sealed_floor[0]} events was sealed, which does not cover it"
    return f"it was recorded at {recorded}, before {sealed} (not before {_written(so_far.floor)})."


def _written(microseconds: int) -> str:
    return (_EPOCH + microseconds * _MICROSECOND).isoformat()


def _shown(name: str) -> str:
    """A name that can be printed: names are short words, and what is not may be anything."""
    return name if re.fullmatch(r"[a-z0-9_.]{1,255}", name) else repr(name[:60])
