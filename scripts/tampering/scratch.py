"""A register made to be tampered with: opened, filled and sealed as any other, and put back after every trial.

Beside it stands what an auditor took home: a checkpoint, the log's key, tiles. What is done here to a register is done
as a superuser, whom nothing stops: the constraints of `events` are dropped at once. Never give it a register that
anybody needs. Never here: the ways of tampering, verification.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from domain.catalogue.loader import load_catalogue
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.live import LiveRegister
from domain.ledger.migrate import schema_of
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.tiles import TileReader, TileWriter
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.proof.verify import verify
from domain.ledger.record import pack, unpack
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.working import Workshop
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.ledger.secrecy.opening import KeyringPlace
from domain.ledger.submission import Draft, StoredRecord, Submission
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.facts import LogKeyPurpose
from scripts.benches.histories import drafts
from scripts.commandline.keymaking import adopt_new_key

SERVICE = "K2"
EVENTS = 160
SEALINGS = 4
TOGETHER = 3
"""So many events a submission: those were recorded at one moment."""
TAIL_EVENTS = 9
"""So many came after the last checkpoint."""
TABLES = ("events", "commands", "checkpoints", "head")

Row = tuple[int, str, int, str, dt.datetime, bytes]
"""A row of events: position, stream, version, name, recorded_at, record."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the auditor keeps elsewhere."""

    key: Trust
    checkpoint: Trust
    tiles: Trust


