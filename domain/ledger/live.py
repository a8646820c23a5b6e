"""A register read from its database, read-only, as a source for verification and for export.

Besides the records, the columns that repeat parts of them are compared: queries go by the columns. Never here: the
verification itself, files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from domain.ledger.connections import as_role
from domain.ledger.database import Database
from domain.ledger.mapper import entry_of
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.export import Manifest, write_export
from domain.ledger.proof.faults import MalformedKey
from domain.ledger.proof.findings import Finding, Refuted
from domain.ledger.proof.given import Progress
from domain.ledger.proof.inspection import named
from domain.ledger.proof.note import VerifierKey
from domain.ledger.proof.records import framed
from domain.ledger.record import FORMAT, unpack
from domain.ledger.recorder import PATIENCE_SECONDS
from domain.register.facts import LogKeyAdopted, LogKeyPurpose
from domain.registry import REGISTRY, UnknownFactName

BATCH = 1_000
NOTES = 200
"""So many checkpoints are read at a time: a working year has a million of them, and one has up to a million bytes."""
_ADOPTED = LogKeyAdopted.stored_name()


class _Statements:
    """What is asked of the register's schema."""

    def __init__(self, database: Database) -> None:
        statement = database.statement
        self.ends = statement(
            "SELECT (SELECT coalesce(max(e.position), 0) FROM {schema}.events e),"
            " (SELECT coalesce(max(c.size), 0) FROM {schema}.checkpoints c)"
        )
        self.batch = statement(
            "SELECT e.record, substring(e.record FOR octet_length(told.head)) = told.head"
            " FROM {schema}.events e CROSS JOIN LATERAL (SELECT %b::bytea"
            " || int8send(e.position) || int8send((extract(epoch FROM e.recorded_at) * 1000000)::int8)"
            " || uuid_send(e.stream_id) || int4send(e.version)"
            " || int2send(octet_length(e.name)::int2) || convert_to(e.name, 'UTF8') AS head) told"
            " WHERE e.position > %b AND e.position <= %b ORDER BY e.position, 2 DESC LIMIT %b"
        )
        self.notes = statement(
            "SELECT note, size, sealed_at::text, cosignatures FROM {schema}.checkpoints"
            " WHERE (size, sealed_at, cosignatures) > (%b::int8, %b::text::timestamptz, %b::int4) AND size <= %b"
            " ORDER BY size, sealed_at, cosignatures LIMIT %b"
        )
        self.adopted = statement(
            "SELECT record FROM {schema}.events WHERE name = %b AND position <= %b ORDER BY position"
        )
        self.surplus = statement(
            "SELECT count(*) - count(DISTINCT position) FILTER (WHERE position > 0), min(position)"
            " FROM {schema}.events WHERE position <= %b"
        )
        self.commands = statement(
            "SELECT min(told.due) FROM (SELECT c.first_position, c.count, c.recorded_at,"
            " coalesce(lag(c.first_position + c.count) OVER (ORDER BY c.first_position, c.command_id), 1) AS due"
            " FROM {schema}.commands c WHERE c.first_position <= %b) told"
            " LEFT JOIN {schema}.events f ON f.position = told.first_position"
            " LEFT JOIN {schema}.events l ON l.position = told.first_position + told.count - 1"
            " WHERE told.first_position <> told.due OR told.recorded_at IS DISTINCT FROM f.recorded_at"
            " OR told.recorded_at IS DISTINCT FROM l.recorded_at"
        )
        self.commands_end = statement(
            "SELECT coalesce(max(first_position + count), 1) FROM {schema}.commands WHERE first_position <= %b"
        )


