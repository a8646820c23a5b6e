"""One register's database: statements bound to its schema, run patiently, its errors told as the ledger's own.

Errors are recognised by SQLSTATE, never by a constraint's name. Never here: what the statements say.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar, TypeVarTuple
from uuid import UUID

import psycopg
from psycopg import pq, sql
from psycopg.errors import error_from_result

from domain.ledger.connections import Connections
from domain.ledger.errors import (
    HeadAstray,
    IdentityTaken,
    LedgerError,
    RegisterNotMigrated,
    TrackingConflict,
    UnknownRegister,
    VersionConflict,
)
from domain.ledger.migrate import schema_of

READERS = 8
_BINARY = 1
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class AlreadyRecorded(LedgerError):
    """One of the commands is in the register already; append() does not say which."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that a connection keeps ready; its arguments and its answer are binary, packed by the caller."""

    name: bytes
    text: bytes
    oids: tuple[int, ...]

    def make_ready(self, connection: psycopg.Connection) -> None:
        """Let the connection know it. Raises psycopg.Error."""
        checked(connection, connection.pgconn.prepare(self.name, self.text, self.oids))

    def one_value(self, connection: psycopg.Connection, arguments: Sequence[bytes | None]) -> bytes:
        """Run it, and the one value that it answers, which is not null. Raises psycopg.Error."""
        given: Any = arguments  # psycopg takes None for NULL here, though its type does not say so
        sent = connection.pgconn.exec_prepared(self.name, given, [_BINARY] * len(arguments), _BINARY)
        value = checked(connection, sent).get_value(0, 0)
        assert value is not None  # noqa: S101 -- as whoever prepared it says
        return value

    def first_column(self, connection: psycopg.Connection, arguments: Sequence[bytes]) -> list[bytes]:
        """Run it, and the first column of all its rows, none of which is null. Raises psycopg.Error."""
        sent = connection.pgconn.exec_prepared(self.name, arguments, [_BINARY] * len(arguments), _BINARY)
        value_of: Callable[[int, int], Any] = checked(connection, sent).get_value
        return [value_of(row, 0) for row in range(sent.ntuples)]


class Database:
    """The schema of one register, under one DSN."""

    def __init__(self, dsn: str, register: str, *, patience_seconds: float) -> None:
        self.dsn = dsn
        self.register = register
        self.patience_seconds = patience_seconds
        self._schema = sql.Identifier(schema_of(register))
        self._prepared: list[Prepared] = []
        self._connections = Connections(dsn, limit=READERS, made_ready=self._make_ready)

    def statement(self, text: LiteralString) -> bytes:
        """The statement with the register's schema put in for {schema}."""
        return sql.SQL(text).format(schema=self._schema).as_bytes(None)

    def prepared(self, name: bytes, text: LiteralString, oids: tuple[int, ...]) -> Prepared:
        """The statement, which every connection opened from now on keeps ready under that name."""
        made = Prepared(name, self.statement(text), oids)
        self._prepared.append(made)
        return made

    def first_column(self, prepared: Prepared, arguments: Sequence[bytes]) -> list[bytes]:
        """Run it and fetch the first column of all rows; otherwise as rows()."""
        return self.patiently(self._connections, prepared.first_column, arguments)

    def _make_ready(self, connection: psycopg.Connection) -> None:
        for prepared in self._prepared:
            prepared.make_ready(connection)

    def rows(self, statement: bytes, *arguments: Any) -> list[tuple[Any, ...]]:
        """Run it and fetch all, in binary; passing faults are tried again. Raises LedgerUnavailable and the others."""
        return self.patiently(
            self._connections,
            lambda connection: connection.execute(statement, arguments, prepare=True, binary=True).fetchall(),
        )

    def patiently(self, connections: Connections, work: Callable[[psycopg.Connection, *Ts], T], *given: *Ts) -> T:
        """Do the work on one of the connections; passing faults are tried again. Raises as rows() does."""
        try:
            return connections.patiently(self.patience_seconds, work, *given)
        except psycopg.Error as fault:
            raise (self._told(fault) or fault) from fault

    def origin(self) -> str:
        """The name of the register's log, which stands in every record. Raises HeadAstray, UnknownRegister."""
        rows = self.rows(self.statement("SELECT register, origin FROM {schema}.head"))
        if [register for register, _ in rows] != [self.register]:
            raise HeadAstray(self.register)
        return str(rows[0][1])

    def close(self) -> None:
        self._connections.close()

    def _told(self, fault: psycopg.Error) -> LedgerError | None:
        match fault.sqlstate:
            case "JK001":
                detail = json.loads(fault.diag.message_detail or "{}")
                return VersionConflict(UUID(detail["stream_id"]), detail["expected"], detail["current"])
            case "23505":  # a command's id: positions and versions are taken while the head row is held
                return AlreadyRecorded("a command is already recorded")
            case "JK004":
                return TrackingConflict("tracking moves forwards only")
            case "JK006":
                return IdentityTaken(UUID(json.loads(fault.diag.message_detail or "{}")["client_id"]))
            case "P0002" | "P0003":  # append() takes the head row strictly: none, or more than one
                return HeadAstray(self.register)
            case "3F000" | "42P01":
                return UnknownRegister(self.register)
            case "42883" | "42703":  # the schema is there, but not the function, or not with those arguments; a column
                return RegisterNotMigrated(self.register)
        return None


def checked(connection: psycopg.Connection, result: pq.abc.PGresult) -> pq.abc.PGresult:
    """The result, unless it tells of a fault. Raises psycopg.Error, OperationalError when the connection is gone.

    A fault without SQLSTATE is not the server's but of the way there: the connection is closed, whatever its status is.
    """
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return result
    if not result.error_field(pq.DiagnosticField.SQLSTATE):
        told = connection.pgconn.get_error_message()
        connection.close()
        raise psycopg.OperationalError(told)
    raise error_from_result(result)
