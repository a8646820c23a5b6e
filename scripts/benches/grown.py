"""Registers of two sizes with all their projections, for benches that only read; kept in a folder, if one is named.

The events are appended, the projections' rows are folded and loaded as a rebuild does it. Never here: measuring.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from psycopg import sql

from domain.ledger.connections import as_role
from domain.ledger.migrate import create_register, registers
from domain.ledger.recorder import RegisterRecorder
from projections import store
from projections.catalogue import PROJECTIONS
from projections.install import add_primary_keys, drop_primary_keys, install, owner_connection, register_connection
from projections.loading import load
from scripts.benches.unfolding import write_unfolding
from scripts.postgres import running


@contextlib.contextmanager
def grown(sizes: Sequence[int], keep: Path | None = None) -> Iterator[tuple[str, list[str]]]:
    """The DSN of a server and a register of each size, made if need be. `keep`: where they stay for the next time."""
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        dsn = stack.enter_context(running(folder))
        yield dsn, [_register(dsn, events) for events in sizes]


def _register(dsn: str, events: int) -> str:
    register = f"grown-{events}"
    if register not in registers(dsn):
        create_register(dsn, register)
    install(dsn, register)
    with owner_connection(dsn, register) as connection:
        checkpoint = min(found.position for found in store.checkpoints(connection).values())
    if checkpoint == 0:
        _fill(dsn, register, events)
    elif checkpoint != events:
        raise RuntimeError(f"{register} stands at {checkpoint}: it was left half made; drop it")
    return register


def _fill(dsn: str, register: str, events: int) -> None:
    recorder = RegisterRecorder(dsn, register)
    try:
        if recorder.head()[0] == 0:
            write_unfolding(recorder, events)
    finally:
        recorder.close()
    with owner_connection(dsn, register) as connection:
        for projection in PROJECTIONS:
            drop_primary_keys(connection, projection, "")
    load(dsn, register, PROJECTIONS, "", events)
    with owner_connection(dsn, register) as connection:
        for projection in PROJECTIONS:
            add_primary_keys(connection, projection, "")
    with register_connection(as_role(dsn, "projector"), register) as connection:
        store.move_checkpoints(connection, [projection.name for projection in PROJECTIONS], events)
    with owner_connection(dsn, register) as connection:
        connection.autocommit = True
        tables = [table.name for projection in PROJECTIONS for table in projection.tables]
        for name in (*tables, "events"):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))
