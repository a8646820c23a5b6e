"""How long after its append an event is visible in every projection, and what the engine that follows costs.

Events come at a steady pace, one command each; the engine follows in a process of its own, as in production. What is
visible is asked every other millisecond, so that the figures are that coarse. There is no peer: the limits are ours.
Never here: appends as fast as they go.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING

from domain.ledger.connections import as_role
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Submission
from projections import engine, store
from projections.install import install, register_connection
from scripts.benches.histories import drafts
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

REGISTER = "bench"
EVENTS_A_SECOND = 500
LIMITS = {"lag, median": 10.0, "lag, 99th percentile": 30.0}
ENGINE_LIMIT_PERCENT = 20.0
WARM_UP_SECONDS = 2.0
_ASKED_EVERY_SECONDS = 0.002


def run(quick: bool) -> list[Figure]:
    """Lag in milliseconds, and the engine's share of one core in per cent."""
    seconds = 10.0 if quick else 60.0
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        install(dsn, REGISTER)
        lags, percent = _followed(dsn, seconds)
    case = f"{EVENTS_A_SECOND} events/s for {seconds:.0f} s"
    cuts = statistics.quantiles(lags, n=100)
    found = {"lag, median": cuts[49], "lag, 99th percentile": cuts[98]}
    figures = [_figure(f"{name}, {case}", found[name] * 1000, limit, "ms") for name, limit in LIMITS.items()]
    return [*figures, _figure(f"engine, {case}", percent, ENGINE_LIMIT_PERCENT, "% of a core")]


def _figure(case: str, ours: float, limit: float, unit: str) -> Figure:
    return {"bench": "live", "case": case, "ours": ours, "peers": {}, "limit": limit, "unit": unit}


def _follow(dsn: str, stop: Event) -> None:
    """In the engine's own process. It waits on a thread's event, as the server's engine does."""
    done = threading.Event()

    def pass_on() -> None:
        stop.wait()
        done.set()

    threading.Thread(target=pass_on, daemon=True).start()
    engine.follow(dsn, REGISTER, done)


def _followed(dsn: str, seconds: float) -> tuple[list[float], float]:
    """The lag of each event in seconds, and the engine's processor time in per cent of the time."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    process = context.Process(target=_follow, args=(dsn, stop))
    began = time.perf_counter()
    process.start()
    try:
        told, seen = _told_and_seen(dsn, seconds)
    finally:
        stop.set()
        process.join()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    percent = (spent.ru_utime + spent.ru_stime) / (time.perf_counter() - began) * 100
    return [seen[position] - at for position, at in told.items() if at > began + WARM_UP_SECONDS], percent


def _told_and_seen(dsn: str, seconds: float) -> tuple[dict[int, float], dict[int, float]]:
    """When each position was acknowledged, and when it was first found in every projection."""
    told: dict[int, float] = {}
    seen: dict[int, float] = {}
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(dsn, seen, done))
    recorder = RegisterRecorder(dsn, REGISTER)
    watcher.start()
    try:
        begins = time.perf_counter()
        for number, draft in enumerate(drafts(round(seconds * EVENTS_A_SECOND))):
            time.sleep(max(0.0, begins + number / EVENTS_A_SECOND - time.perf_counter()))
            receipt = recorder.append(Submission(new_id(), b"bench", (draft,)))
            told[receipt.positions[0]] = time.perf_counter()
        deadline = time.perf_counter() + 60
        while len(seen) < len(told) and time.perf_counter() < deadline:
            time.sleep(_ASKED_EVERY_SECONDS)
    finally:
        done.set()
        watcher.join()
        recorder.close()
    if len(seen) < len(told):
        raise RuntimeError(f"{len(told) - len(seen)} events were not visible a minute after the last")
    return told, seen


def _watch(dsn: str, seen: dict[int, float], done: threading.Event) -> None:
    reached = 0
    with register_connection(as_role(dsn, "reader"), REGISTER, autocommit=True) as connection:
        while not done.wait(_ASKED_EVERY_SECONDS):
            stands = min(one.position for one in store.checkpoints(connection).values())
            now = time.perf_counter()
            seen |= dict.fromkeys(range(reached + 1, stands + 1), now)
            reached = max(reached, stands)
