"""Which sealed segments of a register name which data keys: every entry is searched.

Never here: whether they open, what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from domain.fact import JsonObject
from domain.ledger.database import Database
from domain.ledger.record import unpack
from domain.ledger.secrecy.sealing import Place, check
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY

CHUNK_POSITIONS = 20_000
Progress = Callable[[int, int], None]
"""Hears how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """A segment, the key that it names, the record that it stands in, and its number there."""

    segment: JsonObject
    key_id: UUID
    record: StoredRecord
    number: int

    def place(self, origin: str) -> Place:
        """Where it stands, in the register of that origin."""
        return Place(origin, self.record.stream_id, self.record.version, self.record.name, self.number)


def segments_of(record: StoredRecord) -> list[SealedSegment]:
    """All of a record. Raises ValueError, SegmentRefused."""
    sealed = REGISTRY.parse(record.state).sealed
    return [SealedSegment(segment, check(segment), record, number) for number, segment in enumerate(sealed)]


def sealed_by(
    database: Database, key_ids: Collection[UUID], after: int, upto: int, progress: Progress
) -> Iterator[SealedSegment]:
    """Those that name one of the keys, of the events at positions `after` + 1 to `upto`, in order."""
    statement = database.statement(
        "SELECT e.record FROM {schema}.events e WHERE e.position > %b AND e.position <= %b"
        " AND EXISTS (SELECT FROM unnest(%b::bytea[]) AS k (named) WHERE position(k.named IN e.record) > 0)"
        " ORDER BY e.position"
    )
    named = [f'"key":"{key_id}"'.encode() for key_id in key_ids]
    for done in range(after, upto, CHUNK_POSITIONS):
        for (data,) in database.rows(statement, done, min(done + CHUNK_POSITIONS, upto), named):
            yield from (one for one in segments_of(unpack(data)[1]) if one.key_id in key_ids)
        progress(min(done + CHUNK_POSITIONS, upto), upto)
