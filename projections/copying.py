"""Values as PostgreSQL reads them in COPY's binary format: half the work of its text format, for it and for us.

Must never hold: knowledge of tables. Only the kinds of column that a projection's table may have are known here.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

_TEXT_OID, _INT4_OID, _INT8_OID, _UUID_OID = 25, 23, 20, 2950
_REMEMBERED = 4096

_length = struct.Struct(">i").pack
_timestamp = partial(struct.Struct(">iq").pack, 8)
_date = partial(struct.Struct(">ii").pack, 4)
_stands = struct.Struct(">iqiiiiiiiiq").pack
_array_start = struct.Struct(">iiiii").pack
_UUID_LENGTH = _length(16)
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_EPOCH_DAY = _EPOCH.toordinal()


def fields(kind: str, values: Sequence[Any]) -> list[bytes]:
    """The same column of many rows, of that type. Raises TypeError, struct.error on a value that it cannot hold."""
    try:
        encode = FIELD_OF_KIND[kind]
    except KeyError:
        raise TypeError(f"a projection's table cannot have a column of {kind}") from None
    try:
        return list(map(encode, values))
    except (AttributeError, TypeError, struct.error):  # nearly always a null: looking for one first costs more
        return [NULL if value is None else encode(value) for value in values]


def lineage(
    known_from: Sequence[int], known_to: Sequence[int | None], because: Sequence[tuple[int, ...]]
) -> list[bytes]:
    """The columns of that name, of rows of which most stand, on one event."""
    return [
        _stands(8, known, -1, 32, 1, 0, _INT8_OID, 1, 1, 8, events[0])
        if to is None and len(events) == 1
        else b"".join((_int8(known), NULL if to is None else _int8(to), _positions(events)))
        for known, to, events in zip(known_from, known_to, because, strict=True)
    ]


def row_start(columns: int) -> bytes:
    """What stands before the fields of each row."""
    return struct.pack(">h", columns)


def _text(value: str) -> bytes:
    told = value.encode()
    return _length(len(told)) + told


def _text_or_null(value: str | None) -> bytes:
    return NULL if value is None else _text(value)


def _uuid(value: UUID) -> bytes:
    return _UUID_LENGTH + value.int.to_bytes(16, "big")


@lru_cache(maxsize=16)
def _moment(value: dt.datetime) -> bytes:
    """Remembered for a while: what was recorded together was recorded at one moment."""
    since = value - _EPOCH
    return _timestamp((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds)


def _day(value: dt.date) -> bytes:
    return _date(value.toordinal() - _EPOCH_DAY)


def _array(element_oid: int, encode: Callable[[Any], bytes], values: Iterable[Any]) -> bytes:
    """One dimension, from 1; the elements are not null."""
    elements = [encode(value) for value in values]
    if not elements:
        return _length(12) + struct.pack(">iii", 0, 0, element_oid)
    told = b"".join((_array_start(1, 0, element_oid, len(elements), 1), *elements))
    return _length(len(told)) + told


class _Remembered(dict[Any, bytes]):
    """Fields of values that come again and again: codes, workers, areas. The first so many are kept."""

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        self._encode = encode

    def __missing__(self, value: Any) -> bytes:
        told = self._encode(value)
        if len(self) < _REMEMBERED:
            self[value] = told
        return told


_int4 = partial(struct.Struct(">ii").pack, 4)
_int8 = partial(struct.Struct(">iq").pack, 8)
_positions = partial(_array, _INT8_OID, _int8)
_texts = _Remembered(partial(_array, _TEXT_OID, _text))


FIELD_OF_KIND: dict[str, Callable[[Any], bytes]] = {
    "boolean": {True: b"\0\0\0\1\1", False: b"\0\0\0\1\0", None: NULL}.__getitem__,
    "integer": _int4,
    "bigint": _int8,
    "double precision": partial(struct.Struct(">id").pack, 8),
    "text": _Remembered(_text_or_null).__getitem__,
    "uuid": _uuid,
    "date": _day,
    "timestamp with time zone": _moment,
    "text[]": lambda values: _texts[tuple(values)],
    "uuid[]": partial(_array, _UUID_OID, _uuid),
    "integer[]": partial(_array, _INT4_OID, _int4),
    "bigint[]": _positions,
}
