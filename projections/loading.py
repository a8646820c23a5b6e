"""Folds every event of some streams, one whole stream after the other, into empty tables: the fast way, for a rebuild.

Must never hold: a fold of its own, checkpoints, tables that somebody reads. Since each row belongs to one stream, only
one stream's rows are in memory at a time, nothing is ever updated, and streams can be shared out between processes.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

from psycopg import Connection

from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry, in_force
from domain.fact import Fact
from domain.ledger.connections import as_role
from domain.ledger.migrate import schema_of
from domain.ledger.record import rows as rows_of
from domain.registry import REGISTRY
from projections import store
from projections.batch import TAKEN_AGAIN, concerns, refold, told
from projections.catalogue import PROJECTIONS
from projections.feed import AMENDMENTS, Read, read_streams, stream_ranges
from projections.garbage import garbage_left
from projections.install import register_connection, schema_connection
from projections.plain import Seen, as_entry, seen
from projections.rows import Handler, Key, Projection
from projections.standing import Row, Standing

EVENTS_WORTH_A_PROCESS = 10_000
_SHARES_A_PROCESS = 8
_EVENTS_A_SHARE = 20_000
_FETCH_EVENTS = 1000
_FLUSH_ROWS = 5000

Progress = Callable[[int, int], None]
"""Told how many of how many events have been folded."""


class RebuildStopped(Exception):
    """An event could not be folded, or the tables not swapped; everything is as before."""


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a register's streams, up to a position, for the projections that are named.

    `into`: the schema of the tables, where it is not the register's own.
    """

    dsn: str
    register: str
    names: tuple[str, ...]
    suffix: str
    upto: int
    first: UUID
    last: UUID
    into: str | None = None


class Loader:
    """Folds one stream after the other, whole, and writes its rows into the tables with the suffix."""

    def __init__(self, connection: Connection[Any], projections: Sequence[Projection], suffix: str) -> None:
        self._connection = connection
        self._projections = projections
        self._suffix = suffix
        tables = [table for projection in projections for table in projection.tables]
        self._standing = {table.name: Standing(table) for table in tables}
        self._rows: dict[str, list[Row]] = {table.name: [] for table in tables}
        self._handlers: dict[type[Fact], list[Handler]] = {}
        for projection in projections:
            for kind, handler in projection.when.items():
                if projection.each is None:
                    self._handlers.setdefault(kind, []).append(handler)
        self._of_each = [projection for projection in projections if projection.each is not None]
        self._stream_id, self._stream_bytes = UUID(int=0), b""
        self._seen: list[Seen] = []
        self._entries: list[Entry] = []
        self._is_amended = False
        self._touched: dict[str, dict[Key, Row]] = {}
        self._each: list[Seen] = []

    def take(self, records: Iterable[bytes]) -> None:
        """Fold events, all of one stream after those of another. Raises RebuildStopped."""
        at_hand = self._stream_id
        for position, stream_id, version, name, recorded_at, state in rows_of(records):
            if stream_id is not at_hand and stream_id != at_hand:  # the same object, nearly always
                self._end_stream()
                at_hand = self._stream_id = stream_id
                self._stream_bytes = stream_id.bytes
            try:
                event = seen(name, state, stream_id, version, position, recorded_at)
            except Exception as fault:
                self._pass_over(Read(position, stream_id, REGISTRY.facts.get(name), None, fault))
                continue
            self._seen.append(event)
            try:
                self._fold(event)
            except Exception as fault:
                raise RebuildStopped(f"at position {position}: {told(fault)}") from fault

    def finish(self) -> None:
        """Write what is left."""
        self._end_stream()
        self._write_each()
        for name in self._rows:
            self._write(name)

    def _fold(self, event: Seen) -> None:
        if event.kind in AMENDMENTS:
            self._amend()
            return
        if self._is_amended:
            self._entries.append(as_entry(event))
            self._open_each(self._entries[-1:])
        touched, standing, fact = self._touched, self._standing, event.fact
        position, stream_bytes = event.position, self._stream_bytes
        because, entry = (position,), cast("Entry", event)
        for handler in self._handlers.get(event.kind, ()):
            for operation in handler(entry, fact):
                name = operation.table
                rows = touched.get(name)
                if rows is None:
                    rows = touched[name] = {}
                standing[name].apply_to(rows, operation, stream_bytes, position, because)

    def _amend(self) -> None:
        """The last event is a correction or a strike-out: as `batch.fold_one`, the stream at hand."""
        before = len(self._entries)
        self._entries += map(as_entry, self._seen[before:])
        if not self._is_amended:
            self._open_each(self._entries[:-1])
            self._is_amended = True
        counting = in_force(self._entries)
        kinds = _kinds_amended(self._entries)
        for projection in self._projections:
            if projection.refold is None and kinds.isdisjoint(projection.when):
                continue  # nothing that it folds counts otherwise than before
            step = refold(projection, self._entries, counting)
            for name, rows in (step.refolded or {}).items():
                stand = self._touched.setdefault(name, {})
                self._standing[name].bring_to(stand, self._stream_bytes, rows, step.position, step.amendments)

    def _open_each(self, entries: Iterable[Entry]) -> None:
        """The rows of projections that have one for each entry, where the stream is amended: then these may end."""
        for projection in self._of_each:
            for table in projection.tables:
                standing = self._standing[table.name]
                rows = self._touched.setdefault(table.name, {})
                for entry in entries:
                    for operation in projection.fold(entry):
                        standing.apply_to(rows, operation, self._stream_bytes, entry.position, (entry.position,))

    def _pass_over(self, read: Read) -> None:
        """One that cannot be decoded stops the rebuild of those whom it concerns."""
        if read.fault is not None and any(concerns(projection, read) for projection in self._projections):
            raise RebuildStopped(f"at position {read.position}: {told(read.fault)}") from read.fault

    def _end_stream(self) -> None:
        if not self._is_amended and self._of_each:
            self._each += self._seen
            if len(self._each) >= _FLUSH_ROWS:
                self._write_each()
        for name, standing in self._touched.items():
            rows = self._rows[name]
            rows += standing.values()
            rows += self._standing[name].ended_till_now()
            if len(rows) >= _FLUSH_ROWS:
                self._write(name)
        self._touched.clear()
        self._seen.clear()
        self._entries.clear()
        self._is_amended = False

    def _write(self, name: str) -> None:
        with _words(f"rows of {name}"):
            store.insert_rows(self._connection, self._standing[name].table, self._rows[name], self._suffix)
        self._rows[name].clear()

    def _write_each(self) -> None:
        for projection in self._of_each:
            with _words(f"rows of {projection.name}"):
                store.insert_each(self._connection, projection, self._each, self._suffix)
        self._each.clear()


