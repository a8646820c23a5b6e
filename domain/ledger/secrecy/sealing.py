"""Seals and opens one segment: AES-256-GCM under a key of its own, bound to its place, with a key commitment.

A segment's key and its commitment are drawn by HKDF-Expand (RFC 5869, SHA-512) from the data key, a random nonce of
128 bits, and what the segment is bound to: register origin, stream, version, name, number, key, field names. So no AES
key is used twice (that needs the same place sealed with the same nonce: after 2^48 attempts at one place, a chance of
2^-33), its GCM nonce can stand still, and a segment that was moved to another register, row or number has another
commitment and another tag. Pure. Never here: which key is whose, a database, anything shown of a key or a content.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pydantic_core import from_json, to_json

from domain.entry import Entry
from domain.fact import JsonObject

KEY_BYTES = 32
NONCE_BYTES = 16
COMMITMENT_BYTES = 32
DRAWN_BYTES = KEY_BYTES + COMMITMENT_BYTES
PADDED_TO_BYTES = 32
"""A sealed text is filled up with blanks to a multiple of this, so that its length tells no yes from a no."""

_LABEL = b"jaksokirja segment 1"
_DIGESTS = b"jaksokirja command digest 1"
_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
_STILL_NONCE = bytes(12)
_NO_SEGMENT = "a segment has a key, fields, a nonce, a commitment and a ciphertext"
_FIELDS = {"key", "fields", "nonce", "commitment", "ciphertext"}


class SegmentRefused(ValueError):
    """A segment is not what was sealed at this place under this key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment stands: the register's origin, stream, version, the fact's stored name, its number, from 0."""

    origin: str
    stream_id: UUID
    version: int
    name: str
    number: int

    @property
    def spot(self) -> Spot:
        """Where that is in its register."""
        return self.stream_id, self.version, self.number

    def bound(self, key_id: UUID, fields: Sequence[str]) -> bytes:
        """What the segment is bound to; each text behind its length, so that no two look alike."""
        numbers = self.version.to_bytes(8) + self.number.to_bytes(4)
        texts = _with_lengths((self.origin, self.name, *fields))
        return b"".join((_LABEL, self.stream_id.bytes, numbers, key_id.bytes, texts))


@lru_cache(maxsize=1024)
def _with_lengths(texts: tuple[str, ...]) -> bytes:
    """The same few in all segments of one kind of fact."""
    return b"".join(len(told).to_bytes(2) + told for told in (text.encode() for text in texts))


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A data key and the name by which segments call it. Never shown."""

    key_id: UUID
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.key_id}, …)"


Spot = tuple[UUID, int, int]
"""Where in a register a segment stands: stream, version, number."""


@dataclass(frozen=True, slots=True, repr=False)
class PartedKey:
    """What is left of a data key that was taken apart: what was drawn from it, for each segment that is read here.

    `commands` is what the digests of commands were made with, see `commands_key`.
    """

    key_id: UUID
    drawn: Mapping[Spot, bytes]
    commands: bytes

    def holds(self, place: Place) -> bool:
        """Whether the segment there is read here."""
        return place.spot in self.drawn

    def __repr__(self) -> str:
        return f"PartedKey({self.key_id}, …)"


Key = DataKey | PartedKey

Nonces = Callable[[int], bytes]
"""Gives so many random bytes; tests give their own, so that the same bytes come out each time."""


def seal(
    content: JsonObject, fields: list[str], key: DataKey, place: Place, nonces: Nonces = secrets.token_bytes
) -> JsonObject:
    """The segment: the key's id, the names of the fields in it; nonce, commitment and ciphertext in base64url."""
    nonce, bound = nonces(NONCE_BYTES), place.bound(key.key_id, fields)
    drawn = _drawn(key.secret, nonce, bound)
    cipher, commitment = AESGCM(drawn[:KEY_BYTES]), drawn[KEY_BYTES:]
    text = to_json(content)
    padded = text + b" " * (-len(text) % PADDED_TO_BYTES)
    return {
        "key": str(key.key_id),
        "fields": fields,
        "nonce": _written(nonce),
        "commitment": _written(commitment),
        "ciphertext": _written(cipher.encrypt(_STILL_NONCE, padded, bound)),
    }


