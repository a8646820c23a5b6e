"""Values as PostgreSQL reads them in COPY's binary format: half the work of its text format, for it and for us.

Must never hold: knowledge of tables. Only the kinds of column that a projection's table may have are known here.
"""

from __future__ import annotations

import datetime as dt
import struct
from binascii import Error as BinasciiError
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain, groupby, repeat
from typing import Any, cast
from uuid import UUID

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

Cell = bytes | list[bytes]
"""A part of many rows: the same bytes in each, or each row's own."""

_TEXT_OID, _INT4_OID, _INT8_OID, _UUID_OID = 25, 23, 20, 2950
_REMEMBERED = 4096
_ID_CHARACTERS, _ID_BYTES, _DASHES = 36, 16, (8, 13, 18, 23)

_length = struct.Struct(">i").pack
_timestamp = partial(struct.Struct(">iq").pack, 8)
_date = partial(struct.Struct(">ii").pack, 4)
_array_start = struct.Struct(">iiiii").pack
_UUID_LENGTH, _INT8_LENGTH = _length(_ID_BYTES), _length(8)
_ONE_ID = struct.pack(">iiiiiii", 40, 1, 0, _UUID_OID, 1, 1, 16)
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH_DAY = _EPOCH.toordinal()


def fields(kind: str, values: Sequence[Any]) -> list[bytes]:
    """The same column of many rows, of that type. Raises TypeError, ValueError, struct.error on what it cannot hold."""
    try:
        encode = FIELD_OF_KIND[kind]
    except KeyError:
        raise TypeError(f"a projection's table cannot have a column of {kind}") from None
    try:
        return list(map(encode, values))
    except (AttributeError, TypeError, struct.error):  # nearly always a null: looking for one first costs more
        return [NULL if value is None else encode(value) for value in values]


def column(kind: str, values: Sequence[Any]) -> list[Cell]:
    """As `fields`, in cells to be put `side_by_side`: bytes that every row has alike, or a list of each row's own."""
    if values[0] is None and values.count(None) == len(values):
        return [NULL]
    told = _RAW_OF_KIND[kind](values) if kind in _RAW_OF_KIND else None
    return [fields(kind, values)] if told is None else told


def lineage(
    known_from: Sequence[int], known_to: Sequence[int | None], because: Sequence[Sequence[int]]
) -> Iterator[Cell]:
    """The columns of that name, of rows of which all stand or none, and all on as many events."""
    yield from (_INT8_LENGTH, _eights(known_from))
    yield from (NULL,) if known_to[0] is None else (_INT8_LENGTH, _eights(cast("Sequence[int]", known_to)))
    yield _positions_start(len(because[0]))
    for events in zip(*because, strict=True):
        yield from (_INT8_LENGTH, _eights(events))


def standing_alone(known_from: Sequence[int]) -> list[Cell]:
    """As `lineage`, of rows that stand on the event that put them there."""
    positions = _eights(known_from)
    return [_INT8_LENGTH, positions, NULL + _positions_start(1) + _INT8_LENGTH, positions]


def side_by_side(cells: Iterable[Cell], rows: int) -> Iterator[bytes]:
    """The cells of so many rows, one row after the other."""
    told: list[Iterable[bytes]] = []
    for is_constant, some in groupby(cells, key=lambda cell: isinstance(cell, bytes)):
        if is_constant:
            told.append(repeat(b"".join(cast("Iterable[bytes]", some)), rows))
        else:
            told.extend(cast("Iterable[list[bytes]]", some))
    return map(b"".join, zip(*told, strict=True))  # a row at a time: in three quarters of the time of all at once


def _ids(values: Sequence[Any]) -> list[Cell] | None:
    raw = _raw_ids(values)
    return None if raw is None else [_UUID_LENGTH, raw]


def _single_ids(values: Sequence[Any]) -> list[Cell] | None:
    """Arrays of one id each."""
    try:
        raw = _raw_ids([one for (one,) in values])
    except (TypeError, ValueError):  # a null, or not one
        return None
    return None if raw is None else [_ONE_ID, raw]


def _int8s(values: Sequence[Any]) -> list[Cell] | None:
    try:
        return [_INT8_LENGTH, _eights(values)]
    except struct.error:  # a null
        return None


def _moments(values: Sequence[Any]) -> list[Cell] | None:
    try:
        return [_INT8_LENGTH, _eights(_since_epoch(values))]
    except TypeError:  # a null
        return None


