"""Brings a register's projections up to date and keeps them so: one process at a time holds a projection.

Must never hold: what any projection makes of an event. A batch of events is decoded once, taken into every projection
that stands before it, and the checkpoints move in the same transaction: each event counts exactly once, whenever the
process dies. An event that a projection cannot take stops that projection, visibly; the others go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from domain.ledger.connections import as_role
from domain.ledger.identity import new_id
from domain.ledger.repeated import Repeated
from projections import following, store
from projections.batch import TAKEN_AGAIN, Stop, fold_all, take
from projections.catalogue import PROJECTIONS
from projections.feed import LAST_POSITION, Read, Streams, head, poll
from projections.garbage import garbage_left
from projections.install import outdated, register_connection
from projections.pacing import POLL_SECONDS, Pace
from projections.rows import Projection
from projections.store import Checkpoint
from projections.trips import Call, undone_on_fault

BATCH_EVENTS = 5000
SETTLED_BATCHES = 2000
TAKE_OVER_SECONDS = 0.5
RECONNECT_SECONDS = 0.5

log = structlog.get_logger()


class Together(NamedTuple):
    """Of projections that this engine follows together: their common name, and the position last written down."""

    name: UUID
    settled: int


class Engine:
    """Follows one register. `advance` may be called again and again; `close` lets go of what is held."""

    def __init__(
        self,
        dsn: str,
        register: str,
        projections: Iterable[Projection] = PROJECTIONS,
        *,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self.register = register
        self.batch_events = batch_events
        self._wanted = tuple(projections)
        self._connection = register_connection(as_role(dsn, "projector"), register, autocommit=True)
        self._connection.prepare_threshold = None  # or it forgets, at a rollback, what our trips prepared
        self._places: dict[str, int] = {}
        self._held: dict[str, Projection] = {}
        """Those whose lock is ours: one that has stopped is among them, but has no place."""
        self._batches = 0
        self._together: dict[frozenset[str], Together] = {}

    def hold(self) -> list[str]:
        """Take the projections that no other process holds; the names of all that are held now.

        One that had been stopped before is tried again from where it stopped; one that stopped here goes on when a
        rebuild has mended it. One that is outdated, or stands beyond the ledger's last event, is left alone.
        """
        for projection in self._wanted:
            name = projection.name
            stopped_here = name in self._held
            if name in self._places or not (stopped_here or self._lock(name)):
                continue
            known = store.checkpoints(self._connection).get(name)
            if known is None or outdated(projection, known) or self._is_astray(known):
                self._held.pop(name, None)
                self._unlock(name)
            elif known.status == store.RUNNING or not stopped_here:
                self._held[name] = projection
                self._places[name] = known.position
                self._together.clear()  # whoever it went on with before, it is settled with them anew
        return sorted(self._held)

    def _is_astray(self, known: Checkpoint) -> bool:
        """Whether it has shown events that are gone. It is stopped for that: others may come to take their places."""
        if known.error == store.ASTRAY:
            return True
        ends_at = head(self._connection)
        if known.position > ends_at:
            told = {"position": known.position, "head": ends_at}
            log.error("projection_astray", register=self.register, projection=known.projection, **told)
            error = (ends_at + 1, store.ASTRAY)
            store.move_checkpoints(self._connection, [known.projection], known.position, error)
        return known.position > ends_at

    def advance(self, upto: int = LAST_POSITION) -> int:
        """Take in one batch wherever projections stand, those who are farthest first; how many events it was in all.

        Those behind go no farther than the first, with whom they then go on. 0 when there was nothing for anybody.
        """
        taken = 0
        for place in sorted(set(self._places.values()), reverse=True):
            reads = poll(self._connection, place, self.batch_events, upto) if place < upto else []
            if reads:
                self.take_batch([name for name, at in self._places.items() if at == place], reads)
                taken += len(reads)
            upto = min(upto, max(self._places.values(), default=upto))
        return taken

    def take_batch(self, names: Sequence[str], reads: Sequence[Read]) -> None:
        """Take the batch into these projections, which all stand right before it. Raises BatchReplayed if not."""
        stops: dict[str, Stop] = {}
        try:
            self._take_all(names, reads)
        except TAKEN_AGAIN:  # seldom: then again, one by one
            stops = self._take_apart(names, reads)
        for name in names:
            self._places[name] = reads[-1].position
        for name, stop in stops.items():
            log.error("projection_stopped", register=self.register, projection=name, position=stop.position)
            del self._places[name]

    def _take_all(self, names: Sequence[str], reads: Sequence[Read]) -> None:
        """As `_take_apart`, all or nothing. Raises TAKEN_AGAIN when some projection cannot take some event."""
        work = fold_all(Streams(self._connection), [self._held[name] for name in sorted(names)], reads)
        with undone_on_fault(self._connection):
            standing = following.begin(self._connection, work, reads[0].position - 1)
            calls = following.written(self._connection, standing)
            self._end(calls, names, reads[-1].position)

    def _end(self, calls: Sequence[Call], names: Sequence[str], position: int) -> None:
        """To the position: into the checkpoints the first time and now and then, as progress else.

        Progress is of just those projections that were settled together: each of them is held, and has been checked.
        """
        self._batches += 1
        together = frozenset(names)
        known = self._together.get(together)
        if known and self._batches % SETTLED_BATCHES:
            following.end(self._connection, calls, known.name, position)
            return
        name = known.name if known else new_id()
        following.make(self._connection, calls)
        store.settle_progress(self._connection, names, position, name, known.settled if known else None)
        self._connection.commit()
        others = {those: what for those, what in self._together.items() if those.isdisjoint(together)}
        self._together = {**others, together: Together(name, position)}

    def _take_apart(self, names: Sequence[str], reads: Sequence[Read]) -> dict[str, Stop]:
        """Each projection by itself, as far as it can; what stopped those that could not take all."""
        stops: dict[str, Stop] = {}
        streams = Streams(self._connection)
        with self._connection.transaction():
            store.hold_checkpoints(self._connection, [self._held[name] for name in names], reads[0].position - 1)
            for name in sorted(names):
                stop = take(self._connection, self._held[name], reads, streams=streams)
                if stop:
                    stops[name] = stop
                    error = (stop.position, stop.reason)
                    store.move_checkpoints(self._connection, [name], stop.position - 1, error)
            going_on = [name for name in names if name not in stops]
            store.move_checkpoints(self._connection, going_on, reads[-1].position)
        return stops

    def statuses(self) -> dict[str, Checkpoint]:
        """The checkpoints of the projections that this engine was given."""
        found = store.checkpoints(self._connection)
        return {p.name: found[p.name] for p in self._wanted if p.name in found}

    def close(self) -> None:
        """Let go of every projection, at once: a closed connection's locks stay until the server notices."""
        with suppress(psycopg.Error):
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    def _lock(self, name: str) -> bool:
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._lock_key(name),)).fetchone()
        return bool(row and row[0])

    def _unlock(self, name: str) -> None:
        self._connection.execute("SELECT pg_advisory_unlock(%s)", (self._lock_key(name),))

    def _lock_key(self, name: str) -> int:
        return store.lock_key(f"projection {self.register} {name}")