class LiveRegister:
    """A register as it stands when this is made, or up to a position. Close it, or use it in a `with`.

    Its keys are those that its own stream says were adopted; whoever verifies should bring his own.
    """

    def __init__(self, dsn: str, register: str, *, to_position: int | None = None) -> None:
        """Raises UnknownRegister, HeadAstray, LedgerUnavailable."""
        self.told = f"register {register}"
        self._database = Database(as_role(dsn, "reader"), register, patience_seconds=PATIENCE_SECONDS)
        self._statements = _Statements(self._database)
        try:
            self._read_head(to_position)
        except BaseException:
            self.close()
            raise

    def _read_head(self, to_position: int | None) -> None:
        self.origin = self._database.origin()
        ((head, sealed),) = self._database.rows(self._statements.ends)
        self.size = head if to_position is None else min(head, to_position)
        self._sealed = max(head, sealed) if to_position is None else self.size
        """Of a whole register every checkpoint counts, also one of more events than are there."""
        origin_bytes = self.origin.encode()
        self._prefix = bytes([FORMAT]) + len(origin_bytes).to_bytes(2) + origin_bytes
        self.keys = self._log_keys()
        self.names = frozenset([*REGISTRY.facts, *REGISTRY.upcasters])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()

    def block(self, position: int) -> bytes | None:
        """Frames of the records right after the position; None at the end.

        Raises Refuted when the columns of the first of them tell otherwise, or at the end when rows are too many.
        """
        if position >= self.size:
            self._check_rows()
            return None
        frames: list[bytes] = []
        for record, agrees in self._database.rows(self._statements.batch, self._prefix, position, self.size, BATCH):
            if not agrees and frames:
                break  # those before it are looked at first
            if not agrees:
                words = "the columns beside the record do not say what the record says."
                raise Refuted(named(record, position + 1, "columns_differ", words))
            frames.append(framed(record))
        return b"".join(frames) or None

    def checkpoints(self) -> Iterator[bytes]:
        """The checkpoints that the sealer signed, by size; so many at a time are in memory, however many there are."""
        after: tuple[Any, ...] = (0, "-infinity", 0)
        while rows := self._database.rows(self._statements.notes, *after, self._sealed, NOTES):
            yield from (row[0] for row in rows)
            after = rows[-1][1:]

    def records(self) -> Iterator[bytes]:
        """The stored bytes of all events, in order, whatever they are."""
        position = 0
        while position < self.size:
            rows = self._database.rows(self._statements.batch, self._prefix, position, self.size, BATCH)
            if not rows:
                return
            yield from (record for record, _ in rows)
            position += len(rows)

    def _log_keys(self) -> tuple[VerifierKey, ...]:
        """The keys that the register's own stream says may sign checkpoints, the first to come first."""
        rows = self._database.rows(self._statements.adopted, _ADOPTED, self.size)
        return tuple(key for (record,) in rows if (key := _log_key(record)) is not None)

    def _check_rows(self) -> None:
        ((surplus, lowest),) = self._database.rows(self._statements.surplus, self.size)
        if surplus:
            where = f"the first at position {lowest}" if lowest < 1 else "under positions that others have"
            words = f"{surplus} rows stand beside those of positions 1 to {self.size}: {where}."
            raise Refuted(Finding("surplus", words))
        self._check_commands()

    def _check_commands(self) -> None:
        """That the commands' rows tell of every event once, in order, and when it was recorded."""
        ((at,),) = self._database.rows(self._statements.commands, self.size)
        ((end,),) = self._database.rows(self._statements.commands_end, self.size)
        if at is None and end <= self.size:
            at = end
        if at is not None:
            words = "the commands' rows do not tell rightly which command recorded this event, or when."
            raise Refuted(Finding("commands_differ", words, at, at))


def _log_key(record: bytes) -> VerifierKey | None:
    """The key for checkpoints that a record adopts; None for another purpose, and where no key can be read from it.

    What was spoilt there is for the verification to find: reading on is how it comes to it.
    """
    try:
        fact = entry_of(unpack(record)[1]).fact
        if isinstance(fact, LogKeyAdopted) and fact.purpose is LogKeyPurpose.CHECKPOINTS:
            return verifier_key(fact.verifier_key)
    except (ValueError, KeyError, TypeError, UnknownFactName, MalformedKey):
        return None
    return None


def export_register(
    dsn: str,
    register: str,
    path: Path,
    *,
    to_position: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Manifest:
    """Write a register's records, checkpoints and keys into a new folder, or a new zip when the name ends in .zip.

    Nothing is verified by it. Raises UnknownRegister, LedgerUnavailable, FileExistsError, MalformedExport.
    """
    with LiveRegister(dsn, register, to_position=to_position) as live:
        manifest = Manifest(live.origin, live.size, live.keys, live.names)

        def told() -> Iterator[bytes]:
            for done, record in enumerate(live.records(), 1):
                yield record
                if done % BATCH == 0:
                    progress(done, live.size)

        write_export(path, manifest, told(), live.checkpoints())
    return manifest
