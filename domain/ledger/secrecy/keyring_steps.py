"""What is done to keys in steps, each one transaction of the keyring: the connection, and how a step is tried again.

Never here: what the steps are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg

from domain.ledger.connections import Connections, with_settings
from domain.ledger.secrecy.keyring import NOT_MIGRATED, KeyringNotMigrated

T = TypeVar("T")


class KeyringSteps:
    """Steps on the keys of one register, as their keeper. Safe to share between threads."""

    def __init__(self, dsn: str, register: str, *, patience_seconds: float = 5.0) -> None:
        self._register = register
        self._patience_seconds = patience_seconds
        self._connections = Connections(with_settings(dsn, role="jaksokirja_keykeeper", search_path="keyring"), limit=1)

    def close(self) -> None:
        """Let go of the connection."""
        self._connections.close()

    def _in_transaction(self, work: Callable[[psycopg.Connection], T]) -> T:
        def attempt(connection: psycopg.Connection) -> T:
            with connection.transaction():
                return work(connection)

        return self._patiently(attempt)

    def _patiently(self, work: Callable[[psycopg.Connection], T]) -> T:
        try:
            return self._connections.patiently(self._patience_seconds, work)
        except NOT_MIGRATED:
            raise KeyringNotMigrated from None