@contextmanager
def _words(what: str) -> Iterator[None]:
    """A row that cannot be written stops the rebuild, without its content."""
    try:
        yield
    except TAKEN_AGAIN as fault:
        raise RebuildStopped(f"{what} cannot be written: {told(fault)}") from fault


def _kinds_amended(entries: Sequence[Entry]) -> set[type[Fact]]:
    """The kinds of the facts that may count otherwise, now that the last entry is a correction or a strike-out."""
    kinds = {type(entry.fact.content) for entry in entries if isinstance(entry.fact, EntryCorrected)}
    by_version = {entry.version: entry for entry in entries}
    at: Entry | None = entries[-1]
    while at is not None:
        kinds.add(type(at.fact))
        target = at.fact.entry if isinstance(at.fact, EntryCorrected | EntryStruckOut) else at.version
        at = by_version.get(target) if target < at.version else None
    return kinds


def load_part(part: Part, projections: Iterable[Projection] = PROJECTIONS) -> int:
    """Load one part; how many events it was. Top-level, so that another process can be told to do it.

    Its connections stay open for the parts that follow: to open two and look at all tables takes as long as to fold a
    thousand events. Who does it ends soon after the last one: see `_counts`.
    """
    return _load_part(part, projections, *_kept_connections(part.dsn, part.register, part.into))


@cache
def _kept_connections(dsn: str, register: str, into: str | None) -> tuple[Connection[Any], Connection[Any]]:
    return _reading(dsn, register), _writing(dsn, register, into)


def _reading(dsn: str, register: str) -> Connection[Any]:
    return register_connection(as_role(dsn, "projector"), register)


def _writing(dsn: str, register: str, into: str | None) -> Connection[Any]:
    return schema_connection(as_role(dsn, "projector"), into or schema_of(register))


def _load_part(
    part: Part, projections: Iterable[Projection], reading: Connection[Any], writing: Connection[Any]
) -> int:
    chosen = [projection for projection in projections if projection.name in part.names]
    count = 0
    with garbage_left(), reading.transaction(), writing.transaction():
        writing.execute("SET LOCAL synchronous_commit TO off")  # whoever shows the tables waits for the disk, once
        loader = Loader(writing, chosen, part.suffix)
        with reading.cursor(name="feed", binary=True) as cursor:
            read_streams(cursor, part.first, part.last, part.upto)
            while records := cursor.fetchmany(_FETCH_EVENTS):
                loader.take(record for (record,) in records)
                count += len(records)
        loader.finish()
    return count


def load(
    dsn: str,
    register: str,
    projections: Sequence[Projection],
    suffix: str,
    upto: int,
    *,
    into: str | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Load all events up to the position into the (empty) tables with the suffix. Raises RebuildStopped.

    `into`: the schema of these tables, where it is not the register's own.
    """
    ours = all(projection in PROJECTIONS for projection in projections)
    affordable = min(os.cpu_count() or 1, math.ceil(upto / EVENTS_WORTH_A_PROCESS))
    workers = max(1, processes or affordable) if ours else 1
    names = tuple(projection.name for projection in projections)
    with register_connection(as_role(dsn, "projector"), register) as connection:
        # Small ones, or somebody is long alone with the last.
        parts = 1 if workers == 1 else max(_SHARES_A_PROCESS * workers, upto // _EVENTS_A_SHARE)
        ranges = stream_ranges(connection, upto, parts)
    shares = [Part(dsn, register, names, suffix, upto, first, last, into) for first, last in ranges]
    done = 0
    for count in _counts(shares, projections, workers):
        done += count
        if progress is not None:
            progress(done, upto)


def _counts(shares: Sequence[Part], projections: Sequence[Projection], workers: int) -> Iterator[int]:
    if workers == 1:
        (share,) = shares
        with _reading(share.dsn, share.register) as reading, _writing(share.dsn, share.register, share.into) as writing:
            yield _load_part(share, projections, reading, writing)
        return
    # Processes, since folding is Python's work, of which threads do one at a time. This one only waits: whoever also
    # takes shares finds that the pool has given out more than it is at, and is idle while the last are folded. A fork
    # is there at once; beside other threads it is unsafe, and a new start is made.
    alone = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            for future in as_completed([pool.submit(load_part, share) for share in shares]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)  # where one was stopped, the others need not begin


def _end_with_parent() -> None:
    """Have this process end when the one that shares out is killed, whose connections and lock it inherited."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 -- it is a pool's

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
