"""What goes into the register and what comes back: drafts in a submission, the tag of an identity code, receipts,
stored records.

Never here: facts and their payloads (the mapper's), SQL, the byte layout (record.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is to be recorded; `version` is its own, one more than that of the stream's last event."""

    stream_id: UUID
    version: int
    name: str
    state: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """A command and the events that it came to, recorded together or not at all. No drafts: only the command is."""

    command_id: UUID
    digest: bytes
    drafts: tuple[Draft, ...]


class IdentityTag(NamedTuple):
    """A client's identity code in the blind index, as a command leaves it; `tag` None: the client has none any more."""

    client_id: UUID
    tag: bytes | None


class Receipt(NamedTuple):
    """Where a command stands in the register: `count` events from `first_position` on (none: no events).

    `replayed` tells that the command had been recorded before this answer was made for it.
    """

    command_id: UUID
    digest: bytes
    first_position: int | None
    count: int  # type: ignore[assignment]  # a tuple's own count() is of no use to a receipt
    recorded_at: datetime
    replayed: bool

    @property
    def positions(self) -> range:
        """The positions of its events."""
        first = self.first_position or 0
        return range(first, first + self.count)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """An event as the register holds it, decoded from its canonical bytes alone."""

    position: int
    stream_id: UUID
    version: int
    name: str
    recorded_at: datetime
    state: bytes
