"""What the register itself records about its log: keys that it adopted, and restores that somebody stated.

Read from records, so that an auditor who trusts an older key learns of the next from the history that it covers.
Never here: whether what is recorded is vouched for (chain.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic_core import from_json

from domain.calendar import day_in_helsinki
from domain.ledger.errors import MalformedRecord
from domain.ledger.identity import register_stream_id
from domain.ledger.proof.faults import MalformedKey, ProofFault
from domain.ledger.proof.findings import Refuted
from domain.ledger.proof.inspection import finding_at
from domain.ledger.proof.note import SignedNote, VerifierKey
from domain.ledger.proof.statement import Statement
from domain.ledger.record import unpack
from domain.ledger.submission import StoredRecord

ORIGIN_PREFIX = "jaksokirja/"
KEY_ADOPTED, RESTORED = "log_key_adopted", "log_restored"
OF_LOG = frozenset({KEY_ADOPTED, RESTORED})
CHECKPOINTS, RESTORES = "checkpoints", "restores"
"""What a key is adopted for."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A key that the register adopted, at a position, from a size on; the one before signs too to `overlap_to`."""

    position: int
    actor: str
    key: VerifierKey
    purpose: str
    from_size: int
    overlap_to: dt.date | None = None

    def __str__(self) -> str:
        overlap = f", beside the one before to {self.overlap_to}" if self.overlap_to else ""
        return f"{self.key} for {self.purpose}, from size {self.from_size}{overlap}"


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that the register recorded, at a position: what was stated, and the note that somebody signed."""

    position: int
    actor: str
    statement: Statement
    note: SignedNote


def fact_name(record: StoredRecord) -> str:
    """The fact's name without its version."""
    return record.name.rpartition(".")[0]


def plain_of(record: StoredRecord) -> dict[str, Any]:
    """The plain part of a record's state. Raises Refuted."""
    try:
        plain = from_json(record.state)["plain"]
    except (ValueError, KeyError, TypeError):
        plain = None
    if not isinstance(plain, dict):
        words = "the state is not one that the register writes."
        raise Refuted(finding_at(record.position, record, "malformed_state", words))
    return plain


def log_fact(origin: str, record: StoredRecord) -> Adoption | Restore | None:
    """What the record says of its log; None when it is of another stream, or says nothing that could be used."""
    if record.stream_id != register_stream_id(origin.removeprefix(ORIGIN_PREFIX)):
        return None
    try:
        told, actor = plain_of(record), _actor_of(record)
        if fact_name(record) == KEY_ADOPTED:
            return _adoption(record, actor, told)
        return _restore(record, actor, origin, told) if fact_name(record) == RESTORED else None
    except (ProofFault, ValueError, KeyError, TypeError, AttributeError):
        return None  # no key, or no statement: it can vouch for nothing, and is an event like any other


def log_fact_in(origin: str, data: bytes) -> Adoption | Restore | None:
    """The same from a record's bytes, whatever they are."""
    try:
        told, record = unpack(data)
    except MalformedRecord:
        return None
    return log_fact(origin, record) if told == origin else None


def signing(adopted: Sequence[Adoption], size: int, moment: dt.datetime) -> list[VerifierKey]:
    """The keys that sign a checkpoint of that size at that moment: the one adopted last, and those still in overlap."""
    begun = [each for each in adopted if each.purpose == CHECKPOINTS and each.from_size <= size]
    day = day_in_helsinki(moment)
    standing = [older for older, newer in pairwise(begun) if newer.overlap_to is not None and newer.overlap_to >= day]
    return list(dict.fromkeys(each.key for each in (*standing, *begun[-1:])))


def key_of(vkey: str) -> VerifierKey | None:
    """A log's key; None when the text is none."""
    try:
        return VerifierKey.parse(vkey)
    except MalformedKey:
        return None


def _actor_of(record: StoredRecord) -> str:
    return str(from_json(record.state)["actor"])


def _adoption(record: StoredRecord, actor: str, told: dict[str, Any]) -> Adoption:
    overlap = told.get("overlap_to")
    key, day = VerifierKey.parse(told["verifier_key"]), dt.date.fromisoformat(overlap) if overlap else None
    return Adoption(record.position, actor, key, str(told["purpose"]), int(told["from_size"]), day)


def _restore(record: StoredRecord, actor: str, origin: str, told: dict[str, Any]) -> Restore | None:
    note = SignedNote.parse(told["statement"].encode())
    statement = Statement.parse(note.text)
    said = (told["sealed_size"], told["sealed_root"], told["restored_size"], told["restored_root"])
    sealed, restored = statement.sealed, statement.restored
    meant = (sealed.size, sealed.root_text, restored.size, restored.root_text)
    after = record.position > restored.size
    return Restore(record.position, actor, statement, note) if (said, statement.origin, after) == (
        meant, origin, True,
    ) else None  # fmt: skip
