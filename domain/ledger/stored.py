"""The streams of one register as they are stored: prepared statements, the records alone, in binary.

Those of one stream come in whatever order they lie, mostly that in which they were recorded: PostgreSQL would copy them
all to sort them, a third of what they cost it, and whoever takes them apart sees their versions. Of several streams,
each one's are read in the order of its versions, which the index has.
Never here: what is in a record, what is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.ledger import packing
from domain.ledger.database import Database

_LAST_POSITION = 2**63 - 1


class StoredStreams:
    """Reads whole streams, or what is new in them. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one = database.prepared(
            b"stream",
            "SELECT record FROM {schema}.events WHERE stream_id = $1 AND version > $2",
            (packing.UUID_OID, packing.INT4_OID),
        )
        self._one_until = database.prepared(  # "+ 0": by the stream, not through all events before the position
            b"stream_until",
            "SELECT record FROM {schema}.events WHERE stream_id = $1 AND position + 0 <= $2",
            (packing.UUID_OID, packing.INT8_OID),
        )
        self._several = database.prepared(
            b"streams",
            "SELECT e.record FROM unnest($1, $2) AS known (stream_id, version) CROSS JOIN LATERAL"
            " (SELECT record, version FROM {schema}.events"
            " WHERE stream_id = known.stream_id AND version > known.version ORDER BY version) e",
            (packing.UUIDS_OID, packing.INT4S_OID),
        )

    def news(self, versions: Mapping[UUID, int]) -> list[bytes]:
        """The records of all these streams after the versions, in one question."""
        if len(versions) == 1:
            ((stream_id, version),) = versions.items()
            return self.after(stream_id, version)
        arguments = (packing.uuids(list(versions)), packing.int4s(list(versions.values())))
        return self._database.first_column(self._several, arguments)

    def after(self, stream_id: UUID, version: int) -> list[bytes]:
        """The stream's records after the version."""
        return self._database.first_column(self._one, (stream_id.bytes, packing.int4(version)))

    def until(self, stream_id: UUID, position: int) -> list[bytes]:
        """The stream's records up to the position."""
        upto = packing.int8(min(max(position, 0), _LAST_POSITION))
        return self._database.first_column(self._one_until, (stream_id.bytes, upto))
