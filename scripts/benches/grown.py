"""Registers of several sizes with all their projections, for benches that read; kept in a folder, if one is named.

The smallest is recorded: its events are appended, its projections' rows folded and loaded as a rebuild does it. A
larger one is so many copies of it (multiplied.py). Never here: measuring.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from domain.ledger.connections import as_role
from domain.ledger.migrate import create_register, registers
from domain.ledger.recorder import RegisterRecorder
from projections import store
from projections.catalogue import PROJECTIONS
from projections.install import add_primary_keys, drop_primary_keys, install, owner_connection, register_connection
from projections.loading import load
from scripts.benches.multiplied import multiply
from scripts.benches.unfolding import write_unfolding
from scripts.postgres import running

RECORDED = 100_000
"""A larger register is copies of one of so many events."""
LARGE = 1_000_000
FOR_LARGE = {"shared_buffers": "2GB"}
"""What anybody would give a server with a larger register than that; PostgreSQL's own 128 MB hold little of it."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A register of `copies` times so many events: 1 of one that was recorded."""

    register: str
    recorded: int
    copies: int = 1

    @property
    def events(self) -> int:
        """How many it has."""
        return self.recorded * self.copies


@contextlib.contextmanager
def grown(sizes: Sequence[int], keep: Path | None = None) -> Iterator[tuple[str, list[Grown]]]:
    """The DSN of a server and a register of each size, made if need be. `keep`: where they stay for the next time.

    Raises ValueError when a size beyond `RECORDED` is no multiple of it (of the smallest size, if that is smaller).
    """
    recorded = min(RECORDED, *sizes)
    if any(size % recorded for size in sizes):
        raise ValueError(f"a register is made of copies of one of {recorded:,} events: ask for multiples of that")
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        dsn = stack.enter_context(running(folder, settings=FOR_LARGE if max(sizes) > LARGE else None))
        yield dsn, [_made(dsn, recorded, size // recorded) for size in sizes]


def _made(dsn: str, recorded: int, copies: int) -> Grown:
    base = f"grown-{recorded}"
    made = Grown(base if copies == 1 else f"{base}-by-{copies}", recorded, copies)
    there = made.register in registers(dsn)
    if copies > 1 and not there:
        multiply(dsn, _made(dsn, recorded, 1).register, made.register, copies)
        finish(dsn, made)
        return made
    create_register(dsn, made.register)  # or brings one that was kept up to date
    if outdated := install(dsn, made.register):
        raise RuntimeError(f"{made.register} was kept with rows of another fold of {', '.join(outdated)}: drop it")
    with owner_connection(dsn, made.register) as connection:
        checkpoint = min(found.position for found in store.checkpoints(connection).values())
    if checkpoint == 0 and copies == 1:
        _fill(dsn, made)
    elif checkpoint != made.events:
        raise RuntimeError(f"{made.register} stands at {checkpoint}: it was left half made; drop it")
    return made


def _fill(dsn: str, made: Grown) -> None:
    recorder = RegisterRecorder(dsn, made.register)
    try:
        if recorder.head()[0] == 0:
            write_unfolding(recorder, made.events)
    finally:
        recorder.close()
    with owner_connection(dsn, made.register) as connection:
        for projection in PROJECTIONS:
            drop_primary_keys(connection, projection, "")
    load(dsn, made.register, PROJECTIONS, "", made.events)
    with owner_connection(dsn, made.register) as connection:
        for projection in PROJECTIONS:
            add_primary_keys(connection, projection, "")
    finish(dsn, made)


def finish(dsn: str, made: Grown) -> None:
    """Say how far the projections are, and take statistics."""
    with register_connection(as_role(dsn, "projector"), made.register) as connection:
        store.move_checkpoints(connection, [projection.name for projection in PROJECTIONS], made.events)
    with owner_connection(dsn, made.register) as connection:
        connection.autocommit = True
        tables = [table.name for projection in PROJECTIONS for table in projection.tables]
        for name in (*tables, "events"):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))
