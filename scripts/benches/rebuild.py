"""Events a second folded by a rebuild of all projections, beside the library's ProjectionRunner with one of its own.

The runner, stock with its mapper, does one upsert an event, in a transaction that moves its tracking, over the stock
recorder's tables in the same server. It is given fewer events (its pace does not depend on how many), in each round
right before our rebuild and right after, so that a busy machine slows both. Before each timed part all tables are
vacuumed and written out, or autovacuum would do that to those of the part before, within the time of the next. A
register of a million events is ten copies of one that was recorded (scripts/benches/multiplied.py). The limit is
PostgreSQL's own COPY of the same (scripts/benches/copying.py). A rebuild also compares its tables with the live ones,
row by row, which neither of the two does: it is told with that and without. Medians of the rounds; with --events there
is one. fsync and synchronous_commit are on.
Never here: appends.
"""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.recorder import RegisterRecorder
from projections.engine import run_once
from projections.install import install
from projections.rebuild import rebuild
from scripts.benches.copying import copy_limit_seconds
from scripts.benches.grown import LARGE, RECORDED, Grown, finish
from scripts.benches.histories import write_history
from scripts.benches.multiplied import multiply
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

REGISTER = "bench"
ROUNDS = 3


def run(quick: bool, events: int | None = None) -> list[Figure]:
    """Figures in events a second: rebuild (create, fold, index, compare, swap), and the first catching up, live.

    `events`: of the register that is rebuilt, once; beyond RECORDED as many copies of one of that size as fit in.
    """
    wanted, peers = (events or (20_000 if quick else LARGE)), (4_000 if quick else 10_000)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        install(dsn, REGISTER)
        recorder = RegisterRecorder(dsn, REGISTER)
        written = write_history(recorder, min(wanted, RECORDED))
        recorder.close()
        live = _seconds(lambda: run_once(dsn, REGISTER))
        large = _large(dsn, Grown(REGISTER, written, max(1, wanted // RECORDED)))
        stock = _Stock(dsn)
        times = 1 if quick or events else ROUNDS
        rounds = [_round(dsn, large.register, Path(folder), stock, peers) for _ in range(times)]
    rebuilt, compared, pace, limit = map(statistics.median, zip(*rounds, strict=True))
    peer = {f"stock ProjectionRunner ({peers:,} events a round)": pace}
    case = f"rebuild of all projections, {large.events:,} events"
    return [
        _figure(case, large.events / rebuilt, peer, large.events / limit),
        _figure(f"{case}, but for comparing", large.events / (rebuilt - compared), peer, large.events / limit),
        _figure(f"catching up live, {written:,} events", written / live, peer, None),
    ]


def _large(dsn: str, base: Grown) -> Grown:
    """So many copies of the register that is there, of one copy itself."""
    if base.copies == 1:
        return base
    large = replace(base, register=f"{base.register}-by-{base.copies}")
    multiply(dsn, base.register, large.register, base.copies)
    finish(dsn, large)
    return large


def _round(dsn: str, register: str, folder: Path, stock: _Stock, peers: int) -> tuple[float, float, float, float]:
    """Seconds of our rebuild, and of its comparing; events a second of the peer (before and after); of the limit."""
    pace = stock.pace(peers // 2)
    _settle(dsn)
    began = _rebuild(dsn, register)
    rebuilt, compared = began["done"] - began["make"], began["swap"] - began["compare"]
    pace = statistics.mean((pace, stock.pace(peers // 2)))
    _settle(dsn)
    return rebuilt, compared, pace, copy_limit_seconds(dsn, register, folder)


def _settle(dsn: str) -> None:
    """Nothing is left to be vacuumed, or written out, of what was done before."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _figure(case: str, ours: float, peers: dict[str, float], limit: float | None) -> Figure:
    return {"bench": "rebuild", "case": case, "ours": ours, "peers": peers, "limit": limit, "unit": "events/s"}


def _rebuild(dsn: str, register: str) -> dict[str, float]:
    """When each phase began."""
    began: dict[str, float] = {}
    results = rebuild(dsn, register, begins=lambda phase: began.update({phase: time.perf_counter()}))
    different = [result.table for result in results if not result.equal]
    if different:
        raise RuntimeError(f"rebuilt and live differ: {', '.join(different)}")
    return began


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Noted(DomainEvent):
    """The peer's event, stored and read by the library's own mapper."""

    note: str


class _View(PostgresTrackingRecorder):
    """A table with a row a stream."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} (stream_id uuid PRIMARY KEY, version int, note text)").format(
                sql.Identifier("bench_view")
            )
        )

    def upsert(self, stream_id: Any, version: int, note: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO bench_view VALUES (%s, %s, %s) ON CONFLICT (stream_id)"
                " DO UPDATE SET version = excluded.version, note = excluded.note",
                (stream_id, version, note),
            )


class _Projection(Projection[_View]):
    name = "bench"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.upsert(domain_event.originator_id, domain_event.originator_version, domain_event.note[:4], tracking)


class _Stock:
    """The stock recorder with events in it, and the runner that goes on from where it was."""

    def __init__(self, dsn: str) -> None:
        place = conninfo_to_dict(dsn)
        self.environment = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(place["dbname"]),
            "POSTGRES_HOST": str(place["host"]),
            "POSTGRES_PORT": str(place["port"]),
            "POSTGRES_USER": str(place["user"]),
            "POSTGRES_PASSWORD": "",
        }
        self.written = 0

    def pace(self, events: int) -> float:
        """Events a second, of so many that are newly there."""
        self._write(events)
        return events / _seconds(self._run)

    def _write(self, events: int) -> None:
        streams = [new_id() for _ in range(events // 16 + 1)]
        now = dt.datetime.now(dt.UTC)
        told = [
            Noted(streams[number // 16], number % 16 + 1, now, "x" * 480)  # type: ignore[call-arg] # a dataclass by its metaclass
            for number in range(events)
        ]
        application: Application[Any] = Application(self.environment)
        for start in range(0, events, 250):
            application.events.put(told[start : start + 250])
        application.close()
        self.written += events

    def _run(self) -> None:
        with ProjectionRunner(
            application_class=Application, projection_class=_Projection, view_class=_View, env=self.environment
        ) as runner:
            runner.wait(self.written, timeout=300)
