"""Folds every event of some streams, one whole stream after the other, into empty tables: the fast way, for a rebuild.

Must never hold: a fold of its own, checkpoints, tables that somebody reads. Since each row belongs to one stream, only
one stream's rows are in memory at a time, nothing is ever updated, and streams can be shared out between processes.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.fact import Fact
from domain.ledger.connections import as_role
from domain.ledger.record import unpack
from projections import store
from projections.batch import apply_steps, concerns, refold, told
from projections.catalogue import PROJECTIONS
from projections.feed import AMENDMENTS, Read, decoded, read_streams, stream_ranges
from projections.install import register_connection
from projections.rows import Handler, Projection, Table
from projections.standing import Row, Standing

EVENTS_WORTH_A_PROCESS = 10_000
_FETCH_EVENTS = 2000
_FLUSH_ROWS = 5000

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
    first: UUID
    last: UUID


class Loader:
    """Folds one stream after the other, whole, and writes its rows into the tables with the suffix."""

    def __init__(self, connection: Connection[Any], projections: Sequence[Projection], suffix: str) -> None:
        self._connection = connection
        self._projections = projections
        self._suffix = suffix
        self._tables = [table for projection in projections for table in projection.tables]
        self._by_name = {table.name: table for table in self._tables}
        self._rows: dict[str, list[Row]] = {table.name: [] for table in self._tables}
        self._handlers: dict[type[Fact], list[Handler]] = {}
        for projection in projections:
            for kind, handler in projection.when.items():
                self._handlers.setdefault(kind, []).append(handler)

    def take(self, reads: Sequence[Read]) -> None:
        """Fold all events of one stream, in their order. Raises RebuildStopped."""
        standing: dict[str, Standing] = {}
        for number, read in enumerate(reads):
            entry = read.entry
            try:
                if entry is None or type(entry.fact) in AMENDMENTS:
                    self._amend(standing, reads[: number + 1])
                    continue
                because = (read.position,)
                for handler in self._handlers.get(type(entry.fact), ()):
                    for operation in handler(entry, entry.fact):
                        table = standing.get(operation.table) or self._begun(standing, operation.table)
                        table.apply(operation, entry.stream_id, read.position, because)
            except Exception as fault:
                raise RebuildStopped(f"at position {read.position}: {told(fault)}") from fault
        for name, table in standing.items():
            rows = self._rows[name]
            rows += table.drain()[0]
            if len(rows) >= _FLUSH_ROWS:
                self._write(table.table)

    def finish(self) -> None:
        """Write what is left."""
        for table in self._tables:
            self._write(table)

    def _write(self, table: Table) -> None:
        store.insert_rows(self._connection, table, self._rows[table.name], self._suffix)
        self._rows[table.name].clear()

    def _begun(self, standing: dict[str, Standing], name: str) -> Standing:
        standing[name] = Standing(self._by_name[name])
        return standing[name]

    def _amend(self, standing: dict[str, Standing], reads: Sequence[Read]) -> None:
        """The last event is a correction, a strike-out, or cannot be decoded: as `fold_one`, the stream at hand."""
        last = reads[-1]
        for projection in self._projections:
            if last.entry is None:
                if concerns(projection, last) and last.fault is not None:
                    raise last.fault
                continue
            step = refold(projection, [read.entry for read in reads if read.entry is not None])
            for table in projection.tables:
                if table.name not in standing:
                    self._begun(standing, table.name)
            apply_steps({table.name: standing[table.name] for table in projection.tables}, [step])


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
            count = 0
            for _, reads in groupby(_reads(reading, part), key=attrgetter("stream_id")):
                stream = list(reads)
                loader.take(stream)
                count += len(stream)
            loader.finish()
    finally:
        gc.enable()
    return count


def _reads(connection: Connection[Any], part: Part) -> Iterator[Read]:
    with connection.cursor(name="feed", binary=True) as cursor:
        read_streams(cursor, part.first, part.last, part.upto)
        while records := cursor.fetchmany(_FETCH_EVENTS):
            for (record,) in records:
                yield decoded(unpack(record)[1])


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
    names = tuple(projection.name for projection in projections)
    with register_connection(as_role(dsn, "projector"), register) as connection:
        ranges = stream_ranges(connection, upto, 1 if workers == 1 else 4 * workers)
    shares = [Part(dsn, register, names, suffix, upto, first, last) for first, last in ranges]
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
    # of the row meanwhile. A fork is there at once; beside other threads it is unsafe, and a new start is made.
    alone = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPoolExecutor(workers - 1, mp_context=context) as pool:
        futures = {pool.submit(load_part, share): share for share in shares}
        for future, share in reversed(futures.items()):
            if future.cancel():
                yield load_part(share, projections)
        for future in as_completed(future for future in futures if not future.cancelled()):
            yield future.result()
