"""What proves one episode, read from its register: records verbatim, checkpoints, and the hashes between them.

Never here: what people read in a bundle, who may have one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self
from uuid import UUID

from pydantic_core import to_json

from domain.ledger.connections import as_role
from domain.ledger.database import Database
from domain.ledger.errors import LedgerError
from domain.ledger.identity import register_stream_id
from domain.ledger.proof.bundle import checkpoint_name, consistency_name, model_name, proof_name, record_name
from domain.ledger.proof.bundle_contents import (
    MODEL_PUBLISHED,
    OF_REGISTER,
    adopted_keys,
    models_named,
)
from domain.ledger.proof.bundle_lists import hashes_text
from domain.ledger.proof.bundle_nodes import CHUNK, WantedNodes
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.logfacts import OF_LOG, fact_name, plain_of
from domain.ledger.proof.note import SignedNote, VerifierKey
from domain.ledger.proof.tlog_proof import TlogProof
from domain.ledger.proof.tree import HASH_BYTES, Nodes, consistency_proof, inclusion_proof, root_of
from domain.ledger.record import prefix, unpack
from domain.ledger.recorder import PATIENCE_SECONDS
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY

_BATCH = 16 * CHUNK


class EvidenceRefused(LedgerError):
    """What there is in the register proves nothing, or not yet. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves an episode. `records` are in the order of positions; `files` those of the proof, by name."""

    origin: str
    size: int
    keys: tuple[VerifierKey, ...]
    records: tuple[StoredRecord, ...]
    files: dict[str, bytes]


class _Statements:
    """What is asked of the register's schema."""

    def __init__(self, database: Database) -> None:
        statement = database.statement
        self.stream = statement(
            "SELECT record FROM {schema}.events WHERE stream_id = %b AND position <= %b ORDER BY position"
        )
        self.of_names = statement(
            "SELECT record FROM {schema}.events WHERE stream_id = %b AND name = ANY(%b::text[]) AND position <= %b"
            " ORDER BY position"
        )
        self.sealed = statement("SELECT coalesce(max(size), 0) FROM {schema}.checkpoints")
        self.covering = statement(
            "SELECT DISTINCT (SELECT min(c.size) FROM {schema}.checkpoints c WHERE c.size >= p) AS size"
            " FROM unnest(%b::bigint[]) p"
            " UNION SELECT max(size) FROM {schema}.checkpoints"
            " UNION SELECT max(size) FROM {schema}.checkpoints WHERE cosignatures > 0"
        )
        self.notes = statement(
            "SELECT DISTINCT ON (size) size, note FROM {schema}.checkpoints WHERE size = ANY(%b::bigint[])"
            " ORDER BY size, cosignatures DESC, sealed_at DESC"
        )
        self.hashes = statement(
            "SELECT string_agg(sha256('\\x00'::bytea || e.record), ''::bytea ORDER BY e.position),"
            " bool_and((substring(e.record FROM told.place FOR 16) = ANY(told.streams))"
            "  = (uuid_send(e.stream_id) = ANY(told.streams)) AND (uuid_send(e.stream_id) <> ALL(told.streams)"
            "   OR position(uuid_send(e.stream_id) || int4send(e.version) || int2send(octet_length(e.name)::int2)"
            "    || convert_to(e.name, 'UTF8') IN e.record) = told.place))"
            " FROM {schema}.events e CROSS JOIN (SELECT %b::bytea[] AS streams, %b::int AS place) told"
            " WHERE e.position > %b AND e.position <= %b"
        )


class _Streams(NamedTuple):
    """The streams of a bundle, by the bytes of their ids, and the place of a stream's id in a record, from 1."""

    ids: list[bytes]
    place: int

    @classmethod
    def of(cls, origin: str, *streams: UUID) -> _Streams:
        """Of a log of that origin."""
        return cls([one.bytes for one in streams], len(prefix(origin)) + 2 * 8 + 1)