class Scratch:
    """The register as it was sealed: `records` are its stored bytes, the first `sealed` of them under a checkpoint."""

    def __init__(self, dsn: str, register: str, folder: Path, signer: SignerKey) -> None:
        self.dsn, self.register, self.folder, self.signer = dsn, register, folder, signer
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._connection.execute(sql.SQL("SET search_path TO {}, pg_temp").format(sql.Identifier(schema_of(register))))
        self._lay_by()
        self.rows = self.rows_now()
        self.records = [row[5] for row in self.rows]
        self.origin = unpack(self.records[0])[0]
        notes = self.ask("SELECT size, sealed_at, note FROM checkpoints ORDER BY size")
        self.checkpoints: list[tuple[int, dt.datetime, bytes]] = [(size, at, bytes(note)) for size, at, note in notes]
        self.sealed = self.checkpoints[-1][0]
        self.held = self._taken_home()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def ask(self, statement: LiteralString, *arguments: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement answers, asked as a superuser."""
        return self._connection.execute(statement, arguments or None, binary=True).fetchall()

    def do(self, statement: LiteralString, *arguments: Any) -> None:
        """Carry out a statement as a superuser."""
        self._connection.execute(statement, arguments or None)

    def rows_now(self) -> list[Row]:
        """The rows of events as they stand, by position."""
        found = self.ask(
            "SELECT position, stream_id, version, name, recorded_at, record FROM events ORDER BY position, record"
        )
        return [(row[0], str(row[1]), row[2], row[3], row[4], bytes(row[5])) for row in found]

    def put_back(self) -> None:
        """Have everything as it was sealed."""
        self.do("TRUNCATE events, commands, checkpoints, head")
        for table in TABLES:
            self._connection.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM {}").format(sql.Identifier(table), sql.Identifier(f"was_{table}"))
            )

    def stored(self) -> list[StoredRecord]:
        """The events as they were sealed, decoded."""
        return [unpack(record)[1] for record in self.records]

    def packed(self, record: StoredRecord) -> bytes:
        """The bytes of an event of this register."""
        return pack(self.origin, record)

    def rewrite(self, position: int, record: bytes) -> None:
        """Replace the bytes of one event, and nothing beside them."""
        self.do("UPDATE events SET record = %s WHERE position = %s", record, position)

    def rewrite_well(self, record: StoredRecord) -> None:
        """Replace one event, with the columns beside it."""
        self.do(
            "UPDATE events SET stream_id = %s, version = %s, name = %s, recorded_at = %s, record = %s"
            " WHERE position = %s",
            record.stream_id, record.version, record.name, record.recorded_at, self.packed(record), record.position,
        )  # fmt: skip

    def rewrite_all(self, records: Sequence[StoredRecord]) -> None:
        """Replace the whole book and the commands that tell of it: positions from 1 on, in the given order."""
        self.do("TRUNCATE events, commands")
        placed = [replace(record, position=position) for position, record in enumerate(records, 1)]
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s)",
                [(r.position, r.stream_id, r.version, r.name, r.recorded_at, self.packed(r)) for r in placed],
            )
            cursor.executemany(
                "INSERT INTO commands VALUES (%s, '', %s, %s, %s)",
                [(new_id(), each[0].position, len(each), each[0].recorded_at) for each in _together(placed)],
            )

    def append(self, count: int) -> None:
        """Record other events than those that were there, through the one door that all use."""
        with _recorder(self.dsn, self.register) as recorder:
            _write(recorder, list(drafts(count, seed=count + 77)))

    def seal_again(self, signer: SignerKey) -> None:
        """Make every checkpoint anew, over what had been recorded by its old time, and one at the end over all."""
        rows = self.rows_now()
        moments = {moment: _recorded_by(rows, moment) for _, moment, _ in self.checkpoints}
        moments[max(self.checkpoints[-1][1], rows[-1][4])] = len(rows)
        self.do("TRUNCATE checkpoints")
        for moment, size in moments.items():
            note = self.note([row[5] for row in rows[:size]], moment, signer)
            self.do("INSERT INTO checkpoints VALUES (%s, %s, 0, %s)", size, moment, note)

    def note(self, records: Sequence[bytes], moment: dt.datetime, signer: SignerKey | None = None) -> bytes:
        """A checkpoint over the records, signed: by the log's own key, unless another is given."""
        tree = CompactTree()
        tree.extend([leaf_hash(record) for record in records])
        checkpoint = Checkpoint.sealed(self.origin, tree.size, tree.root(), moment)
        return checkpoint.signed([signer or self.signer]).to_bytes()

    def _lay_by(self) -> None:
        self.do(
            "ALTER TABLE events DROP CONSTRAINT events_pkey, DROP CONSTRAINT events_stream_id_version_key,"
            " DROP CONSTRAINT events_position_check, DROP CONSTRAINT events_version_check"
        )
        self.do("CREATE INDEX ON events (position)")
        for table in TABLES:
            self._connection.execute(
                sql.SQL("CREATE TABLE {} AS TABLE {}").format(sql.Identifier(f"was_{table}"), sql.Identifier(table))
            )

    def _taken_home(self) -> Held:
        tiles, keys = self.folder / "tiles", [self.signer.verifier()]
        with LiveRegister(self.dsn, self.register, to_position=self.sealed) as live:
            report = verify(live, Trust(keys), Options(keep=TileWriter(tiles)))
        if not report.sound:
            raise RuntimeError(f"the scratch register is not sound to begin with: {report.finding}")
        notes = [self.checkpoints[-1][2]]
        return Held(Trust(keys), Trust(keys, notes), Trust(keys, notes, TileReader(tiles, self.sealed)))


@contextmanager
def scratch_register(dsn: str, register: str, folder: Path, *, events: int = EVENTS) -> Iterator[Scratch]:
    """Make one of so many events in a register that is empty. `dsn`: as a superuser; `folder`: for keys and tiles."""
    workshop = Workshop(state=folder / "sealer", keys=folder / "keys")
    _open(dsn, register, workshop)
    written = list(drafts(events + TAIL_EVENTS, seed=events))
    with _recorder(dsn, register) as recorder:
        for number in range(SEALINGS):
            _write(recorder, written[events * number // SEALINGS : events * (number + 1) // SEALINGS])
            with workshop.sealer(dsn, register) as sealer:
                sealer.seal()
        _write(recorder, written[events:])
    ((_, signer),) = keys_in(workshop.keys).items()
    scratch = Scratch(dsn, register, folder, signer)
    try:
        yield scratch
    finally:
        scratch.close()


def _open(dsn: str, register: str, workshop: Workshop) -> None:
    place = KeyringPlace(keyring_dsn(dsn), workshop.keys / "register.key")
    place.make()
    opening = OpenRegister(register_name=register, controller="Self-test", opened_on=dt.date(2020, 1, 1))
    models = [model for model in load_catalogue() if model.service == SERVICE]
    commands: list[AnyCommand] = [opening, *(PublishServiceModel(content=model) for model in models)]
    with Book(dsn, register, keyring=place.of(register)) as book:
        for command in commands:
            book.execute(Order(stream_id=book.register_id, command=command, command_id=new_id(), actor="self-test"))
    adopt_new_key(dsn, register, LogKeyPurpose.CHECKPOINTS, workshop.keys, keyring=place.of(register))


@contextmanager
def _recorder(dsn: str, register: str) -> Iterator[RegisterRecorder]:
    recorder = RegisterRecorder(dsn, register)
    try:
        yield recorder
    finally:
        recorder.close()


def _recorded_by(rows: Sequence[Row], moment: dt.datetime) -> int:
    """How many rows stand before the first that was recorded later."""
    return next((at for at, row in enumerate(rows) if row[4] > moment), len(rows))


def _write(recorder: RegisterRecorder, written: Sequence[Draft]) -> None:
    for at in range(0, len(written), TOGETHER):
        recorder.append(Submission(new_id(), b"", tuple(written[at : at + TOGETHER])))


def _together(records: Iterable[StoredRecord]) -> Iterator[list[StoredRecord]]:
    for _, each in groupby(records, key=lambda record: record.recorded_at):
        yield list(each)