def draw(segment: Mapping[str, Any], key: Key, place: Place) -> bytes:
    """The segment's own AES key and commitment, as drawn from the data key. Raises SegmentRefused."""
    return _drawn_and_bound(segment, key, place)[0]


def _drawn_and_bound(segment: Mapping[str, Any], key: Key, place: Place) -> tuple[bytes, bytes]:
    """As `draw`, and what the segment is bound to."""
    if check(segment) != key.key_id:
        raise SegmentRefused("the segment names another key")
    nonce, bound = _read(segment["nonce"], NONCE_BYTES), place.bound(key.key_id, segment["fields"])
    if isinstance(key, DataKey):
        return _drawn(key.secret, nonce, bound), bound
    if not key.holds(place):
        raise SegmentRefused("nothing was kept of the key that sealed a segment here")
    return key.drawn[place.spot], bound


def unseal(segment: Mapping[str, Any], key: Key, place: Place) -> JsonObject:
    """What was sealed. The commitment is verified before anything is opened. Raises SegmentRefused."""
    drawn, bound = _drawn_and_bound(segment, key, place)
    if not hmac.compare_digest(drawn[KEY_BYTES:], _read(segment["commitment"], COMMITMENT_BYTES)):
        raise SegmentRefused("the segment was not sealed here under this key")
    try:
        content = from_json(AESGCM(drawn[:KEY_BYTES]).decrypt(_STILL_NONCE, _read(segment["ciphertext"]), bound))
    except InvalidTag:
        raise SegmentRefused("the segment's content was changed") from None
    if not isinstance(content, dict):
        raise SegmentRefused("the segment holds no fields")
    return content


def check(segment: Mapping[str, Any]) -> UUID:
    """The id of the key that the segment names. Raises SegmentRefused for what is no segment."""
    try:
        if set(segment) == _FIELDS and all(isinstance(field, str) for field in segment["fields"]):
            return key_named(segment["key"])
    except (TypeError, ValueError):
        pass
    raise SegmentRefused(_NO_SEGMENT)


@lru_cache(maxsize=4096)
def key_named(text: str) -> UUID:
    """The id of a key, as a segment names it. Raises SegmentRefused for what is no id."""
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        raise SegmentRefused(_NO_SEGMENT) from None


def commands_key(key: Key) -> bytes:
    """By what the digests of commands are made, of those whose digests that data key is for."""
    return hmac.digest(key.secret, _DIGESTS, "sha256") if isinstance(key, DataKey) else key.commands


def _drawn(secret: bytes, nonce: bytes, bound: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA512(), length=DRAWN_BYTES, info=bound + nonce).derive(secret)


def _written(data: bytes) -> str:
    return _written_bytes(data).decode()


def _written_bytes(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def _read(text: Any, length: int | None = None) -> bytes:
    """The bytes. Raises SegmentRefused for another length, or another way to write them than the one."""
    try:
        told = text.encode()
        data = binascii.a2b_base64(told.translate(_FROM_URL) + b"=" * (-len(told) % 4))
    except (AttributeError, ValueError):
        raise SegmentRefused("a part of the segment is not base64url") from None
    if (length is not None and len(data) != length) or _written_bytes(data) != told:
        raise SegmentRefused("a part of the segment is not as it was written")
    return data


def sealed_by_nobody(entry: Entry, hidden: JsonObject) -> list[JsonObject]:
    """The sensitive part in one segment whose key was thrown away: for made-up histories that nobody opens."""
    key = DataKey(UUID(int=secrets.randbits(128)), secrets.token_bytes(KEY_BYTES))
    place = Place("nobody", entry.stream_id, entry.version, entry.fact.stored_name(), 0)
    return [seal(hidden, entry.fact.hidden_names(hidden), key, place)]
