"""The arguments of append() as PostgreSQL's binary arrays, and its answer back: packed by hand, because that is where
a lone writer's time went: 282 µs of processor an append by the driver's general way, some 125 µs by this one.

An array, all numbers big-endian (PostgreSQL's `array_recv`): number of dimensions, 0 for "no nulls", OID of the
elements' type, length, lower bound 1; then each element behind its length in bytes.
Never here: SQL, connections, what the values mean.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

UUID_OID, BYTEA_OID, INT4_OID, TEXT_OID, INT8_OID = 2950, 17, 23, 25, 20
UUIDS_OID, BYTEAS_OID, INT4S_OID, TEXTS_OID = 2951, 1001, 1007, 1009

_HEAD = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")
_INT4 = struct.Struct(">ii")
_INT8 = struct.Struct(">q")
_PLACE = struct.Struct(">iIiqIiq")
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_UUID_LENGTH = _LENGTH.pack(16)


def uuids(values: Sequence[UUID]) -> bytes:
    """uuid[]"""
    return _head(UUID_OID, values) + b"".join([_UUID_LENGTH + value.bytes for value in values])


def int4s(values: Sequence[int]) -> bytes:
    """integer[]. Raises struct.error for what does not fit."""
    return _head(INT4_OID, values) + b"".join([_INT4.pack(4, value) for value in values])


def byteas(values: Sequence[bytes]) -> bytes:
    """bytea[]"""
    return _head(BYTEA_OID, values) + b"".join([_LENGTH.pack(len(value)) + value for value in values])


def texts(values: Sequence[str]) -> bytes:
    """text[], in a database whose client encoding is UTF-8."""
    encoded = [value.encode() for value in values]
    return _head(TEXT_OID, values) + b"".join([_LENGTH.pack(len(value)) + value for value in encoded])


def int4(value: int) -> bytes:
    """integer. Raises struct.error for what does not fit."""
    return _LENGTH.pack(value)


def int8(value: int) -> bytes:
    """bigint. Raises struct.error for what does not fit."""
    return _INT8.pack(value)


def place(value: bytes) -> tuple[int, datetime]:
    """The bigint and the timestamptz (in UTC) of a row of these two: the number of fields, then each behind its type's
    OID and its length. As one value it costs less than as columns of a function in FROM, which is written down first.
    """
    _, _, _, number, _, _, microseconds = _PLACE.unpack(value)
    return number, _POSTGRES_EPOCH + timedelta(microseconds=microseconds)


def _head(element: int, values: Sequence[object]) -> bytes:
    return _HEAD.pack(1, 0, element, len(values), 1) if values else _HEAD.pack(0, 0, element, 0, 1)[:12]
