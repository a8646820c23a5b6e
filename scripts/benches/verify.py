"""Events a second verified offline, on one core, beside hashlib over the same files and the limit that was asked for.

Ours is the whole verification of an export in a folder: files read, every record checked and hashed into the tree, the
checkpoints' roots and signatures tried. The peer reads the same files, takes SHA-256 of record after record, and does
nothing else. Both are timed as processor time of this one thread, in turns, the median of each, as in every bench: of
best rounds it would be luck which of the two had the calmer one. Never here: appends, a database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.export import Export, Manifest, write_export
from domain.ledger.proof.given import Trust
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.proof.verify import verify
from domain.ledger.record import pack
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY
from scripts.benches.histories import drafts

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

ORIGIN = "jaksokirja/bench"
LIMIT_EVENTS_A_SECOND = 150_000
EVERY = 10_000
"""A checkpoint stands after so many events."""
_BEGAN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_TOGETHER = 4
"""So many events were recorded by one append, at one moment."""
_PACE = dt.timedelta(milliseconds=1)


def run(quick: bool) -> list[Figure]:
    """Figures in events a second; `peers` tells hashlib's, `limit` the 150,000 that were asked for."""
    return [measure(40_000, rounds=5) if quick else measure(400_000, rounds=9)]


def measure(events: int, *, rounds: int) -> Figure:
    """One figure, over an export of so many events."""
    with tempfile.TemporaryDirectory() as folder:
        path, key = Path(folder) / "export", SignerKey.generate(ORIGIN)
        length = _make(path, events, key)
        turns = [
            (_seconds(lambda: _hash_alone(path)), _seconds(lambda: _verify(path, events, key))) for _ in range(rounds)
        ]
        peer, ours = (statistics.median(column) for column in zip(*turns, strict=True))
    case = f"an export of {events:,} events of {length / events:.0f} bytes"
    return {
        "bench": "verify",
        "case": case,
        "ours": events / ours,
        "peers": {"hashlib SHA-256, record by record": events / peer},
        "limit": LIMIT_EVENTS_A_SECOND,
        "unit": "events/s",
    }


def _make(path: Path, events: int, key: SignerKey) -> int:
    """Write the export; how many bytes its records have."""
    tree, notes, lengths = CompactTree(), list[bytes](), 0

    def records() -> Iterator[bytes]:
        nonlocal lengths
        for position, draft in enumerate(drafts(events), 1):
            moment = _BEGAN + position // _TOGETHER * _PACE
            stored = StoredRecord(position, draft.stream_id, draft.version, draft.name, moment, draft.state)
            record = pack(ORIGIN, stored)
            lengths += len(record)
            tree.append(leaf_hash(record))
            if position % EVERY == 0 or position == events:
                sealed = Checkpoint.sealed(ORIGIN, position, tree.root(), moment)
                notes.append(sealed.signed([key]).to_bytes())
            yield record

    def sealed() -> Iterator[bytes]:
        yield from notes  # asked for after the records, when all are there

    write_export(path, Manifest(ORIGIN, events, (key.verifier(),), frozenset(REGISTRY.facts)), records(), sealed())
    return lengths


def _verify(path: Path, events: int, key: SignerKey) -> None:
    report = verify(Export(path), Trust([key.verifier()]))
    if not report.sound or report.events != events or report.sealed_to != events:
        raise RuntimeError(f"the bench's own export is not sound: {report.finding}")


def _hash_alone(path: Path) -> None:
    for file in sorted((path / "records").iterdir()):
        with file.open("rb") as opened:
            while length := opened.read(4):
                hashlib.sha256(opened.read(int.from_bytes(length))).digest()


def _seconds(work: Callable[[], None]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
