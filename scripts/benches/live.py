"""How long after its append an event is visible in every projection, and what the engine that follows costs.

Events come at a steady pace, one command each; the engine follows in a process of its own, as in production. What is
visible is asked every other millisecond, so that the figures are that coarse. There is no peer: the limits are ours.
Never here: appends as fast as they go.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable
from itertools import islice
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Self

from domain.ledger.connections import as_role
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
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
WARM_UP_EVENTS = 1000
_ASKED_EVERY_SECONDS = 0.002


def run(quick: bool) -> list[Figure]:
    """Lag in milliseconds, and the engine's share of one core in per cent."""
    seconds = 10.0 if quick else 60.0
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        install(dsn, REGISTER)
        lags, percent, pace = _followed(dsn, seconds)
    case = f"{pace:.0f} of {EVENTS_A_SECOND} events/s for {seconds:.0f} s"
    cuts = statistics.quantiles(lags, n=100)
    found = {"lag, median": cuts[49], "lag, 99th percentile": cuts[98]}
    figures = [_figure(f"{name}, {case}", found[name] * 1000, limit, "ms") for name, limit in LIMITS.items()]
    return [*figures, _figure(f"engine, {case}", percent, ENGINE_LIMIT_PERCENT, "% of a core")]


def _figure(case: str, ours: float, limit: float, unit: str) -> Figure:
    return {"bench": "live", "case": case, "ours": ours, "peers": {}, "limit": limit, "unit": unit}


def _follow(dsn: str, begun: Event, stop: Event, spent: Synchronized[float]) -> None:
    """In the engine's own process. It waits on a thread's event, as the server's does. `spent`: processor seconds."""
    done = threading.Event()

    def pass_on() -> None:
        begun.wait()
        before = time.process_time()
        stop.wait()
        spent.value = time.process_time() - before
        done.set()

    threading.Thread(target=pass_on, daemon=True).start()
    engine.follow(dsn, REGISTER, done)


def _followed(dsn: str, seconds: float) -> tuple[list[float], float, float]:
    """The lag of each event in seconds, the engine's processor time in per cent of the time, and the pace kept.

    A machine that is too busy to keep the pace says nothing of the lag at that pace.
    """
    context = multiprocessing.get_context("spawn")
    begun, stop, spent = context.Event(), context.Event(), context.Value("d", 0.0)
    process = context.Process(target=_follow, args=(dsn, begun, stop, spent))
    process.start()
    try:
        with _Watch(dsn) as watch:
            recorder = RegisterRecorder(dsn, REGISTER)
            told = drafts(WARM_UP_EVENTS + round(seconds * EVENTS_A_SECOND))
            watch.wait_for(_paced(recorder, islice(told, WARM_UP_EVENTS)))  # it is there, and has met every table
            begun.set()
            began = time.perf_counter()
            moments = _paced(recorder, told)
            pace = len(moments) / (time.perf_counter() - began)
            watch.wait_for(moments)
            took = time.perf_counter() - began
            stop.set()
            recorder.close()
            lags = [watch.seen[position] - at for position, at in moments.items()]
    finally:
        begun.set()
        stop.set()
        process.join()
    return lags, spent.value / took * 100, pace


def _paced(recorder: RegisterRecorder, told: Iterable[Draft]) -> dict[int, float]:
    """Append at the steady pace; when each position was acknowledged."""
    moments: dict[int, float] = {}
    begins = time.perf_counter()
    for number, draft in enumerate(told):
        time.sleep(max(0.0, begins + number / EVENTS_A_SECOND - time.perf_counter()))
        receipt = recorder.append(Submission(new_id(), b"bench", (draft,)))
        moments[receipt.positions[0]] = time.perf_counter()
    return moments


class _Watch:
    """Looks every other millisecond how far all projections are; `seen`: when each position was first found in all."""

    def __init__(self, dsn: str) -> None:
        self.seen: dict[int, float] = {}
        self._dsn = dsn
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def wait_for(self, positions: Iterable[int]) -> None:
        """Return when all are seen. Raises RuntimeError when they are not within a minute."""
        last, deadline = max(positions), time.perf_counter() + 60
        while last not in self.seen:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"position {last} was not visible a minute later")
            time.sleep(_ASKED_EVERY_SECONDS)

    def _look(self) -> None:
        reached = 0
        with register_connection(as_role(self._dsn, "reader"), REGISTER, autocommit=True) as connection:
            while not self._done.wait(_ASKED_EVERY_SECONDS):
                stands = min(one.position for one in store.checkpoints(connection).values())
                now = time.perf_counter()
                self.seen |= dict.fromkeys(range(reached + 1, stands + 1), now)
                reached = max(reached, stands)
