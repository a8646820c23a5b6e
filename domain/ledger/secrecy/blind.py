"""The blind index: from a personal identity code to the client who has it, without holding any code.

A code's tag is its HMAC under a key of the register's own in the keyring: whoever has the database alone can neither
read a code nor try one out. A code is one client's in a register: it is taken in the transaction that records what
tells it (`append_identity` in the database), so that neither is there without the other. Never here: codes in
statements, logs or errors; events.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
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


class BlindIndex:
    """One register's. Safe to share between threads. `key` gives the key of its tags, on the keyring's lease."""

    def __init__(self, dsn: str, register: str, key: KeyOfTags, *, patience_seconds: float) -> None:
        self._connections = Connections(as_role(dsn, "appender"), limit=HOLDERS)
        self._patience_seconds = patience_seconds
        self._key = key
        schema = schema_of(register)
        table = sql.Identifier(schema, "client_index")
        self._find = sql.SQL("SELECT client_id FROM {} WHERE tag = %b").format(table)
        self._take = sql.SQL("INSERT INTO {} (tag, client_id) VALUES (%b, %b) ON CONFLICT DO NOTHING").format(table)
        self._give_up = sql.SQL("DELETE FROM {} WHERE client_id = %b").format(table)
        self._give_up_others = sql.SQL("DELETE FROM {} WHERE client_id = %b AND tag IS DISTINCT FROM %b").format(table)
        self._alone = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table)
        self._all = sql.SQL("SELECT tag, client_id FROM {}").format(table)
        self._of = sql.SQL("SELECT tag FROM {} WHERE client_id = %b").format(table)
        self._version = sql.SQL("SELECT coalesce(max(version), 0) FROM {} WHERE stream_id = %b").format(
            sql.Identifier(schema, "events")
        )

    def find(self, code: str) -> UUID | None:
        """The client who has the code, in whatever way it is written. Raises LedgerUnavailable."""
        return self.holder(self._tag(code))

    def holder(self, tag: bytes) -> UUID | None:
        """The client to whom the tag leads. Raises LedgerUnavailable."""
        with self._connection() as connection:
            row = connection.execute(self._find, (tag,)).fetchone()
        return row[0] if row else None

    def tag_of(self, client_id: UUID, code: str | None) -> IdentityTag:
        """What goes to be recorded when the client comes to have this code or, None, has none any more."""
        return IdentityTag(client_id, None if code is None else self._tag(code))

    def purge(self, client_id: UUID) -> None:
        """Let the client be found no more: what told the code was destroyed."""
        with self._connection() as connection:
            connection.execute(self._give_up, (client_id,))

    def tags(self) -> dict[UUID, frozenset[bytes]]:
        """All there is: the tags that lead to each client."""
        found: dict[UUID, set[bytes]] = {}
        with self._connection() as connection:
            for tag, client_id in connection.execute(self._all):
                found.setdefault(client_id, set()).add(bytes(tag))
        return {client_id: frozenset(tags) for client_id, tags in found.items()}

    def tags_of(self, client_id: UUID) -> frozenset[bytes]:
        """The tags that lead to the client."""
        with self._connection() as connection:
            return frozenset(bytes(tag) for (tag,) in connection.execute(self._of, (client_id,)))

    def put_right(self, client_id: UUID, tag: bytes | None, version: int) -> bool:
        """Let this tag alone lead to the client, or none; False, and nothing done, when the client has moved on since.

        `version`: of the client's last event, 0 when there is none. A tag that leads to another client stays theirs.
        What takes a code in the same instant is waited for: it would neither see what is put here nor be seen.
        """
        with self._connection() as connection, connection.transaction():
            connection.execute(self._alone)
            connection.execute(self._give_up_others, (client_id, tag))
            if tag is not None:
                connection.execute(self._take, (tag, client_id))
            row = connection.execute(self._version, (client_id,)).fetchone()
            stands = row == (version,)
            if not stands:
                raise psycopg.Rollback
        return stands

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()

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


def identity_registered(client_id: UUID) -> IdentityRegistered:
    """The refusal of a code that another client has."""
    return IdentityRegistered(
        "A client of this register has that identity code already.",
        remedy="Go on with that client; correct the code if it is not theirs.",
        field="identity_code",
        client_id=str(client_id),
    )
