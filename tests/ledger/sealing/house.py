"""A register with a log key, its sealer's folder, and the ways in which somebody may spoil the database.

Never here: assertions about what the sealer should do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.tree import LeafHashes, leaf_hash, root_of
from domain.ledger.record import pack
from domain.ledger.sealing.keyfiles import Kind, file_name, new_key, write_key
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.sealer import Sealer
from domain.ledger.sealing.working import Workshop
from domain.ledger.submission import Draft, Submission
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.commands.open_register import OpenRegister
from domain.register.facts import LogKeyPurpose
from scripts.commandline.session import keyring_of


class House:
    """One register, and everything that its sealer needs."""

    def __init__(self, dsn: str, register: str, folder: Path) -> None:
        self.dsn, self.register = dsn, register
        self.workshop = Workshop(state=folder / "sealer", keys=folder / "keys")
        self.book = Book(dsn, register, keyring=keyring_of(dsn, register))
        self.origin = f"jaksokirja/{register}"
        self.order(OpenRegister(register_name=register, controller="County", opened_on=dt.date(2020, 1, 1)))

    @property
    def folder(self) -> Path:
        return self.workshop.folder(self.register)

    def order(self, command: AnyCommand) -> None:
        """Have the register itself told something."""
        self.book.execute(Order(stream_id=self.book.register_id, command=command, command_id=new_id(), actor="sealer"))

    def key(self, kind: Kind = "checkpoints", *, overlap_to: dt.date | None = None) -> SignerKey:
        """A new key, adopted from here on; that of checkpoints lies in the folder of keys."""
        key = new_key(kind, self.origin)
        if kind == "checkpoints":
            write_key(self.workshop.keys / file_name(kind, key), key)
        adoption = AdoptLogKey(
            verifier_key=str(key.verifier()),
            purpose=LogKeyPurpose(kind),
            from_size=self.size() + 1,
            overlap_to=overlap_to,
        )
        self.order(adoption)
        return key

    def write(self, count: int = 1) -> None:
        """Append events, each to a stream of its own."""
        for _ in range(count):
            state = b'{"n":"' + uuid4().hex.encode() + b'"}'
            self.book.ledger.append(Submission(uuid4(), b"", (Draft(uuid4(), 1, "meeting_held.1", state),)))

    def size(self) -> int:
        return self.book.ledger.head()[0]

    @contextmanager
    def sealer(self) -> Iterator[Sealer]:
        """The sealer as a new process would have it."""
        with self.workshop.sealer(self.dsn, self.register) as sealer:
            yield sealer

    def seal(self) -> Checkpoint | None:
        """One round of a sealer that starts and ends."""
        with self.sealer() as sealer:
            return sealer.seal()

    @contextmanager
    def store(self) -> Iterator[LogStore]:
        with LogStore(self.dsn, self.register) as store:
            yield store

    def notes(self) -> list[bytes]:
        """Every note in the database, in the order of sealing."""
        return [bytes(note) for (note,) in self.query("SELECT note FROM {s}.checkpoints ORDER BY sealed_at, size")]

    def true_root(self, size: int) -> bytes:
        """The root of the stored bytes, by the plain definition."""
        rows = self.query("SELECT record FROM {s}.events ORDER BY position")[:size]
        return root_of(LeafHashes([leaf_hash(bytes(record)) for (record,) in rows]), size)

    def query(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """Ask as a superuser."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(self._bound(statement), binary=True).fetchall()

    def spoil(self, statement: LiteralString) -> None:
        """Do as a superuser what nobody may do."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(self._bound(statement))

    def spoil_time(self, moment: dt.datetime) -> None:
        """Have the last record say that it was recorded at another moment, in its bytes and beside them."""
        record = self.book.ledger.read_feed(self.size() - 1, 1)[0]
        data = pack(self.origin, replace(record, recorded_at=moment))
        with psycopg.connect(self.dsn) as connection:
            statement = "UPDATE {s}.events SET record = %s, recorded_at = %s WHERE position = %s"
            connection.execute(self._bound(statement), (data, moment, record.position))

    def _bound(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(s=sql.Identifier(schema_of(self.register)))
