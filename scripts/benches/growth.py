"""What an append, a question and a rebuild cost in registers of growing sizes, beside the smallest; `--chart` draws it.

Appends and questions take turns in all registers, so that a busy machine slows all alike; questions by the server's
processor time where the system tells it. A rebuild is told in seconds for a hundred thousand events, and needs room for
all projections once more. Memory is told of every kind of process in a rebuild and in an import.
Never here: peers of other makes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
from projections.queries import reading
from projections.rebuild import rebuild
from scripts.benches.asking import QUESTIONS, Asker, in_turns
from scripts.benches.chart import draw
from scripts.benches.grown import Grown, grown
from scripts.benches.histories import write_history
from scripts.benches.memory import peaks_mb
from scripts.benches.peers import NAME, STATE

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

SIZES, QUICK_SIZES = (100_000, 1_000_000, 10_000_000), (10_000, 100_000)
TIMES, QUICK_TIMES = 300, 30
Costs = dict[str, dict[int, float]]
"""By what was done, and by events of the register."""


def run(quick: bool, events: int | None = None, keep: Path | None = None, chart: Path | None = None) -> list[Figure]:
    """Figures in milliseconds, seconds and megabytes. `events`: the largest register's size."""
    sizes = tuple(size for size in (QUICK_SIZES if quick else SIZES) if events is None or size <= events)
    times = QUICK_TIMES if quick else TIMES
    with grown(sizes, keep) as (dsn, registers):
        costs = {"append of one event": _appends(dsn, registers, times), **_questions(dsn, registers, times)}
        seconds, memory = _rebuilds(dsn, registers)
        imported = _imports(dsn, (sizes[0] // 10, sizes[0]))
    if chart is not None:
        draw({**costs, "rebuild, per event": seconds}, chart)
    return [
        *_figures(costs, "ms"),
        *_figures({"rebuild of 100,000 events": seconds}, "s"),
        *_figures({f"memory of {kind} in a rebuild": sizes for kind, sizes in memory.items()}, "MB"),
        *_figures({f"memory of {kind} in an import": sizes for kind, sizes in imported.items()}, "MB"),
    ]


def _figures(costs: Mapping[str, Mapping[int, float]], unit: str) -> Iterator[Figure]:
    """Each size beside the smallest."""
    for what, by_size in costs.items():
        least = min(by_size)
        for size, cost in by_size.items():
            peers = {f"{least:,} events": by_size[least]} if size != least else {}
            case = f"{what}, {size:,} events"
            yield {"bench": "growth", "case": case, "ours": cost, "peers": peers, "limit": None, "unit": unit}


def _appends(dsn: str, registers: list[Grown], times: int) -> dict[int, float]:
    """The median of one event each, in turns. What was appended is taken out again: it is no part of the history."""
    spent: dict[int, list[float]] = {one.events: [] for one in registers}
    with ExitStack() as stack:
        recorders = {one.events: RegisterRecorder(dsn, one.register) for one in registers}
        for recorder in recorders.values():
            stack.callback(recorder.close)
        for one in registers:
            stack.callback(_forget_after, dsn, one)
        for _ in range(times):
            for size, recorder in recorders.items():
                began = time.perf_counter()
                recorder.append(Submission(new_id(), b"growth", (Draft(new_id(), 1, NAME, STATE),)))
                spent[size].append((time.perf_counter() - began) * 1000)
    return {size: statistics.median(times) for size, times in spent.items()}


def _forget_after(dsn: str, one: Grown) -> None:
    """The login is a superuser, as only a bench's is: no role of the software can delete an event."""
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema_of(one.register))))
        connection.execute("DELETE FROM events WHERE position > %s", (one.events,))
        connection.execute("DELETE FROM commands WHERE first_position > %s", (one.events,))


def _questions(dsn: str, registers: list[Grown], times: int) -> Costs:
    with ExitStack() as stack:
        askers = {str(one.events): Asker(stack.enter_context(reading(dsn, one.register)), one) for one in registers}
        turns = {name: (asker, asker.now) for name, asker in askers.items()}
        costs: Costs = {}
        for question in QUESTIONS:
            found = in_turns(question, turns, times)
            costs[question] = {int(name): timed.server or timed.median for name, timed in found.items()}
    return costs


def _rebuilds(dsn: str, registers: list[Grown]) -> tuple[dict[int, float], Costs]:
    """Seconds for a hundred thousand events, and the memory of each kind of process."""
    seconds, memory = dict[int, float](), Costs()
    for one in registers:
        began = time.perf_counter()
        peaks = _peaks(dsn, partial(rebuild, dsn, one.register))
        seconds[one.events] = (time.perf_counter() - began) * 100_000 / one.events
        for kind, peak in peaks.items():
            memory.setdefault(kind, {})[one.events] = peak
    return seconds, memory


def _imports(dsn: str, sizes: tuple[int, ...]) -> Costs:
    """The memory of each kind of process while so many events are recorded, a thousand at a time."""
    memory = Costs()
    for size in sizes:
        register = f"imported-{size}"
        create_register(dsn, register)
        recorder = RegisterRecorder(dsn, register)
        peaks = _peaks(dsn, partial(write_history, recorder, size))
        recorder.close()
        with psycopg.connect(dsn) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(register))))
        for kind, peak in peaks.items():
            memory.setdefault(kind, {})[size] = peak
    return memory


def _peaks(dsn: str, work: Callable[[], object]) -> dict[str, float]:
    with psycopg.connect(dsn) as connection:
        return peaks_mb(work, connection.info.backend_pid)
