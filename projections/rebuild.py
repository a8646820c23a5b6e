"""Rebuilds projections beside the live ones and swaps them in, when both come out the same.

Must never hold: a fold of its own. Reading goes on meanwhile, and following until the last moment. Rows made by an
outdated fold differ by right: such tables are swapped without comparison. Where live and rebuilt differ otherwise, the
live table stays and the rebuilt one is kept beside it, to be looked at, unless the swap is forced.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from psycopg import Connection, sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

from domain.ledger.connections import as_role, may_work_as
from projections import store
from projections.analysis import drop_views
from projections.batch import take
from projections.catalogue import PROJECTIONS
from projections.engine import BATCH_EVENTS, run_once
from projections.feed import head, read_batch
from projections.indexing import index
from projections.install import (
    Before,
    create_tables,
    drop_primary_keys,
    install,
    installing_alone,
    outdated,
    owner_connection,
    register_connection,
    replace_questions,
    require_installed,
    show,
    swap_tables,
    wait_shortly,
)
from projections.loading import Progress, RebuildStopped, load
from projections.releases import claim, require_newest
from projections.rows import Projection, Table
from projections.store import Checkpoint

SUFFIX = "__rebuilt"

PHASES = ("make", "load", "index", "compare", "swap", "done")
Begins = Callable[[str], None]

PAUSES_SECONDS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Before each try to swap: others read and follow meanwhile, until whoever is in the way has ended."""

_COLUMNS = (
    "SELECT relname, array_agg(attname::text) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT attisdropped GROUP BY relname"
)

Rebuilt = Future[dict[str, tuple[int, str]]]
"""Rows and fingerprint of each rebuilt table, which are found while the live ones are."""

log = structlog.get_logger()


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
    begins: Begins = lambda _: None,
) -> list[TableResult]:
    """Rebuild the projections and swap those that came out right; what was found, table by table.

    `begins` is told each phase as it begins: one of PHASES. Another rebuild of the register is waited for. The
    projections are this release's from the beginning on, also where they were a newer one's.
    The login must be a member of jaksokirja_migrator and jaksokirja_projector. Raises RebuildStopped when an event
    cannot be folded, or somebody's transaction does not end that reads the tables: then everything is as before.
    """
    chosen = tuple(projections)
    claims = partial(claim, register=register, projections=chosen, on_purpose=True)
    with _alone(dsn, register):
        return _rebuild(dsn, register, chosen, claims, force, processes, progress, begins)


def _rebuild(  # noqa: PLR0917 -- as `rebuild`, whose arguments have names
    dsn: str,
    register: str,
    chosen: Sequence[Projection],
    claims: Before,
    force: bool,
    processes: int | None,
    progress: Progress | None,
    begins: Begins,
) -> list[TableResult]:
    begins("make")
    install(dsn, register, chosen, before=claims)
    with owner_connection(dsn, register) as connection:
        upto = head(connection)
        for projection in chosen:
            _drop_beside(connection, projection)
            create_tables(connection, projection, SUFFIX)
            drop_primary_keys(connection, projection, SUFFIX)
    begins("load")
    load(dsn, register, chosen, SUFFIX, upto, processes=processes, progress=progress)
    begins("index")
    index(dsn, register, chosen, SUFFIX)
    with ThreadPoolExecutor(1) as pool:
        rebuilt = pool.submit(_fingerprints, dsn, register, chosen)
        for pause in PAUSES_SECONDS:
            time.sleep(pause)
            begins("compare")
            with suppress(LockNotAvailable, DeadlockDetected), owner_connection(dsn, register) as connection:
                installing_alone(connection, register)  # before checkpoints are held, as there
                claims(connection)  # a newer release may have come meanwhile
                results, swaps = _compare(connection, rebuilt, chosen, upto, force=force)
                begins("swap")
                _swap_all(connection, register, swaps)
                break
            log.warning("swap_waits", register=register)
        else:
            raise RebuildStopped("somebody's open transaction reads the tables; pg_stat_activity tells whose")
    begins("done")
    return results


def start_up(
    dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS, *, progress: Progress | None = None
) -> dict[str, Checkpoint]:
    """Make what is missing, rebuild what another fold had made, and catch up; how far each projection is then.

    What somebody else rebuilds at this moment is waited for, and not rebuilt again. A login that is no migrator only
    catches up. Raises NotOfThisRelease when there is something to make, which it may not; OlderRelease when a newer
    release has the projections, which this one would turn back.
    """
    chosen = tuple(projections)
    claims = partial(claim, register=register, projections=chosen)
    if not may_work_as(dsn, "migrator"):
        require_newest(dsn, register, chosen)
        require_installed(dsn, register, chosen)
    elif install(dsn, register, chosen, before=claims):
        with _alone(dsn, register):  # who was waited for may have been a newer one
            names = install(dsn, register, chosen, before=claims)
            stale = [projection for projection in chosen if projection.name in names]
            if stale:
                _rebuild(dsn, register, stale, claims, False, None, progress, lambda _: None)
    return run_once(dsn, register, chosen)


@contextmanager
def _alone(dsn: str, register: str) -> Iterator[None]:
    """Waits until nobody rebuilds in the register: the tables beside the live ones have the same names for all."""
    key = (store.lock_key(f"rebuild {register}"),)
    with register_connection(as_role(dsn, "migrator"), register, autocommit=True) as connection:
        if connection.execute("SELECT pg_try_advisory_lock(%s)", key).fetchone() != (True,):
            log.warning("rebuild_waits", register=register)
            connection.execute("SELECT pg_advisory_lock(%s)", key)
        try:
            yield
        finally:  # at once: a closed connection's lock stays until the server notices
            connection.execute("SELECT pg_advisory_unlock(%s)", key)