def _since_epoch(moments: Iterable[dt.datetime]) -> list[int]:
    """Microseconds. By its parts: to divide what lies between by a microsecond takes a quarter longer."""
    return [
        ((past := moment - _EPOCH).days * 86_400 + past.seconds) * 1_000_000 + past.microseconds for moment in moments
    ]


def _eights(values: Sequence[int]) -> list[bytes]:
    """The eight bytes of each: all packed at once and cut again, in half the time of one by one."""
    return list(struct.unpack("8s" * len(values), struct.pack(f">{len(values)}q", *values)))


def _raw_ids(values: Sequence[Any]) -> list[bytes] | None:
    """The bytes of ids that are told in text, or as bytes; None when they are told otherwise, or one is null."""
    kinds = set(map(type, values))
    if kinds == {bytes}:
        return list(values)
    if kinds != {str} or set(map(len, values)) != {_ID_CHARACTERS}:
        return None
    text = "".join(values).encode()
    if any(text[place::_ID_CHARACTERS].strip(b"-") for place in _DASHES):
        raise ValueError("an id that is none")
    try:
        told = unhexlify(text.translate(None, b"-"))
    except BinasciiError:
        raise ValueError("an id that is none") from None
    if len(told) != _ID_BYTES * len(values):
        raise ValueError("an id that is none")
    return list(chain.from_iterable(struct.iter_unpack("16s", told)))


def row_start(columns: int) -> bytes:
    """What stands before the fields of each row."""
    return struct.pack(">h", columns)


def _text(value: str) -> bytes:
    told = value.encode()
    return _length(len(told)) + told


def _text_or_null(value: str | None) -> bytes:
    return NULL if value is None else _text(value)


def _uuid(value: UUID | str | bytes) -> bytes:
    if isinstance(value, bytes):
        return _UUID_LENGTH + value
    if isinstance(value, str):
        digits = value.replace("-", "")
        return _UUID_LENGTH + (bytes.fromhex(digits) if len(digits) == 2 * _ID_BYTES else UUID(value).bytes)
    return _UUID_LENGTH + value.bytes


def _moment(value: dt.datetime) -> bytes:
    return _timestamp((value - _EPOCH) // _MICROSECOND)  # not remembered: to hash a moment costs as much


def _day(value: dt.date | None) -> bytes:
    return NULL if value is None else _date(value.toordinal() - _EPOCH_DAY)


@cache
def _positions_start(events: int) -> bytes:
    """What stands before the positions of so many events, each of which has its length before it."""
    return struct.pack(">iiiiii", 20 + 12 * events, 1, 0, _INT8_OID, events, 1)


def _array(element_oid: int, encode: Callable[[Any], bytes], values: Iterable[Any]) -> bytes:
    """One dimension, from 1; the elements are not null."""
    elements = [encode(value) for value in values]
    if not elements:
        return _length(12) + struct.pack(">iii", 0, 0, element_oid)
    told = b"".join((_array_start(1, 0, element_oid, len(elements), 1), *elements))
    return _length(len(told)) + told


class _Remembered(dict[Any, bytes]):
    """Fields of values that come again and again: codes, workers, days. So many are kept, then all is forgotten."""

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        self._encode = encode

    def __missing__(self, value: Any) -> bytes:
        if len(self) >= _REMEMBERED:
            self.clear()
        told = self[value] = self._encode(value)
        return told


_int4 = partial(struct.Struct(">ii").pack, 4)
_int8 = partial(struct.Struct(">iq").pack, 8)
_texts = _Remembered(partial(_array, _TEXT_OID, _text))


FIELD_OF_KIND: dict[str, Callable[[Any], bytes]] = {
    "boolean": {True: b"\0\0\0\1\1", False: b"\0\0\0\1\0", None: NULL}.__getitem__,
    "integer": _Remembered(lambda value: NULL if value is None else _int4(value)).__getitem__,
    "bigint": _int8,
    "double precision": partial(struct.Struct(">id").pack, 8),
    "text": _Remembered(_text_or_null).__getitem__,
    "uuid": _uuid,
    "date": _Remembered(_day).__getitem__,
    "timestamp with time zone": _moment,
    "text[]": lambda values: _texts[tuple(values)],
    "uuid[]": partial(_array, _UUID_OID, _uuid),
    "integer[]": partial(_array, _INT4_OID, _int4),
    "bigint[]": partial(_array, _INT8_OID, _int8),
}

_RAW_OF_KIND: dict[str, Callable[[Sequence[Any]], list[Cell] | None]] = {
    "uuid": _ids,
    "uuid[]": _single_ids,
    "bigint": _int8s,
    "timestamp with time zone": _moments,
}
"""How some kinds are told more shortly, where all values of a column allow it: their lengths once for all."""
