"""A batch of all projections at once: what stands is read in one round trip, what comes of it written in another.

Must never hold: what a projection makes of an event, the choice of what to read. Who calls undoes on a fault what was
begun, and says at the end how far the projections are now.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.ledger.database import Prepared
from projections import store
from projections.batch import Step, apply_steps
from projections.rows import Key, Projection, Table
from projections.standing import Row, Standing
from projections.trips import BEGIN, COMMIT, Call, packed, trip

Work = Sequence[tuple[Projection, Sequence[Step]]]


class Needed(NamedTuple):
    """What must be known of a table: all that stands of some streams, or what stands under single keys."""

    table: Table
    streams: set[UUID]
    keys: set[tuple[UUID, Key]]


ROWS_IN_ONE_TRIP = 200
"""Up to so many rows a batch, each is read, or ended, by a call of its own, and new ones are put in some at a time, all
in a common round trip."""

_HOLD = Prepared(
    b"hold", b"SELECT FROM projection_checkpoints WHERE projection = ANY($1) ORDER BY projection FOR UPDATE", ()
)
_ELSEWHERE = Prepared(
    b"elsewhere",
    f"""
    SELECT FROM unnest($1::text[], $2::text[]) AS wanted (projection, fold_fingerprint)
    LEFT JOIN ({store.CHECKPOINTS}) c USING (projection)
    WHERE c.position IS DISTINCT FROM $3 OR c.fold_fingerprint IS DISTINCT FROM wanted.fold_fingerprint
    """.encode(),  # noqa: S608 -- of two statements of ours
    (),
)
_ADD_PROGRESS = Prepared(
    b"add progress",
    b"INSERT INTO projection_progress (together, position, moved_at) VALUES ($1, $2, $3)",
    (),
)


def begin(connection: Connection[Any], work: Work, expected: int) -> list[Standing]:
    """Begin a transaction in which the projections are held, and apply the steps to what stands.

    Raises BatchReplayed when one stands elsewhere than at the expected position, psycopg.Error.
    """
    projections = [projection for projection, _ in work]
    names = packed("text[]", [projection.name for projection in projections])
    made_by = packed("text[]", [projection.fingerprint for projection in projections])
    calls = [Call(BEGIN), Call(_HOLD, (names,)), Call(_ELSEWHERE, (names, made_by, packed("bigint", expected)))]
    wanted = [one for projection, steps in work if steps for one in needed(projection, steps)]
    asked = _asked(connection, wanted)
    answers = trip(connection, [*calls, *(call for _, call in asked)])
    _, _, elsewhere = next(answers), next(answers), next(answers)
    if elsewhere.ntuples:
        store.hold_checkpoints(connection, projections, expected)  # says which it is
    rows: dict[str, list[Row]] = {table.name: [] for table, _, _ in wanted}
    for (table, _), answer in zip(asked, answers, strict=True):
        rows[table.name] += store.loaded(connection, table, answer)
    standing = {table.name: Standing(table, rows[table.name]) for table, _, _ in wanted}
    for _, steps in work:
        apply_steps(standing, steps)
    return list(standing.values())


def needed(projection: Projection, steps: Sequence[Step]) -> list[Needed]:
    """The tables that the steps have to do with, and what of each must be known: no more than what they change.

    What a stream has been through is mostly of no concern: of an episode with a thousand entries one more meeting asks
    for the row of that meeting, and its row in a table that has one for each entry for none.
    """
    found = {table.name: Needed(table, set(), set()) for table in projection.tables}
    used = set[str]()
    for step in steps:
        if step.refolded is not None:
            used.update(step.refolded)
            for name in step.refolded:
                found[name].streams.add(step.stream_id)
            continue
        for operation in step.operations:
            table, streams, keys = found[operation.table]
            used.add(operation.table)
            if 0 < len(operation.key) == len(table.key):
                keys.add((step.stream_id, operation.key))
            else:
                streams.add(step.stream_id)
    if projection.each is not None:
        for one in found.values():
            one.keys.clear()
    return [found[table.name] for table in projection.tables if table.name in used]


def _asked(connection: Connection[Any], wanted: Sequence[Needed]) -> list[tuple[Table, Call]]:
    """What is asked of which table. Where single rows would be too many calls, all that stands of their streams is."""
    if sum(len(one.keys) for one in wanted) > ROWS_IN_ONE_TRIP:
        wanted = [Needed(table, streams | {stream for stream, _ in keys}, set()) for table, streams, keys in wanted]
    asked = [(table, store.load_call(connection, table, streams)) for table, streams, _ in wanted if streams]
    for table, streams, keys in wanted:
        single = [one for one in keys if one[0] not in streams]
        asked += [(table, store.load_one_call(connection, table, stream, key)) for stream, key in single]
    return asked


def written(connection: Connection[Any], standing: Sequence[Standing]) -> list[Call]:
    """The calls that write what became of the rows, for the batch's last trip. Many rows are written at once, here."""
    drained = [(one.table, *one.drain()) for one in standing]
    if sum(len(inserts) + len(ends) for _, inserts, ends in drained) <= ROWS_IN_ONE_TRIP:
        return [call for table, inserts, ends in drained for call in _in_one_trip(connection, table, inserts, ends)]
    for table, inserts, ends in drained:
        store.end_rows(connection, table, ends)
        store.insert_rows(connection, table, inserts)
    return []


def end(connection: Connection[Any], calls: Sequence[Call], together: UUID, position: int) -> None:
    """Make the calls, say that those followed together have taken in everything up to the position, and commit."""
    moved_at = packed("timestamp with time zone", dt.datetime.now(dt.UTC))
    progress = Call(_ADD_PROGRESS, (packed("uuid", together), packed("bigint", position), moved_at))
    make(connection, [*calls, progress, Call(COMMIT)])


def make(connection: Connection[Any], calls: Sequence[Call]) -> None:
    """Make calls whose answers tell nothing but that they were done."""
    deque(trip(connection, calls), maxlen=0)


def _in_one_trip(connection: Connection[Any], table: Table, inserts: Sequence[Row], ends: Sequence[Row]) -> list[Call]:
    return [
        *(store.end_call(connection, table, row) for row in ends),
        *store.insert_calls(connection, table, inserts),
    ]
