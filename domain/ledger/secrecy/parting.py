"""A data key taken apart: what was drawn from it for each segment, as bytes, encrypted under a key used for them alone.

Each segment has an AES key and a commitment of its own, drawn from the data key (`sealing`). Once these are kept by
themselves the data key can go, and some segments be read by others than the rest. Nobody finds one from another, nor
the data key from all. Pure. Never here: who may read what, a database.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ledger.secrecy.sealing import DRAWN_BYTES, KEY_BYTES, PartedKey, Spot
from domain.ledger.secrecy.wrapping import KeyService, RegisterKeyFault

_VERSION_BYTES, _NUMBER_BYTES = 8, 4
_ROW_BYTES = 16 + _VERSION_BYTES + _NUMBER_BYTES + DRAWN_BYTES
_STILL_NONCE = bytes(12)
Parts = tuple[bytes, bytes]
"""A key wrapped by a key service, and what was encrypted under it."""


def pack(key: PartedKey, service: KeyService, bound_to: bytes) -> Parts:
    """Encrypted under a fresh key, so that an outside key service is asked to wrap no more than that."""
    secret = secrets.token_bytes(KEY_BYTES)
    rows = b"".join((key.commands, *(_row(spot, key.drawn[spot]) for spot in sorted(key.drawn))))
    return service.wrap(secret, bound_to), AESGCM(secret).encrypt(_STILL_NONCE, rows, bound_to)


def unpack(key_id: UUID, parts: Parts, service: KeyService, bound_to: bytes) -> PartedKey:
    """What `pack` made them from. Raises RegisterKeyFault."""
    wrapped, encrypted = parts
    cipher = AESGCM(service.unwrap(wrapped, bound_to))
    try:
        rows = cipher.decrypt(_STILL_NONCE, encrypted, bound_to)
    except InvalidTag:
        raise RegisterKeyFault("What the keyring holds of a key that was taken apart was changed.") from None
    starts = range(KEY_BYTES, len(rows), _ROW_BYTES)
    drawn = dict(_spot_and_drawn(rows[start : start + _ROW_BYTES]) for start in starts)
    return PartedKey(key_id, drawn, rows[:KEY_BYTES])


def _row(spot: Spot, drawn: bytes) -> bytes:
    stream_id, version, number = spot
    return stream_id.bytes + version.to_bytes(_VERSION_BYTES) + number.to_bytes(_NUMBER_BYTES) + drawn


def _spot_and_drawn(row: bytes) -> tuple[Spot, bytes]:
    version_ends = 16 + _VERSION_BYTES
    number_ends = version_ends + _NUMBER_BYTES
    version, number = int.from_bytes(row[16:version_ends]), int.from_bytes(row[version_ends:number_ends])
    return (UUID(bytes=row[:16]), version, number), row[number_ends:]
