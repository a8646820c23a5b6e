"""Records of streams become entries, in one pass and with nothing called for an event that can be done where it stands.

What is done here for every event is what loading costs. A record that is not as it should be is not complained of here:
it gives no entry, and whoever asked reads it the long way, which says what is wrong. Must never hold: keys, SQL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from domain.decoding import FactDecoder, Segment, Told, Unfit, fields_of
from domain.entry import Entry
from domain.ledger.errors import MalformedRecord
from domain.ledger.record import MIDDLE, beginning, moment, stream
from domain.registry import REGISTRY
from domain.unread import Glimpse, Reader, Unwritten, entry_of

_WRONG = (*Unfit, MalformedRecord, struct.error, OverflowError)
"""What reading raises for a record that is to be read the long way."""


class _Decoders(dict[bytes, FactDecoder | None]):
    """The registry's decoders by names as records hold them; None for one that is not known, or goes the long way."""

    def __missing__(self, name: bytes) -> FactDecoder | None:
        text = name.decode()
        decoder = REGISTRY.decoders[text]
        if text in REGISTRY.decoders:  # no other is kept, as there
            self[name] = decoder
        return decoder


_DECODERS = _Decoders()


def unread(records: Iterable[bytes], reader: Reader, named: set[str], *, whole: bool) -> list[Entry | None]:
    """The entries, what is sealed in them unopened; the keys that are named in them go to `named`.

    `whole`: all their facts are made at once, since somebody will ask for each; else of some only a part is read.

    None for a record that has to be read the long way.
    """
    entries: list[Entry | None] = []
    begins, place, name_at, taken_apart = b"", 0, 0, MIDDLE.unpack_from
    last_id, last_at, last_key = b"", None, ""
    for record in records:
        try:
            if not begins or not record.startswith(begins):
                begins = beginning(record)
                place = len(begins)
                name_at = place + MIDDLE.size
            position, microseconds, stream_bytes, version, name_length = taken_apart(record, place)
            if stream_bytes != last_id:
                last_id, stream_id = stream_bytes, stream(stream_bytes)
            if microseconds != last_at:
                last_at, recorded_at = microseconds, moment(microseconds)
            state_at = name_at + name_length
            decoder = _DECODERS[record[name_at:state_at]]
            told = None
            if decoder:
                told = decoder.told(record[state_at:]) if whole else decoder.first(record[state_at:])
        except _WRONG:
            decoder = told = None
        if decoder is None or told is None or position < 1 or version < 0:
            entries.append(None)
            continue
        sealed = told.sealed
        if len(sealed) == 1:  # as most are
            key, fields = sealed[0].key, sealed[0].fields
            if key != last_key:
                named.add(key)
                last_key = key
        else:
            fields = _of_several(sealed, named)
        if fields not in decoder.known and not decoder.fits(fields):
            entries.append(None)
        elif isinstance(told, Told):
            fact = decoder.unopened(told, reader, stream_id, version)
            entries.append(entry_of(told, fact, stream_id, version, position, recorded_at))
        else:  # of what is sealed nothing is kept: it would be the most of all that a load makes
            entry: Any = Unwritten()
            entry.stream_id, entry.version, entry.kind, entry.plain = stream_id, version, decoder.kind, told.plain
            entry.unread = Glimpse(decoder, record, state_at, position, recorded_at, reader)
            entry.__class__ = Entry
            entries.append(entry)
    return entries


def _of_several(sealed: tuple[Segment, ...], named: set[str]) -> tuple[str, ...]:
    """The fields of all the segments, or of none; their keys go to `named`."""
    for segment in sealed:
        named.add(segment.key)
    return fields_of(sealed)
