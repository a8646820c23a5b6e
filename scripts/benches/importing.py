"""Events a second in large batches: ours as one command a batch and as one a source row, the stock recorder, and COPY.

Ours go one batch after another, each a transaction, the next being made ready while one is stored, as an import sends
them. The limit is PostgreSQL's binary COPY of the same rows into a table of the same columns and indexes, a transaction
a batch; its rows are packed, and our submissions made, before the clock starts. The stock recorder gets at most 250
events a call: it hangs on more.
Never here: reading of source files, deciding, sealing of sensitive parts: that is how long an import takes as a whole.
"""

from __future__ import annotations

import resource
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import sql

from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.record import pack
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, StoredRecord, Submission
from scripts.benches.peers import NAME, STATE, stock
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

BATCHES = (1_000, 10_000)
EVENTS, QUICK_EVENTS = 50_000, 20_000
STREAM_EVENTS = 20
STOCK_AT_MOST = 250
REGISTER = "bench"
LIMIT = "copied"
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_ROW = struct.Struct(">hiqi16sii")
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def run(quick: bool, events: int | None = None) -> list[Figure]:
    """Figures in events a second, by size of batch and by what a command is."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        amount = events or (QUICK_EVENTS if quick else EVENTS)
        return [figure for batch in BATCHES for figure in measure(dsn, REGISTER, batch, amount, rounds)]


def measure(dsn: str, register: str, batch: int, events: int, rounds: int) -> list[Figure]:
    """Two cases, one command a batch and one a source row: medians of rounds in which all take turns."""
    ways: dict[str, Callable[[list[Draft]], float]] = {
        "one command a batch": lambda drafts: _ours(dsn, register, drafts, batch, together=True),
        "one command a source row": lambda drafts: _ours(dsn, register, drafts, batch, together=False),
        "stock": lambda drafts: _stock(dsn, drafts),
        "copy": lambda drafts: _copy(dsn, register, drafts, batch),
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, measured in ways.items():
            rates[way].append(measured(_drafts(events)))
    medians = {way: statistics.median(found) for way, found in rates.items()}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return [
        {
            "bench": "import",
            "case": f"batches of {batch:,}, {way} (memory at most {memory} MiB)",
            "ours": medians[way],
            "peers": {f"stock recorder, {STOCK_AT_MOST} a call": medians["stock"]},
            "limit": medians["copy"],
            "unit": "events/s",
        }
        for way in ("one command a batch", "one command a source row")
    ]


def _drafts(events: int) -> list[Draft]:
    streams = [new_id() for _ in range(-(-events // STREAM_EVENTS))]
    return [Draft(streams[n // STREAM_EVENTS], n % STREAM_EVENTS + 1, NAME, STATE) for n in range(events)]


def _batches(drafts: Sequence[Draft], size: int) -> list[tuple[Draft, ...]]:
    return [tuple(drafts[start : start + size]) for start in range(0, len(drafts), size)]


def _ours(dsn: str, register: str, drafts: Sequence[Draft], batch: int, *, together: bool) -> float:
    recorder = RegisterRecorder(dsn, register)
    try:
        recorder.append_many([Submission(new_id(), b"d" * 32, ())])  # now its statement is prepared
        batches = _batches(drafts, batch)
        commands = [[each] if together else [(draft,) for draft in each] for each in batches]
        submissions = [[Submission(new_id(), b"d" * 32, command) for command in each] for each in commands]
        began = time.perf_counter()
        stored = sum(receipt.count for receipts in recorder.append_batches(submissions) for receipt in receipts)
        return stored / (time.perf_counter() - began)
    finally:
        recorder.close()


def _stock(dsn: str, drafts: Sequence[Draft]) -> float:
    events = [StoredEvent(draft.stream_id, draft.version, draft.name, draft.state) for draft in drafts]
    with stock(dsn, 1) as record:
        began = time.perf_counter()
        for start in range(0, len(events), STOCK_AT_MOST):
            record(events[start : start + STOCK_AT_MOST])
        return len(events) / (time.perf_counter() - began)


def _copy(dsn: str, register: str, drafts: Sequence[Draft], batch: int) -> float:
    schema, table = sql.Identifier(schema_of(register)), sql.Identifier(schema_of(register), LIMIT)
    make = "CREATE TABLE IF NOT EXISTS {} (LIKE {}.events INCLUDING ALL)"
    statement = "COPY {} (position, stream_id, version, name, recorded_at, record) FROM STDIN (FORMAT binary)"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL(make).format(table, schema))
        ((first,),) = connection.execute(sql.SQL("SELECT coalesce(max(position), 0) + 1 FROM {}").format(table))
        origin = f"jaksokirja/{register}"
        packed = [_packed(origin, each, first + n * batch) for n, each in enumerate(_batches(drafts, batch))]
        began = time.perf_counter()
        for data in packed:
            with connection.cursor().copy(sql.SQL(statement).format(table)) as copy:
                copy.write(data)
        return len(drafts) / (time.perf_counter() - began)


def _packed(origin: str, drafts: Sequence[Draft], first: int) -> bytes:
    """The rows in COPY's binary format; the record is as long as that which append() would make."""
    at = datetime.now(UTC)
    moment = struct.pack(">iq", 8, int((at - _POSTGRES_EPOCH).total_seconds() * 1_000_000))
    rows = []
    for position, draft in enumerate(drafts, first):
        name = draft.name.encode()
        stored = StoredRecord(position, draft.stream_id, draft.version, draft.name, at, draft.state)
        record = pack(origin, stored)
        key = _ROW.pack(6, 8, position, 16, draft.stream_id.bytes, 4, draft.version)
        rows += [key, struct.pack(">i", len(name)), name, moment, struct.pack(">i", len(record)), record]
    return b"".join((_COPY_HEAD, *rows, _COPY_END))