class Gathering:
    """Reads what proves episodes of one register, read-only. Close it, or use it in a `with`."""

    def __init__(self, dsn: str, register: str) -> None:
        """Raises UnknownRegister, LedgerUnavailable."""
        self._register = register
        self._database = Database(as_role(dsn, "reader"), register, patience_seconds=PATIENCE_SECONDS)
        self._statements = _Statements(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def of(self, episode: UUID, *, as_of: int, against: Sequence[int] = ()) -> Evidence:
        """What proves the episode as of that position, and that the log extends its first `against` events.

        Raises UnknownRegister, HeadAstray, LedgerUnavailable, and EvidenceRefused: `nothing_recorded`,
        `not_sealed_yet`, `against_ahead`, `log_differs`, `columns_differ`.
        """
        origin = self._database.origin()
        stored = self._records(episode, as_of)
        records = tuple(unpack(data)[1] for data in stored)
        notes = self._notes([record.position for record in records])
        size = max(notes)
        if ahead := [each for each in against if not 0 < each <= size]:
            raise EvidenceRefused("against_ahead", f"There is no log of {ahead[0]} events: it is sealed to {size}.")
        files = {record_name(one.position): data for one, data in zip(records, stored, strict=True)}
        files |= {checkpoint_name(each): note for each, note in notes.items()}
        streams = _Streams.of(origin, episode, register_stream_id(self._register))
        files |= self._proofs(records, notes, sorted({*notes, *against} - {size}), streams)
        files |= dict(_models(records))
        keys = tuple(map(verifier_key, adopted_keys(records)))
        return Evidence(origin=origin, size=size, keys=keys, records=records, files=files)

    def _records(self, episode: UUID, as_of: int) -> list[bytes]:
        own = [bytes(data) for (data,) in self._database.rows(self._statements.stream, episode, as_of)]
        if not own:
            raise EvidenceRefused("nothing_recorded", "Nothing of the episode was recorded up to then.")
        told = [unpack(data)[1] for data in own]
        named = {(service, version) for service, version, _ in models_named(told)}
        ((sealed,),) = self._database.rows(self._statements.sealed)
        of_register = (data for data in self._of_register(OF_REGISTER, as_of) if _wanted(unpack(data)[1], named))
        return sorted([*own, *of_register, *self._of_register(OF_LOG, sealed)], key=lambda one: unpack(one)[1].position)

    def _of_register(self, facts: Collection[str], upto: int) -> list[bytes]:
        """The records of those facts in the register's own stream, of whatever version."""
        names = [name for name in (*REGISTRY.facts, *REGISTRY.upcasters) if name.rpartition(".")[0] in facts]
        stream_id = register_stream_id(self._register)
        return [bytes(data) for (data,) in self._database.rows(self._statements.of_names, stream_id, names, upto)]

    def _notes(self, positions: list[int]) -> dict[int, bytes]:
        """The checkpoints, by size: the first that covers each position, the newest, the newest with a witness."""
        sizes = [size for (size,) in self._database.rows(self._statements.covering, positions) if size is not None]
        if not sizes or max(sizes) < max(positions):
            raise EvidenceRefused(
                "not_sealed_yet",
                f"Position {max(positions)} is covered by no checkpoint yet. The sealer signs one every few seconds;"
                " `jaksokirja seal --once` does it now, `jaksokirja seal --status` tells what stops it.",
            )
        return {size: bytes(note) for size, note in self._database.rows(self._statements.notes, sizes)}

    def _proofs(
        self, records: Sequence[StoredRecord], notes: dict[int, bytes], older: Sequence[int], streams: _Streams
    ) -> Iterator[tuple[str, bytes]]:
        newest = max(notes)
        places = [(one.position, min(size for size in notes if size >= one.position)) for one in records]
        wanted = WantedNodes()
        for position, size in places:
            wanted.inclusion(position - 1, size)
        for size in (*older, newest):
            wanted.consistency(size, newest)
        nodes = wanted.found_in(self._leaf_hashes(newest, streams))
        for size, note in notes.items():
            _check_root(nodes, size, note)
        for position, size in places:
            proof = TlogProof(position - 1, tuple(inclusion_proof(nodes, position - 1, size)), notes[size])
            yield proof_name(position), proof.to_bytes()
        for size in older:
            yield consistency_name(size, newest), hashes_text(consistency_proof(nodes, size, newest))

    def _leaf_hashes(self, size: int, streams: _Streams) -> Iterator[list[bytes]]:
        """The leaf hashes of the first `size` events, CHUNK at a time, hashed where the records are.

        Raises EvidenceRefused where columns, by which the streams were read, say otherwise than records.
        """
        for start in range(0, size, _BATCH):
            end = min(start + _BATCH, size)
            ((joined, agree),) = self._database.rows(self._statements.hashes, *streams, start, end)
            if len(joined or b"") != (end - start) * HASH_BYTES:
                raise _differs(end)
            if not agree:
                raise EvidenceRefused(
                    "columns_differ",
                    f"The columns beside the records up to position {end} do not say what the records say: entries of"
                    " the episode, or of what it stands on, would be left out. `jaksokirja verify --register` tells"
                    " more.",
                )
            hashes = [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
            yield from (hashes[at : at + CHUNK] for at in range(0, len(hashes), CHUNK))


def _wanted(record: StoredRecord, named: set[tuple[str, int]]) -> bool:
    """Of the published models only those that the episode names; of the other facts every one."""
    if fact_name(record) != MODEL_PUBLISHED:
        return True
    plain = plain_of(record)
    return (plain.get("service"), plain.get("model_version")) in named


def _models(records: Iterable[StoredRecord]) -> Iterator[tuple[str, bytes]]:
    for record in records:
        if fact_name(record) == MODEL_PUBLISHED:
            plain = plain_of(record)
            yield model_name(plain["service"], plain["model_version"]), to_json(plain["content"])


def _check_root(nodes: Nodes, size: int, note: bytes) -> None:
    """That the records are those that were sealed. Raises EvidenceRefused."""
    if Checkpoint.parse(SignedNote.parse(note).text).root != root_of(nodes, size):
        raise _differs(size)


def _differs(size: int) -> EvidenceRefused:
    return EvidenceRefused(
        "log_differs",
        f"The first {size} records are not those that were sealed: nothing can be proved by them."
        " `jaksokirja verify --register` tells more.",
    )
