"""Reads events in their order and decodes each once, for however many projections.

Must never hold: what any projection makes of an event. An event that cannot be decoded is kept in its place with its
fault, so that only those who need it stop there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor, sql

from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry, in_force
from domain.fact import Fact
from domain.ledger.database import Prepared
from domain.ledger.record import parts, stream
from domain.registry import REGISTRY
from projections.plain import entry_of
from projections.trips import Call, packed, trip

_FEED = sql.SQL("SELECT record FROM events WHERE position > %b AND position <= %b ORDER BY position LIMIT %b")
_POLL = Prepared(
    b"poll", b"SELECT record FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3", ()
)
_PART = sql.SQL(
    "SELECT record FROM events WHERE stream_id >= %b AND stream_id <= %b AND position <= %b ORDER BY stream_id, version"
)
_SAMPLE = sql.SQL("SELECT stream_id FROM events WHERE position = ANY(%b) ORDER BY stream_id")
_STREAM = sql.SQL("SELECT record FROM events WHERE stream_id = %b AND position <= %b ORDER BY version")
_HEAD = sql.SQL("SELECT position FROM events ORDER BY position DESC LIMIT 1")

LAST_POSITION = 2**63 - 1
AMENDMENTS: frozenset[type[Fact]] = frozenset((EntryCorrected, EntryStruckOut))
"""The facts that change how earlier entries of their stream count. Compared by type: it is done for every event."""


class Read(NamedTuple):
    """An event as read: its entry, or why there is none. `kind` is the class of its fact, where its name is known."""

    position: int
    stream_id: UUID
    kind: type[Fact] | None
    entry: Entry | None
    fault: Exception | None


def head(connection: Connection[Any]) -> int:
    """The greatest position in the register, 0 when it is empty."""
    row = connection.execute(_HEAD).fetchone()
    return int(row[0]) if row else 0


def read_batch(connection: Connection[Any], after: int, limit: int, upto: int = LAST_POSITION) -> list[Read]:
    """The next events after the position, at most `limit`, none beyond `upto`."""
    rows = connection.execute(_FEED, (after, upto, limit), binary=True).fetchall()
    return [decoded(record) for (record,) in rows]


def poll(connection: Connection[Any], after: int, limit: int, upto: int = LAST_POSITION) -> list[Read]:
    """As `read_batch`, for who asks again and again over a connection that makes trips."""
    (answer,) = trip(connection, [Call(_POLL, [packed("bigint", value) for value in (after, upto, limit)])])
    return [decoded(record) for row in range(answer.ntuples) if (record := answer.get_value(row, 0)) is not None]


def read_streams(cursor: Cursor[Any], first: UUID, last: UUID, upto: int) -> None:
    """Let the cursor run over the records of these streams up to the position, one stream after the other."""
    cursor.execute(_PART, (first, last, upto), binary=True)


def stream_ranges(connection: Connection[Any], upto: int, parts: int) -> list[tuple[UUID, UUID]]:
    """Ranges of stream ids, first and last, that share the events up to the position about evenly between them."""
    sample = [1 + upto * number // (parts * 50) for number in range(parts * 50)]
    found = [row[0].int for row in connection.execute(_SAMPLE, (sample,), binary=True)]
    firsts = sorted({0, *(found[len(found) * part // parts] for part in range(1, parts) if found)})
    lasts = [first - 1 for first in firsts[1:]] + [2**128 - 1]
    return [(UUID(int=first), UUID(int=last)) for first, last in zip(firsts, lasts, strict=True)]


class Streams:
    """Whole streams, as they stood at a position; the last is kept, since every projection asks for the same."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._kept: tuple[UUID, int] | None = None
        self._entries: Sequence[Entry] = ()
        self._counting: Sequence[Entry] | None = None

    def upto(self, stream_id: UUID, position: int) -> Sequence[Entry]:
        """All of a stream's entries up to the position. Raises what decoding them raises."""
        if self._kept != (stream_id, position):
            rows = self._connection.execute(_STREAM, (stream_id, position), binary=True).fetchall()
            self._entries = [_entry(record) for (record,) in rows]
            self._kept, self._counting = (stream_id, position), None
        return self._entries

    def counting(self, stream_id: UUID, position: int) -> Sequence[Entry]:
        """Those of them that are in force."""
        entries = self.upto(stream_id, position)
        if self._counting is None:
            self._counting = in_force(entries)
        return self._counting


def decoded(record: bytes) -> Read:
    """The event, decoded, or its fault. Raises MalformedRecord on what is no record at all."""
    position, stream_bytes, version, name, recorded_at, state = parts(record)
    stream_id = stream(stream_bytes)
    try:
        entry = entry_of(name, state, stream_id, version, position, recorded_at)
    except Exception as fault:
        return Read(position, stream_id, REGISTRY.facts.get(name), None, fault)
    return Read(position, stream_id, type(entry.fact), entry, None)


def _entry(record: bytes) -> Entry:
    position, stream_bytes, version, name, recorded_at, state = parts(record)
    return entry_of(name, state, stream(stream_bytes), version, position, recorded_at)