@dataclass(frozen=True, slots=True)
class _Held:
    """A projection whose followers wait: the position that both its tables stand at, and fingerprints of the live."""

    projection: Projection
    position: int
    comparable: bool
    live: dict[str, tuple[int, str]]


def _compare(
    connection: Connection[Any], rebuilt: Rebuilt, projections: Sequence[Projection], loaded: int, *, force: bool
) -> tuple[list[TableResult], list[tuple[Projection, int]]]:
    """What was found, and what is to be swapped, at which position. Followers wait at the checkpoints from here on.

    Nobody reads the rebuilt tables any more when it returns.
    """
    results: list[TableResult] = []
    swaps: list[tuple[Projection, int]] = []
    all_held = _hold(connection, projections, loaded)
    as_loaded = rebuilt.result()  # found meanwhile
    for held in all_held:
        found = [
            _compared(held, table, as_loaded[table.name] if held.position == loaded else _beside(connection, table))
            for table in held.projection.tables
        ]
        swap = force or not any(result.failed for result in found)
        results += [replace(result, swapped=swap) for result in found]
        if swap:
            swaps.append((held.projection, held.position))
        elif held.comparable:
            store.move_checkpoints(connection, [held.projection.name], held.position)
    return results, swaps


def _swap_all(connection: Connection[Any], register: str, swaps: Sequence[tuple[Projection, int]]) -> None:
    """In the transaction in which they were compared; readers wait while tables are renamed.

    Raises LockNotAvailable or DeadlockDetected where somebody has read them and has not ended.
    """
    if not swaps:
        return
    swapped = [projection for projection, _ in swaps]
    wait_shortly(connection)
    drop_views(connection, register, swapped)
    connection.execute("LOCK TABLE projection_swaps IN ACCESS EXCLUSIVE MODE")
    for projection, position in swaps:
        _swap(connection, projection, position)
    for projection in swapped:
        replace_questions(connection, projection)
    show(connection, register, swapped)


def _fingerprints(dsn: str, register: str, projections: Iterable[Projection]) -> dict[str, tuple[int, str]]:
    """Of the rebuilt tables as they were loaded."""
    by_name = sorted(projections, key=lambda projection: projection.name)
    with owner_connection(dsn, register) as connection:
        return {table.name: _beside(connection, table) for projection in by_name for table in projection.tables}


def _compared(held: _Held, table: Table, rebuilt: tuple[int, str]) -> TableResult:
    live = held.live[table.name]
    return TableResult(held.projection.name, table.name, held.position, *live, *rebuilt, held.comparable)


def _beside(connection: Connection[Any], table: Table) -> tuple[int, str]:
    return store.fingerprint(connection, table, SUFFIX)


def _hold(connection: Connection[Any], projections: Sequence[Projection], loaded: int) -> list[_Held]:
    """Let their followers wait, and bring both tables of each to the same position."""
    names = [projection.name for projection in projections]
    connection.execute(
        "SELECT FROM projection_checkpoints WHERE projection = ANY(%s) ORDER BY projection FOR UPDATE", (names,)
    )
    known = store.checkpoints(connection)
    columns = {name: set(names) for name, names in connection.execute(_COLUMNS)}
    by_name = sorted(projections, key=lambda projection: projection.name)
    ends_at = head(connection)
    return [_held(connection, projection, known[projection.name], loaded, ends_at, columns) for projection in by_name]


def _held(  # noqa: PLR0917 -- where it stands, and where everything else does
    connection: Connection[Any],
    projection: Projection,
    known: Checkpoint,
    loaded: int,
    ends_at: int,
    columns: Mapping[str, set[str]],
) -> _Held:
    astray = known.position > ends_at or known.error == store.ASTRAY  # its rows are of events that are gone
    comparable = known.status == store.RUNNING and not outdated(projection, known) and not astray
    position = loaded if astray else max(known.position, loaded)
    _catch_up(connection, projection, loaded, position, SUFFIX)
    if comparable:
        _catch_up(connection, projection, known.position, position)
    none = (0, "")  # an older fold had it not, or not all that is written today
    live = {
        table.name: store.fingerprint(connection, table)
        if columns.get(table.name, set()).issuperset(table.written)
        else none
        for table in projection.tables
    }
    return _Held(projection, position, comparable, live)


def _catch_up(connection: Connection[Any], projection: Projection, after: int, upto: int, suffix: str = "") -> None:
    while after < upto:
        reads = read_batch(connection, after, BATCH_EVENTS, upto)
        stop = take(connection, projection, reads, suffix)
        if stop is not None:
            raise RebuildStopped(f"{projection.name} at position {stop.position}: {stop.reason}")
        after = reads[-1].position


def _swap(connection: Connection[Any], projection: Projection, position: int) -> None:
    swap_tables(connection, projection.tables, SUFFIX)
    connection.execute(
        "UPDATE projection_checkpoints c SET fold_fingerprint = %s, together = CASE WHEN NOT EXISTS ("
        " SELECT FROM projection_progress p WHERE p.together = c.together AND p.position > %s) THEN c.together END"
        " WHERE c.projection = %s",  # progress beyond it is of events that are gone
        (projection.fingerprint, position, projection.name),
    )
    store.move_checkpoints(connection, [projection.name], position)
    connection.execute(
        "INSERT INTO projection_swaps (projection, position, swapped_at) VALUES (%s, %s, %s)",
        (projection.name, position, dt.datetime.now(dt.UTC)),
    )


def _drop_beside(connection: Connection[Any], projection: Projection) -> None:
    beside = sql.SQL(", ").join(sql.Identifier(table.name + SUFFIX) for table in projection.tables)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(beside))
