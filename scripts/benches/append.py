"""Appends a second: our recorder beside the library's stock one, other event stores, and pgbench's inserts as limit.

One event a command, each writer waiting for its own answer; fsync and synchronous_commit on. All take turns in every
round, the medians count. Four processes of four threads tell besides whether any position is missing or out of order.
The last case is ours with the sealer beside it, and without.
Never here: batches (that is an import) or the whole way of a command.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import psycopg
import structlog
from psycopg import sql

from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
from scripts.benches.peers import NAME, PEER_TABLE, STATE, Append, others, pgbench, stock_append
from scripts.benches.sealing import beside_sealer
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

WRITERS = (1, 8, 16, 32)
PROCESSES, THREADS = 4, 4
SEALED_WRITERS = 16
REGISTER = "bench"
MANY = {"max_connections": "200"}

OUT_OF_ORDER = """
SELECT (SELECT max(position) - count(*) FROM {schema}.events),
    (SELECT count(*) FROM (
        SELECT recorded_at < lag(recorded_at) OVER (ORDER BY position) AS fell FROM {schema}.events) AS e WHERE e.fell)
"""


def run(quick: bool) -> list[Figure]:
    """Figures in events a second, by number of writers."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the sealer's; figures go to stdout
    seconds, rounds = (1.0, 1) if quick else (4.0, 5)
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "data", settings=MANY) as dsn:
        folder = Path(name)
        create_register(dsn, REGISTER)
        with psycopg.connect(dsn) as connection:
            connection.execute(PEER_TABLE)
        with others(dsn, folder) as peers:
            figures = [measure(dsn, folder, writers, (seconds, rounds), peers) for writers in WRITERS]
        figures.append(measure_processes(dsn, folder, seconds, rounds))
        beside = beside_sealer(
            f"{SEALED_WRITERS} writers",
            lambda: _ours(dsn, SEALED_WRITERS, seconds),
            (dsn, REGISTER),
            folder,
            rounds=rounds * 2,
        )
        return [*figures, beside]


def measure(
    dsn: str, folder: Path, writers: int, span: tuple[float, int], peers: Mapping[str, Append] | None = None
) -> Figure:
    """One case: medians of so many rounds, in which all take turns for so many seconds each (`span`)."""
    seconds, rounds = span
    ours, limit = [], []
    beside: dict[str, list[float]] = {}
    for _ in range(rounds):
        ours.append(_ours(dsn, writers, seconds))
        with stock_append(dsn, writers) as append:
            beside.setdefault("stock recorder", []).append(_rate(append, writers, seconds))
        for name, peer in (peers or {}).items():
            beside.setdefault(name, []).append(_rate(peer, writers, seconds))
        limit.append(pgbench(dsn, folder, writers, seconds))
    return {
        "bench": "append",
        "case": f"{writers} writers, one event each",
        "ours": statistics.median(ours),
        "peers": {name: statistics.median(rates) for name, rates in beside.items()},
        "limit": statistics.median(limit),
        "unit": "events/s",
    }


def measure_processes(dsn: str, folder: Path, seconds: float, rounds: int) -> Figure:
    """The same from several processes, and what is missing or out of order in all that the register then holds."""
    ours, limit = [], []
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        list(pool.map(time.sleep, [0.5] * PROCESSES))  # all are there before it begins
        for _ in range(rounds):
            rates = [pool.submit(_ours, dsn, THREADS, seconds) for _ in range(PROCESSES)]
            ours.append(sum(rate.result() for rate in rates))
            limit.append(pgbench(dsn, folder, PROCESSES * THREADS, seconds))
    with psycopg.connect(dsn) as connection:
        schema = sql.Identifier(schema_of(REGISTER))
        ((missing, fell),) = connection.execute(sql.SQL(OUT_OF_ORDER).format(schema=schema)).fetchall()
    return {
        "bench": "append",
        "case": f"{PROCESSES} processes of {THREADS} threads: {missing or 0} gaps, {fell} inversions",
        "ours": statistics.median(ours),
        "peers": {},
        "limit": statistics.median(limit),
        "unit": "events/s",
    }


def _ours(dsn: str, writers: int, seconds: float) -> float:
    recorder = RegisterRecorder(dsn, REGISTER)

    def append() -> None:
        recorder.append(Submission(new_id(), b"d" * 32, (Draft(new_id(), 1, NAME, STATE),)))

    try:
        return _rate(append, writers, seconds)
    finally:
        recorder.close()


def _rate(append: Callable[[], object], writers: int, seconds: float) -> float:
    """How many appends a second the writers got answered together, over the time that all of them were at it."""
    barrier = Barrier(writers + 1)
    counts = [0] * writers

    def write(number: int) -> None:
        append()
        barrier.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            append()
            counts[number] += 1

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)
