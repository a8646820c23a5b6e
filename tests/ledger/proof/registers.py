"""Small registers made by hand: records as the ledger packs them, sealed checkpoints, and exports of both."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.export import Manifest, write_export
from domain.ledger.proof.note import SignerKey, VerifierKey
from domain.ledger.proof.records import framed
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.record import pack
from domain.ledger.submission import StoredRecord

ORIGIN = "jaksokirja/kymenlaakso"
KEY = SignerKey(ORIGIN, bytes(range(32)))
OTHER_KEY = SignerKey(ORIGIN, bytes(range(9, 41)))
NAMES = frozenset({"episode_started.1", "meeting_held.1", "duty_met.1"})
BEGAN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@dataclass
class Register:
    """Records, and the checkpoints that were sealed over them. As a source of verification it is held in memory."""

    records: list[bytes]
    notes: list[bytes] = field(default_factory=list)
    told: str = "made by hand"
    origin: str = ORIGIN
    keys: Sequence[VerifierKey] = (KEY.verifier(),)
    names: Collection[str] = NAMES

    @property
    def size(self) -> int:
        return len(self.records)

    def block(self, position: int) -> bytes | None:
        return b"".join(map(framed, self.records[position : position + 7])) or None

    def checkpoints(self) -> Iterator[bytes]:
        yield from self.notes

    def sealed(self, *sizes: int, keys: Sequence[SignerKey] = (KEY,)) -> Register:
        """Sealed at these sizes, each at the moment after its last event."""
        self.notes = [note_of(self.records[:size], keys=keys) for size in sizes]
        return self

    def export(self, path: Path) -> Path:
        manifest = Manifest(self.origin, self.size, tuple(self.keys), frozenset(self.names))
        write_export(path, manifest, self.records, self.notes)
        return path


def a_register(events: int, *, seed: int = 1, origin: str = ORIGIN) -> Register:
    """Events of a few streams, in turns, one a second; some are caused by the one before."""
    drawn = random.Random(seed)
    streams = [UUID(int=drawn.getrandbits(128), version=4) for _ in range(4)]
    versions = dict.fromkeys(streams, 0)
    records = []
    for position in range(1, events + 1):
        stream = drawn.choice(streams)
        versions[stream] += 1
        records.append(a_record(position, stream, versions[stream], origin=origin, seed=drawn.randrange(10**6)))
    return Register(records, origin=origin)


def a_record(
    position: int,
    stream: UUID,
    version: int,
    *,
    origin: str = ORIGIN,
    seed: int = 0,
    name: str = "",
    cause: int | None = None,
    recorded_at: dt.datetime | None = None,
    state: bytes | None = None,
) -> bytes:
    moment = recorded_at or BEGAN + position * SECOND
    told: dict[str, object] = {
        "occurred_at": moment.isoformat(),
        "actor": f"worker-{seed % 3}",
        "correlation_id": str(UUID(int=seed + 1)),
    }
    if cause is not None or (version > 1 and seed % 2):
        told["caused_by"] = version - 1 if cause is None else cause
    told["plain"] = {"minutes": seed, "kind": "häiriö" if seed % 5 else "muu"}
    written = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    stored_name = name or ("episode_started.1" if version == 1 else "meeting_held.1")
    return pack(
        origin, StoredRecord(position, stream, version, stored_name, moment, written if state is None else state)
    )


def note_of(
    records: Sequence[bytes],
    *,
    keys: Sequence[SignerKey] = (KEY,),
    sealed_at: dt.datetime | None = None,
    origin: str = ORIGIN,
) -> bytes:
    """The note of a checkpoint over the records, sealed half a second after the last of them."""
    tree = CompactTree()
    tree.extend([leaf_hash(record) for record in records])
    moment = sealed_at or BEGAN + len(records) * SECOND + SECOND / 2
    return Checkpoint.sealed(origin, len(records), tree.root(), moment).signed(keys).to_bytes()