def run_once(
    dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS, *, batch_events: int = BATCH_EVENTS
) -> dict[str, Checkpoint]:
    """Bring the projections up to the head; how far each is afterwards.

    Those that another process holds, that are stopped or outdated stay where they are: their checkpoints say so.
    """
    engine = Engine(dsn, register, projections, batch_events=batch_events)
    try:
        engine.hold()
        with garbage_left():
            while engine.advance():
                pass
        return engine.statuses()
    finally:
        engine.close()


def follow(
    dsn: str, register: str, stop_event: threading.Event, projections: Iterable[Projection] = PROJECTIONS
) -> None:
    """Keep the projections up to date until the event is set; a lost connection is made again.

    What another process holds is taken over when that process goes.
    """
    projections = tuple(projections)
    waits = Repeated(lambda **told: log.warning("projections_wait_for_database", register=register, **told))
    while not stop_event.is_set():
        try:
            engine = Engine(dsn, register, projections)
        except psycopg.OperationalError as fault:
            waits.met(sqlstate=fault.sqlstate)
            stop_event.wait(RECONNECT_SECONDS)
            continue
        waits.over()
        try:
            _follow(engine, stop_event)
        except (psycopg.OperationalError, psycopg.InterfaceError, store.BatchReplayed) as fault:
            log.warning("projections_begin_again", register=register, cause=type(fault).__name__)
            stop_event.wait(RECONNECT_SECONDS)
        finally:
            with suppress(psycopg.Error):
                engine.close()


def _follow(engine: Engine, stop_event: threading.Event) -> None:
    hold_again_at, pace = 0.0, Pace()
    while not stop_event.is_set():
        if time.monotonic() >= hold_again_at:
            engine.hold()
            hold_again_at = time.monotonic() + TAKE_OVER_SECONDS
        pace.begin()
        events = engine.advance()
        if events < engine.batch_events:
            stop_event.wait(pace.rest_seconds(taken=events > 0))


def wait_for(
    connection: Connection[Any], position: int, timeout_seconds: float, projections: Iterable[str] | None = None
) -> None:
    """Return when the projections (all, if none are named) have taken in the position.

    Raises NotYetReflected when they have not in time, or at once when one is stopped before it; NotInstalled when the
    register has none of that name, or none at all.
    """
    deadline = time.monotonic() + timeout_seconds
    names = set(projections) if projections is not None else None
    while True:
        found = store.checkpoints(connection)
        missing = sorted((names or set()) - found.keys())
        if missing or not found:
            raise NotInstalled(missing)
        behind = [c for n, c in found.items() if (names is None or n in names) and c.position < position]
        if not behind:
            return
        stopped = any(c.status == store.STOPPED for c in behind)
        if stopped or time.monotonic() >= deadline:
            raise NotYetReflected(position, min(c.position for c in behind))
        time.sleep(POLL_SECONDS)


class NotYetReflected(Exception):
    """What was waited for has not been taken in by the projections yet."""

    def __init__(self, position: int, reflected: int) -> None:
        super().__init__(f"the projections stand at {reflected}, before {position}")
        self.position = position
        self.reflected = reflected


class NotInstalled(LookupError):
    """What was waited for is not there: it would never come."""

    def __init__(self, names: Sequence[str]) -> None:
        told = f"no projection named {', '.join(names)}" if names else "no projections"
        super().__init__(f"The register has {told}. `jaksokirja rebuild` makes those of this release.")
