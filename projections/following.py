"""A batch of all projections at once: what stands is read in one round trip, what comes of it written in another.

Must never hold: what a projection makes of an event, the choice of what to read. Who calls undoes on a fault what was
begun, and says at the end how far the projections are now.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from domain.ledger.database import Prepared
from projections import store
from projections.batch import Step, apply_steps, touched
from projections.rows import Projection, Table
from projections.standing import Row, Standing
from projections.trips import BEGIN, COMMIT, Call, packed, trip

Work = Sequence[tuple[Projection, Sequence[Step]]]

ONE_BY_ONE_ROWS = 200
"""Up to so many rows a batch, each is a call of the same round trip; more go in as COPY, table by table."""

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
    b"INSERT INTO projection_progress (projection, position, moved_at) SELECT unnest($1::text[]), $2, $3",
    (),
)


def begin(connection: Connection[Any], work: Work, expected: int) -> list[Standing]:
    """Begin a transaction in which the projections are held, and apply the steps to what stands.

    Raises BatchReplayed when one stands elsewhere than at the expected position, psycopg.Error.
    """
    projections = [projection for projection, _ in work]
    names = packed("text[]", [projection.name for projection in projections])
    made_by = packed("text[]", [projection.fingerprint for projection in projections])
    wanted = [(table, streams) for projection, steps in work for table, streams in touched(projection, steps)]
    calls = [Call(BEGIN), Call(_HOLD, (names,)), Call(_ELSEWHERE, (names, made_by, packed("bigint", expected)))]
    calls += [store.load_call(connection, table, streams) for table, streams in wanted]
    answers = trip(connection, calls)
    _, _, elsewhere = next(answers), next(answers), next(answers)
    if elsewhere.ntuples:
        store.hold_checkpoints(connection, projections, expected)  # says which it is
    standing = {
        table.name: Standing(table, store.loaded(connection, table, answer))
        for (table, _), answer in zip(wanted, answers, strict=True)
    }
    for _, steps in work:
        apply_steps(standing, steps)
    return list(standing.values())


def written(connection: Connection[Any], standing: Sequence[Standing]) -> list[Call]:
    """The calls that write what became of the rows, for the batch's last trip. Many rows are written at once, here."""
    drained = [(one.table, *one.drain()) for one in standing]
    if sum(len(inserts) + len(ends) for _, inserts, ends in drained) <= ONE_BY_ONE_ROWS:
        return [call for table, inserts, ends in drained for call in _one_by_one(connection, table, inserts, ends)]
    for table, inserts, ends in drained:
        store.end_rows(connection, table, ends)
        store.insert_rows(connection, table, inserts)
    return []


def end(connection: Connection[Any], calls: Sequence[Call], names: Sequence[str], position: int) -> None:
    """Make the calls, say that the projections have taken in everything up to the position, and commit."""
    moved_at = packed("timestamp with time zone", dt.datetime.now(dt.UTC))
    progress = Call(_ADD_PROGRESS, (packed("text[]", names), packed("bigint", position), moved_at))
    make(connection, [*calls, progress, Call(COMMIT)])


def make(connection: Connection[Any], calls: Sequence[Call]) -> None:
    """Make calls whose answers tell nothing but that they were done."""
    deque(trip(connection, calls), maxlen=0)


def _one_by_one(connection: Connection[Any], table: Table, inserts: Sequence[Row], ends: Sequence[Row]) -> list[Call]:
    return [
        *(store.end_call(connection, table, row) for row in ends),
        *(store.insert_call(connection, table, row) for row in inserts),
    ]
