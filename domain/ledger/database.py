"""One register's database: statements bound to its schema, run patiently, its errors told as the ledger's own.

Errors are recognised by SQLSTATE, never by a constraint's name. Never here: what the statements say.
"""

import json
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from domain.ledger.connections import Connections, patiently
from domain.ledger.errors import LedgerError, TrackingConflict, UnknownRegister, VersionConflict
from domain.ledger.migrate import schema_of

READERS = 8


class AlreadyRecorded(LedgerError):
    """One of the commands is in the register already; append() does not say which."""


class Database:
    """The schema of one register, under one DSN."""

    def __init__(self, dsn: str, register: str, *, patience_seconds: float) -> None:
        self.dsn = dsn
        self.register = register
        self.patience_seconds = patience_seconds
        self._schema = sql.Identifier(schema_of(register))
        self._connections = Connections(dsn, limit=READERS)

    def statement(self, text: LiteralString) -> bytes:
        """The statement with the register's schema put in for {schema}."""
        return sql.SQL(text).format(schema=self._schema).as_bytes(None)

    def rows(self, statement: bytes, *arguments: Any, connections: Connections | None = None) -> list[tuple[Any, ...]]:
        """Run it and fetch all, in binary; passing faults are tried again. Raises LedgerUnavailable and the others."""
        source = connections or self._connections

        def attempt() -> list[tuple[Any, ...]]:
            with source.one(self.patience_seconds) as connection:
                return connection.execute(statement, arguments, prepare=True, binary=True).fetchall()

        try:
            return patiently(attempt, self.patience_seconds)
        except psycopg.Error as fault:
            raise (self._told(fault) or fault) from fault

    def close(self) -> None:
        self._connections.close()

    def _told(self, fault: psycopg.Error) -> LedgerError | None:
        match fault.sqlstate:
            case "JK001":
                detail = json.loads(fault.diag.message_detail or "{}")
                return VersionConflict(UUID(detail["stream_id"]), detail["expected"], detail["current"])
            case "JK002":
                return AlreadyRecorded("a command is already recorded")
            case "JK004":
                return TrackingConflict("tracking moves forwards only")
            case "3F000" | "42P01":
                return UnknownRegister(self.register)
        return None
