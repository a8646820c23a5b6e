"""Rebuilds projections beside the live ones and swaps them in, when both come out the same.

Must never hold: a fold of its own. Reading goes on meanwhile, and following until the last moment. Rows made by an
outdated fold differ by right: such tables are swapped without comparison. Where live and rebuilt differ otherwise, the
live table stays and the rebuilt one is kept beside it, to be looked at, unless the swap is forced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection, sql

from projections import store
from projections.batch import take
from projections.catalogue import PROJECTIONS
from projections.engine import BATCH_EVENTS, run_once
from projections.feed import head, read_batch
from projections.install import (
    add_primary_keys,
    create_indexes,
    create_tables,
    drop_primary_keys,
    install,
    outdated,
    owner_connection,
    replace_questions,
    swap_tables,
)
from projections.loading import Progress, RebuildStopped, load
from projections.rows import Projection, Table
from projections.store import Checkpoint

SUFFIX = "__rebuilt"
INDEXED_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class TableResult:
    """A table, live and rebuilt, at the same position. `comparable`: the live rows were made by today's fold."""

    projection: str
    table: str
    position: int
    live_rows: int
    live_fingerprint: str
    rebuilt_rows: int
    rebuilt_fingerprint: str
    comparable: bool
    swapped: bool = False

    @property
    def equal(self) -> bool:
        """Whether both hold the same rows."""
        return (self.live_rows, self.live_fingerprint) == (self.rebuilt_rows, self.rebuilt_fingerprint)

    @property
    def failed(self) -> bool:
        """Whether they differ although they should not."""
        return self.comparable and not self.equal


def rebuild(
    dsn: str,
    register: str,
    projections: Iterable[Projection] = PROJECTIONS,
    *,
    force: bool = False,
    processes: int | None = None,
    progress: Progress | None = None,
) -> list[TableResult]:
    """Rebuild the projections and swap those that came out right; what was found, table by table.

    The login must be a member of jaksokirja_migrator and jaksokirja_projector. Raises RebuildStopped when an event
    cannot be folded: then everything is as before.
    """
    chosen = tuple(projections)
    install(dsn, register, chosen)
    with owner_connection(dsn, register) as connection:
        upto = head(connection)
        for projection in chosen:
            _drop_beside(connection, projection)
            create_tables(connection, projection, SUFFIX)
            drop_primary_keys(connection, projection, SUFFIX)
    load(dsn, register, chosen, SUFFIX, upto, processes=processes, progress=progress)
    with ThreadPoolExecutor(INDEXED_AT_A_TIME) as pool:
        list(pool.map(lambda projection: _index(dsn, register, projection), chosen))
    with owner_connection(dsn, register) as connection:
        return _compare_and_swap(connection, chosen, upto, force=force)


def start_up(
    dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS, *, progress: Progress | None = None
) -> dict[str, Checkpoint]:
    """Make what is missing, rebuild what another fold had made, and catch up; how far each projection is then."""
    chosen = tuple(projections)
    stale = install(dsn, register, chosen)
    if stale:
        rebuild(dsn, register, [p for p in chosen if p.name in stale], progress=progress)
    return run_once(dsn, register, chosen)


def _index(dsn: str, register: str, projection: Projection) -> None:
    with owner_connection(dsn, register) as connection:
        add_primary_keys(connection, projection, SUFFIX)
        create_indexes(connection, projection, SUFFIX)
        for table in projection.tables:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name + SUFFIX)))


def _compare_and_swap(
    connection: Connection[Any], projections: Sequence[Projection], loaded: int, *, force: bool
) -> list[TableResult]:
    """In one transaction: followers wait at the checkpoints from here on, readers only while tables are renamed."""
    results: list[TableResult] = []
    swaps: list[tuple[Projection, int]] = []
    for projection in sorted(projections, key=lambda projection: projection.name):
        live = _hold(connection, projection)
        comparable = live.status == store.RUNNING and not outdated(projection, live)
        position = max(live.position, loaded)
        _catch_up(connection, projection, loaded, position, SUFFIX)
        if comparable:
            _catch_up(connection, projection, live.position, position)
        found = [_compared(connection, projection, table, position, comparable) for table in projection.tables]
        swap = force or not any(result.failed for result in found)
        results += [replace(result, swapped=swap) for result in found]
        if swap:
            swaps.append((projection, position))
        elif comparable:
            store.move_checkpoint(connection, projection.name, position)
    if swaps:
        connection.execute("LOCK TABLE projection_swaps IN ACCESS EXCLUSIVE MODE")
        for projection, position in swaps:
            _swap(connection, projection, position)
        for projection, _ in swaps:
            replace_questions(connection, projection)
    return results


def _compared(
    connection: Connection[Any], projection: Projection, table: Table, position: int, comparable: bool
) -> TableResult:
    there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table.name,)).fetchone()
    live = store.fingerprint(connection, table) if there and there[0] else (0, "")  # an older fold had it not
    rebuilt = store.fingerprint(connection, table, SUFFIX)
    return TableResult(projection.name, table.name, position, *live, *rebuilt, comparable)


def _hold(connection: Connection[Any], projection: Projection) -> Checkpoint:
    connection.execute("SELECT FROM projection_checkpoints WHERE projection = %s FOR UPDATE", (projection.name,))
    return store.checkpoints(connection)[projection.name]


def _catch_up(connection: Connection[Any], projection: Projection, after: int, upto: int, suffix: str = "") -> None:
    while after < upto:
        reads = read_batch(connection, after, BATCH_EVENTS, upto)
        stop = take(connection, projection, reads, suffix)
        if stop is not None:
            raise RebuildStopped(f"{projection.name} at position {stop.position}: {stop.reason}")
        after = reads[-1].position


def _swap(connection: Connection[Any], projection: Projection, position: int) -> None:
    for table in projection.tables:
        swap_tables(connection, table, SUFFIX)
    connection.execute(
        "UPDATE projection_checkpoints SET fold_fingerprint = %s WHERE projection = %s",
        (projection.fingerprint, projection.name),
    )
    store.move_checkpoint(connection, projection.name, position)
    connection.execute(
        "INSERT INTO projection_swaps (projection, position, swapped_at) VALUES (%s, %s, %s)",
        (projection.name, position, dt.datetime.now(dt.UTC)),
    )


def _drop_beside(connection: Connection[Any], projection: Projection) -> None:
    for table in projection.tables:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table.name + SUFFIX)))
