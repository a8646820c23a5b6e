"""Appends a second: our recorder beside the library's stock one, and pgbench's inserts of the same row as the limit.

One event a command, each writer waiting for its own answer; fsync and synchronous_commit on. The three take turns in
every round, the medians count. The last case is ours with the sealer beside it, and without.
Never here: batches (that is an import) or the whole way of a command.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import psycopg
from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
from scripts.benches.sealing import beside_sealer
from scripts.postgres import binary, running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

WRITERS = (1, 16)
REGISTER = "bench"
NAME = "meeting_held.1"
STATE = b'{"occurred_at":"2022-03-01T10:00:00+00:00","plain":"' + b"x" * 480 + b'"}'

PEER_TABLE = """
CREATE TABLE pgbench_event (
    position bigint PRIMARY KEY, stream_id uuid NOT NULL, version integer NOT NULL, name text NOT NULL,
    recorded_at timestamptz NOT NULL, record bytea NOT NULL, UNIQUE (stream_id, version));
CREATE SEQUENCE pgbench_position CACHE 1;
"""
_PEER_INSERT = """
INSERT INTO pgbench_event VALUES
    (nextval('pgbench_position'), gen_random_uuid(), 1, 'meeting_held.1', clock_timestamp(), decode(:record, 'hex'));
"""


def run(quick: bool) -> list[Figure]:
    """Figures in events a second, by number of writers."""
    seconds, rounds = (1.5, 2) if quick else (5.0, 5)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        with psycopg.connect(dsn) as connection:
            connection.execute(PEER_TABLE)
        figures = [measure(dsn, Path(folder), writers, seconds, rounds) for writers in WRITERS]
        most = max(WRITERS)
        beside = beside_sealer(
            f"{most} writers", lambda: _ours(dsn, most, seconds), (dsn, REGISTER), Path(folder), rounds=rounds * 2
        )
        return [*figures, beside]


def measure(dsn: str, folder: Path, writers: int, seconds: float, rounds: int) -> Figure:
    """One case: medians of so many rounds, in which the three take turns for so many seconds each."""
    ours, stock, limit = [], [], []
    for _ in range(rounds):
        ours.append(_ours(dsn, writers, seconds))
        stock.append(_stock(dsn, writers, seconds))
        limit.append(_pgbench(dsn, folder, writers, seconds))
    return {
        "bench": "append",
        "case": f"{writers} writers, one event each",
        "ours": statistics.median(ours),
        "peers": {"stock recorder": statistics.median(stock)},
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


def _stock(dsn: str, writers: int, seconds: float) -> float:
    place = conninfo_to_dict(dsn)
    factory: InfrastructureFactory = InfrastructureFactory.construct(
        Environment(
            "Bench",
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": str(place["dbname"]),
                "POSTGRES_HOST": str(place["host"]),
                "POSTGRES_PORT": str(place["port"]),
                "POSTGRES_USER": str(place["user"]),
                "POSTGRES_PASSWORD": "",
                "POSTGRES_POOL_SIZE": str(writers),
                "POSTGRES_MAX_OVERFLOW": str(writers),
            },
        )
    )
    recorder = factory.application_recorder()
    try:
        return _rate(
            lambda: recorder.insert_events([StoredEvent(new_id(), 1, NAME, STATE)]),
            writers,
            seconds,
        )
    finally:
        factory.close()


def _pgbench(dsn: str, folder: Path, writers: int, seconds: float) -> float:
    place = conninfo_to_dict(dsn)
    script = folder / "insert.sql"
    script.write_text(_PEER_INSERT)
    script.chmod(0o644)
    done = subprocess.run(
        [
            *(str(binary("pgbench")), "-n", "-M", "prepared", "-f", str(script)),
            *("-D", f"record={(b'h' * 90 + STATE).hex()}"),
            *("-c", str(writers), "-j", str(min(writers, 2)), "-T", str(max(1, round(seconds)))),
            *("-h", str(place["host"]), "-p", str(place["port"]), "-U", str(place["user"]), str(place["dbname"])),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])


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
