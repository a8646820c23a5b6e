"""How it is: whether the database answers, how far each projection is, how far is sealed, and what has stopped.

Never here: anything that a stranger may not know; health is open to all.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg

from api.companion import Companion
from api.registers import Registers
from api.sealing import sealing_health
from domain.ledger.connections import has_no_place
from domain.ledger.errors import LedgerError, LedgerUnavailable
from domain.ledger.sealing.working import Workshop
from projections.queries import Reading
from projections.store import RUNNING, Checkpoint, ProjectionsAstray, checkpoints

UNSEALED_SECONDS, UNSEALED_TURNS = 120.0, 3
"""An event may wait to be sealed so long, or for so many of the sealer's turns if these are long."""
BEHIND_SECONDS = 30.0
"""An event that no projection has shown for so long says that nobody follows, whatever the checkpoints say."""
AHEAD_SECONDS = 30.0
"""A last event that is dated so far ahead of the database's clock says that the clock was wrong, or is."""


def health(registers: Registers, companions: Sequence[Companion] = ()) -> tuple[dict[str, Any], bool]:
    """What there is to tell, and whether the service can be used at all; of each companion under its name."""
    standing = {one.name: one.health() for one in companions}
    try:
        told = [_told(registers, name) for name in registers.names()]
    except (LedgerUnavailable, psycopg.OperationalError) as fault:
        why = "too_many_connections" if has_no_place(fault) else "unreachable"
        return {"status": "down", "database": why, **standing, "registers": []}, False
    well = all(one["status"] == "up" for one in (*told, *standing.values()))
    return {"status": "up" if well else "degraded", "database": "reachable", **standing, "registers": told}, True


def _told(registers: Registers, name: str) -> dict[str, Any]:
    """One register's health; of one that cannot be opened, that it is down. Raises LedgerUnavailable."""
    try:
        return register_health(registers, name)
    except LedgerUnavailable:
        raise
    except LedgerError:
        return {
            "register": name,
            "status": "down",
            "head": None,
            "ahead_seconds": None,
            "projections": [],
            "sealing": None,
        }


def register_health(registers: Registers, name: str) -> dict[str, Any]:
    """One register's projections and its sealing: how far they are, and where one has stopped or falls behind."""
    head, _ = registers.book(name).ledger.head()
    found, behind_seconds, astray = dict[str, Checkpoint](), 0.0, frozenset[str]()
    with suppress(psycopg.errors.UndefinedTable):  # not installed yet
        found = registers.read(name, lambda reading: checkpoints(reading.connection))
        behind_seconds, astray = registers.read(name, _behind)
    projections = [
        {
            "projection": one.projection,
            "position": one.position,
            "lag_events": max(head - one.position, 0),
            "status": "astray" if one.projection in astray else one.status,
            "stopped_at": one.error_position,
        }
        for one in sorted(found.values(), key=lambda one: one.projection)
    ]
    ahead_seconds = registers.read(name, _ahead)
    sealing = _sealing(registers, registers.workshop, name, head) if registers.workshop else None
    unsealed = sealing is not None and sealing["status"] in {"refused", "behind"}
    running = bool(projections) and all(one["status"] == RUNNING for one in projections)
    well = running and behind_seconds < BEHIND_SECONDS and ahead_seconds < AHEAD_SECONDS and not unsealed
    told = {"register": name, "status": "up" if well else "degraded", "head": head, "ahead_seconds": ahead_seconds}
    return {**told, "projections": projections, "sealing": sealing}


def _sealing(registers: Registers, workshop: Workshop, name: str, head: int) -> dict[str, Any]:
    """How the register's sealing is; `behind` where events wait for it, though the sealer says nothing."""
    told = sealing_health(workshop, name, head)
    allowed = timedelta(seconds=max(UNSEALED_SECONDS, UNSEALED_TURNS * workshop.interval_seconds))
    if told["status"] != "refused" and registers.read(name, partial(_waits_to_be_sealed, told["size"], allowed)):
        told["status"] = "behind"
    return told


def _waits_to_be_sealed(size: int, allowed: timedelta, reading: Reading) -> bool:
    """Whether the first event that is not sealed waits for longer than is allowed."""
    query = "SELECT clock_timestamp() - recorded_at > %s FROM events WHERE position = %s"
    row = reading.connection.execute(query, (allowed, size + 1)).fetchone()
    return bool(row and row[0])


def _ahead(reading: Reading) -> float:
    """By how many seconds the last event is dated ahead of the database's clock: the next ones are dated no earlier."""
    query = (
        "SELECT extract(epoch FROM recorded_at - clock_timestamp())::float8 FROM events ORDER BY position DESC LIMIT 1"
    )
    row = reading.connection.execute(query).fetchone()
    return round(max(row[0] if row else 0.0, 0.0), 1)


def _behind(reading: Reading) -> tuple[float, frozenset[str]]:
    """How long the first event that some projection has not taken in has been recorded; and which show lost ones."""
    try:
        return reading.reflected().lag_seconds, frozenset()
    except ProjectionsAstray as fault:
        return 0.0, frozenset(fault.projections)
