"""The safe: seals the sensitive parts of what a book records, and opens those of what it reads.

Without a keyring nothing is opened: what is sealed reads as withheld, never as an error. Never here: whose a fact is
(`domain.subjects`), how a segment is sealed (`sealing`), where keys are kept (`keyring`).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from operator import attrgetter
from typing import cast
from uuid import UUID

from domain.decoding import Segment, Told, values_of
from domain.entry import Entry
from domain.fact import JsonObject
from domain.ledger.reading import unread
from domain.ledger.record import Row
from domain.ledger.record import rows as rows_of
from domain.ledger.secrecy.keyring import Keyring, KeyringMissing
from domain.ledger.secrecy.sealing import (
    DataKey,
    Key,
    Nonces,
    PartedKey,
    Place,
    check,
    commands_key,
    key_named,
    seal,
    unseal,
)
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY, Seal, StoredState, segments_of
from domain.subjects import Subject
from domain.withheld import Opened, Withheld

Whose = Mapping[int, Sequence[Subject]]
"""For whom the sensitive parts of new entries are sealed, by the entries' versions."""
Keys = Mapping[UUID, Key | Withheld]
"""The keys that segments name, by id, or why they are not to be had."""

_VERSION = attrgetter("version")


class Safe:
    """The safe of one register. `origin` tells its log's; `nonces` is set by tests only."""

    def __init__(
        self, keyring: Keyring | None, origin: Callable[[], str], nonces: Nonces = secrets.token_bytes
    ) -> None:
        self._keyring = keyring
        self._origin = origin
        self._nonces = nonces
        self._lent: tuple[int, AbstractSet[str]] = 0, frozenset()
        """The epoch, and the keys that were found to be lent in it."""

    @property
    def epoch(self) -> int:
        """See Keyring.epoch: what was opened in an earlier one is not to be kept on."""
        return self._keyring.epoch if self._keyring else 0

    @property
    def keyring(self) -> Keyring:
        """Raises KeyringMissing."""
        if self._keyring is None:
            raise KeyringMissing(
                "There is no keyring here, and nothing is recorded without one:"
                " name its database and the register key (JAKSOKIRJA_KEYRING_DSN, JAKSOKIRJA_REGISTER_KEY_FILE)."
            )
        return self._keyring

    def sealing(self, whose: Whose) -> Seal:
        """Seals entries of these versions; the keys of all are had at once. Raises KeyringMissing, KeyFenced."""
        keys = self.keyring.provide(subject for subjects in whose.values() for subject in subjects)
        origin = self._origin()

        def sealed(entry: Entry, hidden: JsonObject) -> list[JsonObject]:
            segments = []
            for number, subject in enumerate(whose[entry.version]):
                place = Place(origin, entry.stream_id, entry.version, entry.fact.stored_name(), number)
                segments.append(seal(hidden, entry.fact.hidden_names(hidden), keys[subject], place, self._nonces))
            return segments

        return sealed

    def entries(self, records: Sequence[StoredRecord]) -> list[Entry]:
        """The entries in the records, opened as far as their keys are to be had: all keys in one round trip.

        Raises UnknownFactName, ValueError; SegmentRefused when a segment is not what was sealed at its place.
        """
        states = [REGISTRY.told(record.name, record.state) for record in records]
        keys = self._keys_named_in(states)
        return [self._opened_entry(record, state, keys) for record, state in zip(records, states, strict=True)]

    def read(self, records: Sequence[bytes], *, whole: bool = False) -> list[Entry]:
        """As `entries`, of records as they are stored, but each sensitive part is opened when it is first looked into.

        Whoever looks then hears whether it was sealed at its place, and reads by a key that is lent at that time. In
        the order of their versions, in whatever order the records are. `whole`: for one who will look into all of them.
        """
        named: set[str] = set()
        entries = unread(records, self, named, whole=whole)
        lent = self._lent_of(named)
        read = entries if named <= lent and all(entries) else self._opened_where_needed(records, entries, lent)
        return sorted(cast("list[Entry]", read), key=_VERSION)

    def _lent_of(self, named: AbstractSet[str]) -> AbstractSet[str]:
        """All of those keys that are lent, as segments name them, and maybe more. Raises SegmentRefused for no id.

        What has been lent is so until the lease is over, so that the keyring is asked once for each.
        """
        if self._keyring is None:
            return frozenset()
        epoch = self._keyring.epoch
        lent_in, lent = self._lent
        if lent_in != epoch or not named <= lent:
            keys = self._keys(map(key_named, named))
            found = {str(key_id) for key_id, key in keys.items() if type(key) is DataKey}
            lent = found | lent if lent_in == epoch else found
            self._lent = epoch, lent
        return lent

    def _opened_where_needed(
        self, records: Sequence[bytes], entries: Sequence[Entry | None], lent: Container[str]
    ) -> list[Entry]:
        """The entries, those that were not read or whose keys are not `lent` opened as far as they can be."""
        others = {
            number: (StoredRecord(*row), REGISTRY.told(row[3], row[5]))
            for number, (row, entry) in enumerate(zip(rows_of(records), entries, strict=True))
            if entry is None or not self._all_lent(row, lent)
        }
        keys = self._keys_named_in(state for _, state in others.values())
        return [
            self._opened_entry(*others[number], keys) if number in others else cast("Entry", entry)
            for number, entry in enumerate(entries)
        ]

    @staticmethod
    def _all_lent(row: Row, lent: Container[str]) -> bool:
        """Whether all keys that are named in this event, which was found to fit, are `lent`."""
        decoder = REGISTRY.decoders[row[3]]
        return decoder is not None and all(segment.key in lent for segment in decoder.sealed(row[5]))

    def look_into(self, stream_id: UUID, version: int, name: str, sealed: tuple[Segment, ...]) -> Opened:
        """What is sealed in the entry, by keys that are lent now. Raises SegmentRefused."""
        keys = self._keys(key_named(segment.key) for segment in sealed)
        place = Place(self._origin(), stream_id, version, name, 0)
        return self._of_segments(place, [values_of(segment) for segment in sealed], keys)

    def read_whole(self, row: Row) -> Entry:
        """The entry of an event that does not go the short way, opened as far as its keys are lent now.

        Raises ValueError for what is wrong with it; SegmentRefused.
        """
        record = StoredRecord(*row)
        state = REGISTRY.told(record.name, record.state)
        return self._opened_entry(record, state, self._keys_named_in([state]))

    def _opened_entry(self, record: StoredRecord, state: StoredState, keys: Keys) -> Entry:
        return REGISTRY.decode(
            record.name,
            state,
            stream_id=record.stream_id,
            version=record.version,
            position=record.position,
            recorded_at=record.recorded_at,
            opened=self._opened(record, state, keys) if keys and state.sealed else None,
        )

    def opens(self, record: StoredRecord, number: int) -> bool:
        """Whether what the record's segment of that number says can be read here and now.

        Raises SegmentRefused when the key is had and the segment is not what was sealed at its place.
        """
        segment = REGISTRY.parse(record.state).sealed[number]
        key_id = check(segment)
        key = self._keys([key_id]).get(key_id, Withheld.NOT_YOURS)
        return not isinstance(self._content(segment, key, self._place(record, number)), Withheld)

    def digest(self, subject: Subject, content: bytes, *, make: bool) -> bytes | None:
        """What tells one command's content from another's, keyed by the subject's key, so that it is no oracle.

        It dies with that key: None when there is none and none is to be made. Raises KeyringMissing, KeyFenced.
        """
        keys = self.keyring.provide([subject]) if make else self.keyring.standing([subject])
        key = keys.get(subject)
        return None if key is None else hmac.digest(commands_key(key), content, "sha256")

    def is_digest(self, digest: bytes, subject: Subject, content: bytes) -> bool:
        """Whether that is the content's digest, by the key or an earlier one; yes if only a destroyed one could tell.

        Raises KeyringMissing, KeyFenced.
        """
        now = self.digest(subject, content, make=False)
        if now == digest:
            return True
        former = self.keyring.former(subject)
        return (now is None and not former) or any(
            isinstance(key, Withheld) or hmac.digest(commands_key(key), content, "sha256") == digest for key in former
        )

    def _keys(self, key_ids: Iterable[UUID]) -> dict[UUID, Key | Withheld]:
        wanted = set(key_ids)
        return self._keyring.keys(wanted) if self._keyring and wanted else {}

    def _keys_named_in(self, states: Iterable[StoredState]) -> dict[UUID, Key | Withheld]:
        """The keys that the segments name; none where there is no keyring, and no segment is looked at."""
        if self._keyring is None:
            return {}
        named, texts = set[UUID](), set[str]()
        for state in states:
            if isinstance(state, Told):
                for segment in state.sealed:
                    texts.add(segment.key)
            else:
                named.update(check(segment) for segment in state.sealed)
        return self._keys(named | {key_named(text) for text in texts})

    def _opened(self, record: StoredRecord, state: StoredState, keys: Keys) -> Opened:
        return self._of_segments(self._place(record, 0), segments_of(state), keys)

    def _of_segments(self, place: Place, segments: Iterable[JsonObject], keys: Keys) -> Opened:
        """What the segments of an entry say, of which the first stands at `place`. Raises SegmentRefused."""
        hidden: JsonObject = {}
        withheld: dict[str, Withheld] = {}
        seen: set[str] = set()
        for number, segment in enumerate(segments):
            key = keys.get(check(segment), Withheld.NOT_YOURS)
            content = self._content(segment, key, replace(place, number=number) if number else place)
            if isinstance(content, Withheld):
                withheld |= dict.fromkeys(segment["fields"], content)
            else:
                hidden |= content
                seen.update(segment["fields"])
        return Opened(hidden, {name: why for name, why in withheld.items() if name not in seen})

    def _place(self, record: StoredRecord, number: int) -> Place:
        return Place(self._origin(), record.stream_id, record.version, record.name, number)

    @staticmethod
    def _content(segment: JsonObject, key: Key | Withheld, place: Place) -> JsonObject | Withheld:
        """What the segment says, or why that is not read here."""
        if isinstance(key, Withheld):
            return key
        if isinstance(key, PartedKey) and not key.holds(place):
            return Withheld.NOT_YOURS
        return unseal(segment, key, place)
