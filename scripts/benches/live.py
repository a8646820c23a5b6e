"""How long after its append an event is visible in every projection, and what the engine that follows costs.

Events come at a steady pace, one command each, from a few writers in a process of their own; the engine follows in
another, as in production. What is to be appended is encoded beforehand: the machine that is measured is small, and has
the writers, the server and who looks on it too. What is visible is asked a millisecond after the last answer: the
figures are that coarse. There is no peer: the limits are ours. Never here: appends as fast as they go.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Self

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
WARM_UP_EVENTS = 1000
WRITERS = 4
_ASKED_AGAIN_SECONDS = 0.001
_VISIBLE = f"SELECT min(position) FROM ({store.CHECKPOINTS}) one".encode()  # noqa: S608 -- of a statement of ours


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
    hears, tells = context.Pipe(duplex=False)
    engine_process = context.Process(target=_follow, args=(dsn, begun, stop, spent))
    writing = context.Process(target=_write, args=(dsn, round(seconds * EVENTS_A_SECOND), begun, tells))
    engine_process.start()
    writing.start()
    tells.close()  # ours: so that a writer that fails is heard
    try:
        with _Watch(dsn) as watch:
            watch.wait_for(hears.recv())  # the engine is there, and has met every table
            began = time.perf_counter()
            begun.set()
            moments: dict[int, float] = hears.recv()
            watch.wait_for(moments)
            took = time.perf_counter() - began
            stop.set()
            lags = [watch.seen[position] - at for position, at in moments.items()]
    finally:
        begun.set()
        stop.set()
        engine_process.join()
        writing.join()
    return lags, spent.value / took * 100, len(moments) / (max(moments.values()) - began)


def _write(dsn: str, events: int, begun: Event, tells: Connection) -> None:
    """In the writers' own process: some events first, then as many as are asked for; when each was acknowledged."""
    each = [_submissions(seed, WARM_UP_EVENTS // WRITERS, events // WRITERS) for seed in range(WRITERS)]
    with closing(RegisterRecorder(dsn, REGISTER)) as recorder, ThreadPoolExecutor(WRITERS) as pool:
        for part in range(2):
            begins = time.perf_counter()
            works = [
                pool.submit(_paced, recorder, mine[part], begins + number / EVENTS_A_SECOND)
                for number, mine in enumerate(each)
            ]
            tells.send({position: at for work in works for position, at in work.result().items()})
            begun.wait()


def _submissions(seed: int, *parts: int) -> list[list[Submission]]:
    """As many as each part asks for, of one history of families after families."""
    told = drafts(sum(parts), seed=seed)
    return [[Submission(new_id(), b"bench", (draft,)) for draft in islice(told, part)] for part in parts]


def _paced(recorder: RegisterRecorder, submissions: Sequence[Submission], begins: float) -> dict[int, float]:
    """Append at a writer's part of the steady pace; when each position was acknowledged."""
    moments: dict[int, float] = {}
    for number, submission in enumerate(submissions):
        time.sleep(max(0.0, begins + number * WRITERS / EVENTS_A_SECOND - time.perf_counter()))
        receipt = recorder.append(submission)
        moments[receipt.positions[0]] = time.perf_counter()
    return moments


class _Watch:
    """Looks again and again how far all projections are; `seen`: when each position was first found in all."""

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
            time.sleep(_ASKED_AGAIN_SECONDS)

    def _look(self) -> None:
        reached = 0
        with register_connection(as_role(self._dsn, "reader"), REGISTER, autocommit=True) as connection:
            while not self._done.wait(_ASKED_AGAIN_SECONDS):
                row = connection.execute(_VISIBLE, prepare=True).fetchone()
                now, stands = time.perf_counter(), row[0] if row else 0
                self.seen |= dict.fromkeys(range(reached + 1, stands + 1), now)
                reached = max(reached, stands)
