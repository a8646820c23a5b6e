"""The blind index: from a personal identity code to the client who has it, without holding any code.

A code's tag is its HMAC under a key of the register's own in the keyring: whoever has the database alone can neither
read a code nor try one out. A code is one client's in a register: it is taken in the transaction that records what
tells it (`append_identity` in the database), so that neither is there without the other. Never here: codes in
statements, logs or errors; events.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import sql

from domain.client.identity import normal_code
from domain.ledger.connections import Connections, as_role, is_passing
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.migrate import schema_of
from domain.ledger.submission import IdentityTag
from domain.refusal import IdentityRegistered

HOLDERS = 8
KeyOfTags = Callable[[], bytes]
Codes = Iterable[tuple[UUID, str]]


class BlindIndex:
    """One register's. Safe to share between threads. `key` gives the key of its tags, on the keyring's lease."""

    def __init__(self, dsn: str, register: str, key: KeyOfTags, *, patience_seconds: float) -> None:
        self._connections = Connections(as_role(dsn, "appender"), limit=HOLDERS)
        self._patience_seconds = patience_seconds
        self._key = key
        table = sql.Identifier(schema_of(register), "client_index")
        self._find = sql.SQL("SELECT client_id FROM {} WHERE tag = %b").format(table)
        self._take = sql.SQL("INSERT INTO {} (tag, client_id) VALUES (%b, %b) ON CONFLICT DO NOTHING").format(table)
        self._give_up = sql.SQL("DELETE FROM {} WHERE client_id = %b").format(table)
        self._empty = sql.SQL("DELETE FROM {}").format(table)

    def find(self, code: str) -> UUID | None:
        """The client who has the code, in whatever way it is written. Raises LedgerUnavailable."""
        with self._connection() as connection:
            row = connection.execute(self._find, (self._tag(code),)).fetchone()
        return row[0] if row else None

    def tag_of(self, client_id: UUID, code: str | None) -> IdentityTag:
        """What goes to be recorded when the client comes to have this code or, None, has none any more."""
        return IdentityTag(client_id, None if code is None else self._tag(code))

    def purge(self, client_id: UUID) -> None:
        """Let the client be found no more: what told the code was destroyed."""
        with self._connection() as connection:
            connection.execute(self._give_up, (client_id,))

    def made_anew(self, codes: Codes) -> int:
        """Put these in place of all there is; how many they are. Raises IdentityRegistered when two have one."""
        count = 0
        with self._connection() as connection, connection.transaction():
            connection.execute(self._empty)
            for client_id, code in codes:
                self._taken(connection, client_id, code)
                count += 1
        return count

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()

    def _taken(self, connection: psycopg.Connection, client_id: UUID, code: str) -> None:
        tag = self._tag(code)
        if connection.execute(self._take, (tag, client_id)).rowcount:
            return
        row = connection.execute(self._find, (tag,)).fetchone()
        if row and row[0] == client_id:
            return  # told meanwhile by the command that registered the client
        raise identity_registered(row[0] if row else None)

    def _tag(self, code: str) -> bytes:
        return hmac.digest(self._key(), normal_code(code).encode(), "sha256")

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        try:
            with self._connections.one(self._patience_seconds) as connection:
                yield connection
        except psycopg.Error as fault:
            if not is_passing(fault):
                raise
            raise LedgerUnavailable("the database cannot be reached") from fault


def identity_registered(client_id: UUID | None) -> IdentityRegistered:
    """The refusal of a code that another client has."""
    return IdentityRegistered(
        "A client of this register has that identity code already.",
        remedy="Go on with that client; correct the code if it is not theirs.",
        field="identity_code",
        client_id=str(client_id) if client_id else None,
    )
