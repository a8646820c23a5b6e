"""Takes a batch of events into one projection: folds in memory, writes once a table.

Must never hold: the choice of what to read next, a fact's meaning, commits. The caller has a transaction open and moves
the checkpoint in it. What stops a projection is told without any content of the event: that may be sensitive.
"""

from __future__ import annotations

import struct
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection
from pydantic import ValidationError

from domain.entry import Entry
from domain.fact import Fact
from projections import store
from projections.feed import AMENDMENTS, Read, Streams
from projections.rows import Key, Operation, Projection, Table
from projections.standing import Row, Standing, stream_rows

_OWN_FAULTS = (psycopg.DataError, psycopg.IntegrityError, psycopg.NotSupportedError)
"""Faults of what was to be written, as opposed to those of the connection, the schema or the server."""


class Stopped(Exception):
    """Some event cannot be taken in."""


TAKEN_AGAIN = (*_OWN_FAULTS, AttributeError, KeyError, TypeError, ValueError, struct.error, Stopped)
"""Faults upon which a batch is taken again in smaller parts, down to the event alone: a value of another kind than its
column raises any of them."""


class Step(NamedTuple):
    """What one event does: operations, or (`refolded`) all that its stream should come to, table by table."""

    position: int
    stream_id: UUID
    operations: tuple[Operation, ...]
    refolded: dict[str, dict[Key, Row]] | None = None
    amendments: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a projection cannot go past the position before this one."""

    position: int
    reason: str


@dataclass(slots=True)
class Folded:
    """The steps of a batch up to its end, or to the event that could not be folded."""

    steps: list[Step] = field(default_factory=list)
    stop: Stop | None = None


def fold_batch(streams: Streams, projection: Projection, reads: Iterable[Read]) -> Folded:
    """What the events do to the projection's rows. Amended streams are read whole."""
    folded = Folded()
    for read in reads:
        try:
            step = fold_one(streams, projection, read)
        except psycopg.OperationalError:
            raise
        except Exception as fault:
            folded.stop = Stop(read.position, told(fault))
            break
        if step is not None:
            folded.steps.append(step)
    return folded


def fold_all(
    streams: Streams, projections: Sequence[Projection], reads: Iterable[Read]
) -> list[tuple[Projection, Sequence[Step]]]:
    """What the events do to the rows of each projection; those whom an event does not concern never look at it.

    Raises Stopped when some projection cannot fold some event.
    """
    steps: dict[str, list[Step]] = {projection.name: [] for projection in projections}
    concerned: dict[type[Fact] | None, list[Projection]] = {}
    for read in reads:
        if read.kind not in concerned:
            concerned[read.kind] = [projection for projection in projections if concerns(projection, read)]
        for projection in concerned[read.kind]:
            try:
                step = fold_one(streams, projection, read)
            except psycopg.OperationalError:
                raise
            except Exception as fault:
                raise Stopped from fault
            if step is not None:
                steps[projection.name].append(step)
    return [(projection, steps[projection.name]) for projection in projections]


def fold_one(streams: Streams, projection: Projection, read: Read) -> Step | None:
    """What one event does; None when it is of no concern. Raises what the fold raises, or the fault of decoding."""
    entry = read.entry
    if entry is None:
        if concerns(projection, read) and read.fault is not None:
            raise read.fault
        return None
    if type(entry.fact) in AMENDMENTS:
        entries = streams.upto(entry.stream_id, read.position)
        return refold(projection, entries, streams.counting(entry.stream_id, read.position))
    operations = tuple(projection.fold(entry))
    return Step(read.position, read.stream_id, operations) if operations else None


def concerns(projection: Projection, read: Read) -> bool:
    """Whether the projection needs an event of that kind. One of an unknown kind, or an amendment, concerns all."""
    return read.kind is None or read.kind in projection.when or read.kind in AMENDMENTS


def refold(projection: Projection, entries: Sequence[Entry], counting: Sequence[Entry] | None = None) -> Step:
    """All that the stream should come to, now that its last entry is a correction or a strike-out.

    `counting`: the entries that are in force, where the caller knows them already.
    """
    return Step(
        entries[-1].position,
        entries[-1].stream_id,
        (),
        stream_rows(projection.tables, projection.refolded(entries, counting)),
        frozenset(entry.position for entry in entries if type(entry.fact) in AMENDMENTS),
    )


def take_steps(connection: Connection[Any], projection: Projection, steps: Sequence[Step], suffix: str = "") -> None:
    """Bring the tables to where the steps lead: the standing rows of the streams are read, changed and written."""
    for table, streams in touched(projection, steps):
        standing = Standing(table, store.load_standing(connection, table, streams, suffix))
        apply_steps({table.name: standing}, steps)
        inserts, ends = standing.drain()
        store.end_rows(connection, table, ends, suffix)
        store.insert_rows(connection, table, inserts, suffix)


def touched(projection: Projection, steps: Sequence[Step]) -> list[tuple[Table, set[UUID]]]:
    """The tables that the steps have to do with, and in each the streams."""
    found: dict[str, set[UUID]] = {table.name: set() for table in projection.tables}
    for step in steps:
        for name in step.refolded if step.refolded is not None else {op.table for op in step.operations}:
            found[name].add(step.stream_id)
    return [(table, found[table.name]) for table in projection.tables if found[table.name]]


def apply_steps(standing: dict[str, Standing], steps: Iterable[Step]) -> None:
    """Apply the steps to the tables that are given; steps on others are passed over."""
    for step in steps:
        if step.refolded is not None:
            for name, rows in step.refolded.items():
                if name in standing:
                    known = standing[name]
                    known.bring_to(known.begun(step.stream_id), step.stream_id, rows, step.position, step.amendments)
            continue
        because = (step.position,)
        for operation in step.operations:
            table = standing.get(operation.table)
            if table is not None:
                table.apply(operation, step.stream_id, step.position, because)


def take(
    connection: Connection[Any],
    projection: Projection,
    reads: Sequence[Read],
    suffix: str = "",
    *,
    streams: Streams | None = None,
) -> Stop | None:
    """Take the events in, up to the end or to one that cannot be: which, and why.

    When it is the database that refuses, the half that holds the event is taken again, down to the event alone.
    `streams` may be shared between the projections that take the same events.
    """
    streams = streams or Streams(connection)
    folded = fold_batch(streams, projection, reads)
    if not folded.steps:
        return folded.stop
    try:
        with connection.transaction():
            take_steps(connection, projection, folded.steps, suffix)
    except TAKEN_AGAIN as fault:
        if len(reads) == 1:
            return Stop(reads[0].position, told(fault))
        middle = len(reads) // 2
        halves = (reads[:middle], reads[middle:])
        return next(
            filter(None, (take(connection, projection, half, suffix, streams=streams) for half in halves)), None
        )
    return folded.stop


def told(fault: Exception) -> str:
    """The fault in words that hold nothing of the event's content: what kind, and where in the code."""
    kind = type(fault).__name__
    if isinstance(fault, ValidationError):
        places = sorted({".".join(map(str, e["loc"])) + ": " + e["type"] for e in fault.errors(include_input=False)})
        return f"{kind}: {', '.join(places)}"
    if isinstance(fault, psycopg.Error):
        return f"{kind}: {fault.sqlstate} {fault.diag.message_primary or ''} {fault.diag.column_name or ''}".strip()
    frames = traceback.extract_tb(fault.__traceback__)
    if not frames:
        return kind
    return f"{kind} in {PurePath(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].name})"
