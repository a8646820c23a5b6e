"""The canonical bytes of an event: written once by append(), hashed as they stand, never made again from their parts.

All numbers are big-endian; lengths are in bytes and cover UTF-8:

    1   format, 0x01
    2   length of origin       (int2)
    n   origin                 the register's log, the same in every record of it
    8   position               (int8), from 1
    8   recorded_at            (int8), microseconds since 1970-01-01T00:00:00Z
    16  stream_id              the UUID's bytes
    4   version                (int4)
    2   length of name         (int2)
    n   name                   of the fact, with its version: meeting_held.1
    …   state                  to the end, exactly as the writer gave it

The record is the leaf of the register's log (RFC 6962) at index position - 1.
Never here: what is in a state, SQL, hashing. This module needs no database, so that an auditor can use it.
"""

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from domain.ledger.errors import MalformedRecord
from domain.ledger.submission import StoredRecord

FORMAT = 1
NAME_LIMIT_BYTES = 255  # of an origin, too; the schema holds both to it

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_START = struct.Struct(">Bh")
MIDDLE = struct.Struct(">qq16sih")
_PLACE = struct.Struct(">qq")


def pack(origin: str, record: StoredRecord) -> bytes:
    """The bytes that the register keeps of this event."""
    origin_bytes, name_bytes = origin.encode(), record.name.encode()
    for text in (origin_bytes, name_bytes):
        if not 1 <= len(text) <= NAME_LIMIT_BYTES:
            raise MalformedRecord(f"an origin or a name has 1 to {NAME_LIMIT_BYTES} bytes, this has {len(text)}")
    middle = MIDDLE.pack(
        record.position,
        (record.recorded_at - _EPOCH) // _MICROSECOND,
        record.stream_id.bytes,
        record.version,
        len(name_bytes),
    )
    return b"".join((_START.pack(FORMAT, len(origin_bytes)), origin_bytes, middle, name_bytes, record.state))


def prefix(origin: str) -> bytes:
    """What every record of the register begins with."""
    origin_bytes = origin.encode()
    return _START.pack(FORMAT, len(origin_bytes)) + origin_bytes


def place_and_time(data: bytes, begins: bytes) -> tuple[int, int]:
    """The position and the microseconds since 1970 of a record that begins so; the rest is not looked at.

    Several times as quick as `unpack`, for who reads everything. Raises MalformedRecord.
    """
    if not data.startswith(begins) or len(data) < len(begins) + MIDDLE.size:
        raise MalformedRecord("not a record of this register")
    place: tuple[int, int] = _PLACE.unpack_from(data, len(begins))
    return place


def unpack(data: bytes) -> tuple[str, StoredRecord]:
    """The origin and the event in the bytes. Raises MalformedRecord on anything that pack() would not have made."""
    position, stream_id, version, name, recorded_at, state = parts(data)
    origin = data[_START.size : _START.size + _START.unpack_from(data)[1]]
    try:
        return origin.decode(), StoredRecord(position, stream(stream_id), version, name, recorded_at, state)
    except UnicodeDecodeError as fault:
        raise MalformedRecord(f"not a record: {fault}") from fault


def parts(data: bytes) -> tuple[int, bytes, int, str, datetime, bytes]:
    """Position, the stream id's bytes, version, name, recorded_at and state: for who reads millions. As `unpack`."""
    try:
        layout, origin_length = _START.unpack_from(data)
        middle_at = _START.size + _length(origin_length)
        position, microseconds, stream_id, version, name_length = MIDDLE.unpack_from(data, middle_at)
        name_at = middle_at + MIDDLE.size
        state_at = name_at + _length(name_length)
        if layout != FORMAT or state_at > len(data) or position < 1 or version < 0:
            raise MalformedRecord("not a record of format 1, or cut short, or without a place in the book")
        return position, stream_id, version, data[name_at:state_at].decode(), moment(microseconds), data[state_at:]
    except (struct.error, UnicodeDecodeError, OverflowError) as fault:
        raise MalformedRecord(f"not a record: {fault}") from fault


Row = tuple[int, UUID, int, str, datetime, bytes]
"""What a StoredRecord holds, in its order."""


def rows(records: Iterable[bytes]) -> Iterator[Row]:
    """The events in the records, most of which are of one register: what they begin with is looked at once.

    Half as long as `unpack`, for who reads streams. Raises MalformedRecord.
    """
    begins, place, name_at, taken_apart = b"", 0, 0, MIDDLE.unpack_from
    last_id, last_at = b"", None
    for data in records:
        try:
            if not begins or not data.startswith(begins):
                begins = beginning(data)
                place = len(begins)
                name_at = place + MIDDLE.size
            position, microseconds, stream_id, version, name_length = taken_apart(data, place)
            state_at = name_at + name_length
            if name_length < 1 or state_at > len(data) or position < 1 or version < 0:
                parts(data)
            if stream_id != last_id:
                last_id, stream_uuid = stream_id, stream(stream_id)
            if microseconds != last_at:
                last_at, recorded_at = microseconds, moment(microseconds)
            name = _called(data[name_at:state_at])
        except (struct.error, UnicodeDecodeError, OverflowError) as fault:
            raise MalformedRecord(f"not a record: {fault}") from fault
        yield position, stream_uuid, version, name, recorded_at, data[state_at:]


def beginning(data: bytes) -> bytes:
    """As `prefix`, of this record. Raises MalformedRecord, struct.error, UnicodeDecodeError."""
    layout, origin_length = _START.unpack_from(data)
    begins = data[: _START.size + _length(origin_length)]
    if layout != FORMAT:
        raise MalformedRecord("not a record of format 1")
    begins[_START.size :].decode()
    return begins


@lru_cache(maxsize=1024)
def stream(stream_id: bytes) -> UUID:
    """The stream whose id has these bytes. Made once for events that are read one after the other."""
    return UUID(bytes=stream_id)


@lru_cache(maxsize=1024)
def _called(name: bytes) -> str:
    """A fact's stored name, of which there are few. Raises MalformedRecord, UnicodeDecodeError."""
    _length(len(name))
    return name.decode()


@lru_cache(maxsize=64)
def moment(microseconds: int) -> datetime:
    """Events that were recorded together share it."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _length(length: int) -> int:
    if not 1 <= length <= NAME_LIMIT_BYTES:
        raise MalformedRecord(f"an origin or a name has 1 to {NAME_LIMIT_BYTES} bytes, this says {length}")
    return length
