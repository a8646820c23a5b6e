"""Folds every event of some streams from the first on, in memory, into empty tables: the fast way, for a rebuild.

Must never hold: a fold of its own, checkpoints, tables that somebody reads. Rows are written when they have ended, and
those that stand at the end: nothing is ever updated.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from domain.fact import Fact
from domain.ledger.connections import as_role
from domain.ledger.record import unpack
from projections import store
from projections.batch import apply_steps, fold_one, told
from projections.catalogue import PROJECTIONS
from projections.feed import AMENDMENTS, Read, Streams, decoded, read_part
from projections.install import register_connection
from projections.rows import Handler, Projection
from projections.standing import Standing

EVENTS_WORTH_A_PROCESS = 10_000
EVENTS_IN_MEMORY = 1_000_000
"""About so many events' standing rows are held at a time: what is more is folded in further parts, by stream."""
_FETCH_EVENTS = 2000
_FLUSH_ROWS = 20_000

Progress = Callable[[int, int], None]
"""Told how many of how many events have been folded."""


class RebuildStopped(Exception):
    """An event could not be folded; nothing was swapped."""


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a register's streams, up to a position, for the projections that are named."""

    dsn: str
    register: str
    names: tuple[str, ...]
    suffix: str
    upto: int
    number: int
    parts: int


class Loader:
    """Folds events into memory, and writes what has ended into the tables with the suffix."""

    def __init__(self, connection: Connection[Any], projections: Sequence[Projection], suffix: str) -> None:
        self._connection = connection
        self._projections = projections
        self._streams = Streams(connection)
        self._suffix = suffix
        self._standing = {table.name: Standing(table) for p in projections for table in p.tables}
        self._handlers: dict[type[Fact], list[Handler]] = {}
        for projection in projections:
            for kind, handler in projection.when.items():
                self._handlers.setdefault(kind, []).append(handler)

    def take(self, read: Read) -> None:
        """Fold one event. Raises RebuildStopped."""
        entry = read.entry
        if entry is None or type(entry.fact) in AMENDMENTS:
            self._take_slowly(read)
            return
        because = (read.position,)
        try:
            for handler in self._handlers.get(type(entry.fact), ()):
                for operation in handler(entry, entry.fact):
                    self._standing[operation.table].apply(operation, entry.stream_id, read.position, because)
        except Exception as fault:
            raise RebuildStopped(f"at position {read.position}: {told(fault)}") from fault

    def flush(self, *, at_least: int = 0, finally_: bool = False) -> None:
        """Write what has ended; `finally_`: what stands, too."""
        for name, standing in self._standing.items():
            if finally_ or len(standing.ended) >= at_least:
                rows = standing.drain()[0] if finally_ else standing.take_ended()
                store.insert_rows(self._connection, standing.table, rows, self._suffix)
                self._standing[name] = Standing(standing.table) if finally_ else standing

    def _take_slowly(self, read: Read) -> None:
        for projection in self._projections:
            try:
                step = fold_one(self._streams, projection, read)
            except Exception as fault:
                raise RebuildStopped(f"{projection.name} at position {read.position}: {told(fault)}") from fault
            if step is not None:
                apply_steps({table.name: self._standing[table.name] for table in projection.tables}, [step])


def load_part(part: Part, projections: Iterable[Projection] = PROJECTIONS) -> int:
    """Load one part; how many events it was. Top-level, so that another process can be told to do it."""
    chosen = [projection for projection in projections if projection.name in part.names]
    dsn = as_role(part.dsn, "projector")
    gc.disable()
    try:
        with (
            register_connection(dsn, part.register) as reading,
            register_connection(dsn, part.register) as writing,
        ):
            loader = Loader(writing, chosen, part.suffix)
            count = _load(reading, loader, part)
            loader.flush(finally_=True)
    finally:
        gc.enable()
    return count


def _load(reading: Connection[Any], loader: Loader, part: Part) -> int:
    count = 0
    with reading.cursor(name="feed", binary=True) as cursor:
        read_part(cursor, part.upto, part.number, part.parts)
        while records := cursor.fetchmany(_FETCH_EVENTS):
            for (record,) in records:
                loader.take(decoded(unpack(record)[1]))
            count += len(records)
            loader.flush(at_least=_FLUSH_ROWS)
    return count


def load(
    dsn: str,
    register: str,
    projections: Sequence[Projection],
    suffix: str,
    upto: int,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Load all events up to the position into the (empty) tables with the suffix. Raises RebuildStopped."""
    ours = all(projection in PROJECTIONS for projection in projections)
    affordable = min(os.cpu_count() or 1, math.ceil(upto / EVENTS_WORTH_A_PROCESS))
    workers = max(1, processes or affordable) if ours else 1
    parts = max(1 if workers == 1 else 2 * workers, math.ceil(upto / EVENTS_IN_MEMORY))
    names = tuple(projection.name for projection in projections)
    shares = [Part(dsn, register, names, suffix, upto, number, parts) for number in range(parts)]
    done = 0
    for count in _counts(shares, projections, workers):
        done += count
        if progress is not None:
            progress(done, upto)


def _counts(shares: Sequence[Part], projections: Sequence[Projection], workers: int) -> Iterator[int]:
    if workers == 1:
        yield from (load_part(share, projections) for share in shares)
        return
    # Processes, since folding is Python's work, of which threads do one at a time. This one takes shares from the end
    # of the row meanwhile: the others have to import everything first.
    with ProcessPoolExecutor(workers - 1, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(load_part, share): share for share in shares}
        for future, share in reversed(futures.items()):
            if future.cancel():
                yield load_part(share, projections)
        for future in as_completed(future for future in futures if not future.cancelled()):
            yield future.result()
