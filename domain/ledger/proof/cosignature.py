"""Witness cosignatures (C2SP tlog-cosignature, version 1): that a checkpoint was consistent, as seen at a time.

Never here: what a witness remembers, requests to it.
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass
from typing import ClassVar

from domain.ledger.proof.faults import MalformedKey, WrongSignature
from domain.ledger.proof.note import Signature, SignerKey, VerifierKey

_TIME = struct.Struct(">Q")
_LATEST = int(dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp())


@dataclass(frozen=True, slots=True)
class WitnessKey(VerifierKey):
    """A witness' public key (0x04): its signature is a time and Ed25519 over time and text."""

    KIND: ClassVar[int] = 4
    SIGNATURE_BYTES: ClassVar[int] = _TIME.size + 64

    def message(self, text: str, value: bytes) -> tuple[bytes, bytes]:
        """What Ed25519 is over, and the Ed25519 part of the signature."""
        return _message(text, _TIME.unpack_from(value)[0]), value[_TIME.size :]


@dataclass(frozen=True, slots=True)
class WitnessSigner(SignerKey):
    """A witness' private key."""

    VERIFIER: ClassVar[type[VerifierKey]] = WitnessKey

    def sign(self, text: str) -> Signature:
        """Never without a time: use `cosign`."""
        raise TypeError("a witness signs with a time: cosign(text, time)")

    def cosign(self, text: str, moment: dt.datetime) -> Signature:
        """The cosignature under a checkpoint's text; `moment` (aware) counts in whole seconds."""
        seconds = int(moment.timestamp())
        value = self._private().sign(_message(text, seconds))
        return Signature(self.name, self.verifier().key_id, _TIME.pack(seconds) + value)


def cosigned_at(signature: Signature) -> dt.datetime:
    """The time that a witness states, to the second (UTC). Raises WrongSignature when there can be no such time."""
    if len(signature.value) != WitnessKey.SIGNATURE_BYTES:
        raise WrongSignature("a cosignature is a time and 64 bytes")
    (seconds,) = _TIME.unpack_from(signature.value)
    if seconds > _LATEST:
        raise WrongSignature("a cosignature's time lies beyond the year 9999")
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def verifier_key(vkey: str) -> VerifierKey:
    """The key of a vkey string: a log's (0x01) or a witness' (0x04). Raises MalformedKey."""
    try:
        return VerifierKey.parse(vkey)
    except MalformedKey:
        return WitnessKey.parse(vkey)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
