"""Connections on which a register's projections are asked: a few, kept for the next to come.

Never here: what is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from domain.ledger.connections import as_role
from domain.ledger.errors import LedgerUnavailable
from projections.install import register_connection
from projections.queries import Reading

MOST_READERS = 8
T = TypeVar("T")


class Readers:
    """Asks the projections of one register. Safe to share between threads."""

    def __init__(self, dsn: str, register: str, *, patience_seconds: float) -> None:
        self._dsn = as_role(dsn, "reader")
        self._register = register
        self._patience_seconds = patience_seconds
        self._places = BoundedSemaphore(MOST_READERS)
        self._lock = Lock()
        self._idle: list[Connection[Any]] = []

    def read(self, question: Callable[[Reading], T]) -> T:
        """Ask it. A kept connection may have died since: then it is asked once more, on a new one.

        Raises LedgerUnavailable, and what the question raises.
        """
        if not self._places.acquire(timeout=self._patience_seconds):
            raise LedgerUnavailable("all connections to the projections are busy")
        try:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            if kept is not None:
                try:
                    return self._ask(kept, question)
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    self.close()
            return self._ask(register_connection(self._dsn, self._register, autocommit=True), question)
        except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
            raise LedgerUnavailable("the database cannot be reached") from fault
        finally:
            self._places.release()

    def close(self) -> None:
        """Close the connections that nobody uses just now."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _ask(self, connection: Connection[Any], question: Callable[[Reading], T]) -> T:
        try:
            return question(Reading(connection))
        finally:
            if connection.info.transaction_status == TransactionStatus.IDLE:  # also where the question was at fault
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()
