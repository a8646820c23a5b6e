"""The database as the sealer sees it: records to hash, checkpoints to add, one connection in the sealer's role.

Never here: what is right and what is not. Faults of the connection are psycopg's own; the caller connects again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, LiteralString, Self, cast

import psycopg
from psycopg import sql

from domain.fact import Fact
from domain.ledger.connections import as_role
from domain.ledger.errors import HeadAstray, UnknownRegister
from domain.ledger.identity import register_stream_id
from domain.ledger.mapper import entry_of
from domain.ledger.migrate import schema_of
from domain.ledger.record import unpack
from domain.ledger.sealing.refusals import AlienRecord, NotMigrated, SealerBusy
from domain.register.facts import LogKeyAdopted, LogRestored
from domain.registry import UnknownFactName

CHUNK_RECORDS = 2000
Row = tuple[int, bytes]
"""A position and the stored bytes there."""


@dataclass(frozen=True, slots=True)
class Point:
    """How far the book goes, at a moment of the database's clock that no append under way can precede."""

    size: int
    recorded_at: dt.datetime | None
    moment: dt.datetime


class LogStore:
    """One register's log in the database. Not to be shared between threads."""

    def __init__(self, dsn: str, register: str) -> None:
        """Raises psycopg.OperationalError, UnknownRegister, HeadAstray."""
        self.register = register
        self._schema = sql.Identifier(schema_of(register))
        self._connection = psycopg.connect(as_role(dsn, "sealer"), autocommit=True)
        found = self._rows("SELECT register, origin FROM {schema}.head")
        if [name for name, _ in found] != [register]:
            self.close()
            raise HeadAstray(register)
        self.origin: str = found[0][1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock and the connection, at once: a closed one's lock stays until the server notices."""
        with suppress(psycopg.Error):  # a connection that broke has lost its lock as well
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    def hold(self) -> None:
        """Be the only sealer of this register in the database, until closed. Raises SealerBusy."""
        key = int.from_bytes(hashlib.sha256(f"sealer {self.register}".encode()).digest()[:8], signed=True)
        if not self._rows("SELECT pg_try_advisory_lock(%s)", key)[0][0]:
            raise SealerBusy(f"Another sealer is at work on {self.register}.")

    def point(self) -> Point:
        """How far the book goes now."""
        size, recorded_at, moment = self._rows("SELECT size, recorded_at, moment FROM {schema}.sealing_point()")[0]
        return Point(size, recorded_at, moment)

    def position_at(self, moment: dt.datetime) -> int:
        """The greatest position recorded at or before the moment."""
        return int(self._rows("SELECT {schema}.position_at(%s)", moment)[0][0])

    def records(self, after: int, upto: int) -> Iterator[list[Row]]:
        """The records with after < position <= upto, in order, some thousands at a time; missing ones are missing."""
        for start in range(after, upto, CHUNK_RECORDS):  # bounded by position: no plan then reads more than the chunk
            rows = self._rows(
                "SELECT position, record FROM {schema}.events WHERE position > %s AND position <= %s ORDER BY position",
                start,
                min(start + CHUNK_RECORDS, upto),
            )
            if rows:
                yield cast("list[Row]", rows)

    def register_facts(self, upto: int) -> list[Fact]:
        """What the register has recorded about its log up to a position: keys adopted, restores. In order.

        Raises AlienRecord on what nobody can have recorded so.
        """
        rows = self._rows(
            "SELECT record FROM {schema}.events WHERE stream_id = %s AND name = ANY(%s) AND position <= %s"
            " ORDER BY version",
            register_stream_id(self.register),
            [LogKeyAdopted.stored_name(), LogRestored.stored_name()],
            upto,
        )
        try:
            return [entry_of(unpack(record)[1]).fact for (record,) in rows]
        except (ValueError, KeyError, TypeError, UnknownFactName) as fault:
            raise AlienRecord(f"A record about the log's keys cannot be read ({type(fault).__name__}).") from None

    def adopted_keys(self, upto: int) -> list[LogKeyAdopted]:
        """The keys adopted up to a position, in order."""
        return [fact for fact in self.register_facts(upto) if isinstance(fact, LogKeyAdopted)]

    def last_note(self, *, upto: int | None = None) -> bytes | None:
        """The checkpoint that was sealed last, of at most that size; None when there is none."""
        rows = self._rows(
            "SELECT note FROM {schema}.checkpoints WHERE %s::bigint IS NULL OR size <= %s::bigint"
            " ORDER BY sealed_at DESC, size DESC, cosignatures DESC LIMIT 1",
            upto,
            upto,
        )
        return bytes(rows[0][0]) if rows else None

    def add_note(self, size: int, sealed_at: dt.datetime, cosignatures: int, note: bytes) -> None:
        """Add a checkpoint; one that stands there already is left as it is."""
        self._run(
            "INSERT INTO {schema}.checkpoints (size, sealed_at, cosignatures, note) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (size, sealed_at, cosignatures, note),
        )

    def _rows(self, statement: LiteralString, *arguments: Any) -> list[tuple[Any, ...]]:
        return self._run(statement, arguments).fetchall()

    def _run(self, statement: LiteralString, arguments: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
        try:
            bound = sql.SQL(statement).format(schema=self._schema)
            return self._connection.execute(bound, arguments or None, binary=True)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as fault:
            if "head" in statement:
                raise UnknownRegister(self.register) from fault
            raise NotMigrated(f"{self.register} has no place for checkpoints yet.") from fault
        except psycopg.errors.InvalidSchemaName as fault:
            raise UnknownRegister(self.register) from fault
