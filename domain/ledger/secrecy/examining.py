"""Whether the keyring has just the keys that a register's entries ask for: every entry is looked at.

Whoever holds the keyring could take keys away, or put back what was destroyed, without a trace in the log. Never here:
what is sealed, what is done about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from uuid import UUID

from domain.ledger.book import Book
from domain.ledger.mapper import entry_of
from domain.ledger.secrecy.sealing import DataKey
from domain.ledger.secrecy.searching import Progress, segments_of
from domain.ledger.secrecy.wrapping import RegisterKeyFault
from domain.register.destruction import DESTRUCTIONS, Destruction
from domain.register.restriction import RESTRICTIONS
from domain.withheld import Withheld

BATCH_EVENTS = 5000
BATCH_KEYS = 500


class KeyFault(StrEnum):
    """What is wrong with a key. The words are stable codes."""

    MISSING = "key_missing"
    """Entries name it, and the keyring does not know it."""
    UNCERTIFIED = "destroyed_without_certificate"
    """It was destroyed, and no destruction that two persons agreed on took it."""
    FENCED = "fenced_without_request"
    """It is given to nobody, and no destruction is under way that would take it."""
    BACK = "certified_key_is_back"
    """A certificate says that it was destroyed or taken apart, and it is given out: the keyring is an older one."""
    CHANGED = "key_does_not_open"
    """The register key does not open it."""


@dataclass(frozen=True, slots=True)
class FaultyKey:
    """A key and what is wrong with it. `position`: of the first entry that names it; None: no entry does."""

    key_id: UUID
    fault: KeyFault
    position: int | None


def examined(book: Book, condemned: Collection[UUID], progress: Progress) -> tuple[int, list[FaultyKey]]:
    """How many keys the entries name, and those with which something is wrong, by the first entry that names them.

    `condemned`: the keys that destructions take which are under way. Raises KeyringMissing, LedgerUnavailable.
    """
    book.safe.keyring.forget()
    first = _first_named(book, progress)
    certificates = [one.certificate for one in destructions_of(book).values() if one.certificate]
    certified = {key_id for one in certificates for key_id in one.key_ids}
    apart = _taken_apart(book)
    faulty = []
    for key_id, state in _states(book, [*first, *sorted(certified - first.keys())]):
        whole = state is None and isinstance(book.safe.keyring.keys([key_id])[key_id], DataKey)
        gone = key_id in certified or (whole and key_id in apart)
        fault = _fault(state, certified=gone, condemned=key_id in condemned)
        if fault is not None:
            faulty.append(FaultyKey(key_id, fault, first.get(key_id)))
    return len(first), faulty


def destructions_of(book: Book) -> Mapping[UUID, Destruction]:
    """The register's destructions, read without any key: one that does not open must not keep the others from sight."""
    entries = [entry_of(record) for record in book.ledger.read_stream(book.register_id)]
    return DESTRUCTIONS.of(entries)


def _taken_apart(book: Book) -> set[UUID]:
    """The keys that certificates of restrictions name, read without any key."""
    entries = [entry_of(record) for record in book.ledger.read_stream(book.register_id)]
    certificates = [one.certificate for one in RESTRICTIONS.of(entries).values() if one.certificate]
    return {key_id for one in certificates for key_id in one.key_ids}


def _first_named(book: Book, progress: Progress) -> dict[UUID, int]:
    """Each key that segments name, by the position of the first."""
    first: dict[UUID, int] = {}
    head, position = book.ledger.head()[0], 0
    while position < head and (records := book.ledger.read_feed(position, BATCH_EVENTS)):
        for record in records:
            for segment in segments_of(record):
                first.setdefault(segment.key_id, record.position)
        position = records[-1].position
        progress(min(position, head), head)
    return first


def _states(book: Book, key_ids: Sequence[UUID]) -> Iterator[tuple[UUID, Withheld | KeyFault | None]]:
    """Why each key is not to be had; None: it is."""
    left = iter(key_ids)
    while batch := list(islice(left, BATCH_KEYS)):
        try:
            found = book.safe.keyring.keys(batch)
        except RegisterKeyFault:
            yield from ((key_id, _state(book, key_id)) for key_id in batch)
        else:
            yield from ((key_id, _withheld(found[key_id])) for key_id in batch)


def _state(book: Book, key_id: UUID) -> Withheld | KeyFault | None:
    try:
        return _withheld(book.safe.keyring.keys([key_id])[key_id])
    except RegisterKeyFault:
        return KeyFault.CHANGED


def _withheld(key: object) -> Withheld | None:
    return key if isinstance(key, Withheld) else None


def _fault(state: Withheld | KeyFault | None, *, certified: bool, condemned: bool) -> KeyFault | None:
    if isinstance(state, KeyFault):
        return state
    match state:
        case None if certified:
            return KeyFault.BACK
        case Withheld.DESTROYED if not (certified or condemned):
            return KeyFault.UNCERTIFIED
        case Withheld.FENCED if not condemned:
            return KeyFault.FENCED
        case Withheld.NOT_YOURS if not certified:
            return KeyFault.MISSING
        case _:
            return None
