"""Between entries and stored events, through the closed registry instead of module paths.

Never here: what a fact means, the byte layout of a record, how sensitive parts are sealed.
"""

from typing import Any, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import EventStore, Mapper, StoredEvent, Transcoder

from domain.entry import Entry
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.secrecy.safe import Safe
from domain.ledger.submission import Draft, StoredRecord
from domain.registry import REGISTRY, Seal


class EntryMapper(Mapper[UUID]):
    """eventsourcing's mapper contract over the registry of facts. A transcoder, cipher or compressor is not used."""

    def __init__(self, transcoder: Transcoder, safe: Safe) -> None:
        super().__init__(transcoder)
        self.safe = safe

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Raises UnknownFactName, TypeError for what is no entry, NotSealed: for whom to seal, only the book knows."""
        if not isinstance(domain_event, Entry):
            raise TypeError(f"{type(domain_event).__name__} is no entry of a register")
        draft = draft_of(domain_event)
        return StoredEvent(draft.stream_id, draft.version, draft.name, draft.state)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Raises UnknownFactName, ValueError."""
        stream_id = stored_event.originator_id
        return REGISTRY.decode(
            stored_event.topic,
            stored_event.state,
            stream_id=stream_id if isinstance(stream_id, UUID) else UUID(stream_id),
            version=stored_event.originator_version,
        )


class EntryStore(EventStore[UUID]):
    """eventsourcing's event store, whose entries know their position and when they were recorded."""

    def get(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Any:
        """The stream's entries, in order; `desc` and `limit` as the contract has them."""
        if desc or limit is not None or not isinstance(self.recorder, RegisterRecorder):
            return super().get(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)
        records = self.recorder.read_stream(originator_id, after=-1 if gt is None else gt, upto=lte)
        return iter(cast("EntryMapper", self.mapper).safe.entries(records))


def entry_of(record: StoredRecord) -> Entry:
    """The entry that a stored record holds, its sensitive part withheld. Raises UnknownFactName, ValueError."""
    return REGISTRY.decode(
        record.name,
        record.state,
        stream_id=record.stream_id,
        version=record.version,
        position=record.position,
        recorded_at=record.recorded_at,
    )


def draft_of(entry: Entry, seal: Seal | None = None) -> Draft:
    """What of an entry goes to be recorded. Raises UnknownFactName, NotSealed."""
    return Draft(entry.stream_id, entry.version, entry.fact.stored_name(), REGISTRY.encode(entry, seal))
