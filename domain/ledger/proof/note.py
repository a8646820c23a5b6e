"""Signed notes (C2SP signed-note) and their Ed25519 keys: read, verified, signed.

A note is a text and signature lines; a line names its key by name and a 4-byte id. Keys are written as the
strings vkey (`name+id+base64`) and skey (`PRIVATE+KEY+name+id+base64`). Never here: what a text says, key files.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.ledger.proof.faults import MalformedKey, MalformedNote, NoKnownSignature, WrongSignature

NOTE_LIMIT_BYTES = 1_000_000
SIGNATURE_LIMIT = 100
KEY_BYTES = 32
_KEY_STRING_LIMIT = 1_000
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)\n")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: the key's name and id (4 bytes), and what that kind of key signs with."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """As it stands in a note."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text, which ends with a newline, and the signatures under it. Nothing is verified by reading it."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises MalformedNote on what is no note, or is beyond the limits of size and signatures."""
        if len(data) > NOTE_LIMIT_BYTES:
            raise MalformedNote(f"a note has at most {NOTE_LIMIT_BYTES} bytes, this has {len(data)}")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise MalformedNote("a note is UTF-8") from None
        text, separator, below = whole.rpartition("\n\n")
        if not separator or not below or _CONTROL.search(whole):
            raise MalformedNote("a note is a text, an empty line and signature lines, without control characters")
        return cls(text + "\n", _signatures(below))

    def to_bytes(self) -> bytes:
        """The note as it is kept and sent."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()

    def signed_also(self, signatures: Iterable[Signature]) -> SignedNote:
        """The note with further signatures under it; one that is there already is not repeated."""
        news = tuple(each for each in signatures if each not in self.signatures)
        return SignedNote(self.text, self.signatures + news)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key of the plain kind (0x01): its signature is Ed25519 over the text."""

    KIND: ClassVar[int] = 1
    SIGNATURE_BYTES: ClassVar[int] = 64

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.public) != KEY_BYTES:
            raise MalformedKey("a key has a name without spaces and plus signs, and 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand for the key in signature lines."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.KIND]) + self.public).digest()[:4]

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """The key of a vkey string. Raises MalformedKey."""
        name, key_id, kind, public = _parse_key(vkey)
        key = cls(name, public)
        if kind != cls.KIND or key.key_id != key_id:
            raise MalformedKey(f"this is no vkey of kind {cls.KIND}, or its id is not that of its key")
        return key

    def __str__(self) -> str:
        """The vkey string."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.KIND]) + self.public).decode()}"

    def message(self, text: str, value: bytes) -> tuple[bytes, bytes]:
        """What Ed25519 is over, and the Ed25519 part of the signature."""
        return text.encode(), value

    def check(self, text: str, signature: Signature) -> None:
        """Raises WrongSignature unless this key signed the text so."""
        try:
            if len(signature.value) != self.SIGNATURE_BYTES:
                raise InvalidSignature
            message, value = self.message(text, signature.value)
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, message)
        except (InvalidSignature, ValueError):
            raise WrongSignature(f"the signature under the name of {self.name} is not of its key") from None


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private key of the plain kind. Its seed is never shown but by `to_skey`."""

    VERIFIER: ClassVar[type[VerifierKey]] = VerifierKey

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new key from the system's randomness."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, skey: str) -> Self:
        """The key of an skey string. Raises MalformedKey, which never tells the string."""
        if not skey.startswith(_PRIVATE):
            raise MalformedKey(f"an skey begins with {_PRIVATE}")
        name, key_id, kind, seed = _parse_key(skey.removeprefix(_PRIVATE))
        key = cls(name, seed)
        if kind != cls.VERIFIER.KIND or key.verifier().key_id != key_id:
            raise MalformedKey(f"this is no skey of kind {cls.VERIFIER.KIND}, or its id is not that of its key")
        return key

    def to_skey(self) -> str:
        """The skey string: a secret."""
        verifier = self.verifier()
        secret = base64.b64encode(bytes([verifier.KIND]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{verifier.key_id.hex()}+{secret}"

    def verifier(self) -> VerifierKey:
        """The public key."""
        return self.VERIFIER(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """The signature under the text."""
        return Signature(self.name, self.verifier().key_id, self._private().sign(text.encode()))

    def _private(self) -> Ed25519PrivateKey:
        if len(self.seed) != KEY_BYTES:
            raise MalformedKey("a key has 32 bytes")
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign(text: str, signers: Sequence[SignerKey]) -> SignedNote:
    """The text signed by each. Raises MalformedNote on a text that a note cannot hold."""
    if not text.endswith("\n") or _CONTROL.search(text) or not signers:
        raise MalformedNote("a text ends with a newline and has no control characters; somebody signs it")
    return SignedNote(text, tuple(signer.sign(text) for signer in signers))


def verify(note: SignedNote, keys: Iterable[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
    """The signatures of those keys, in their order; others are ignored.

    Raises WrongSignature when one of the keys is named with a signature not its own, NoKnownSignature.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[tuple[VerifierKey, Signature]] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            key.check(note.text, signature)
            found.append((key, signature))
    if not found:
        names = ", ".join(sorted(f"{name}+{key_id.hex()}" for name, key_id in known)) or "none was given"
        raise NoKnownSignature(f"none of the trusted keys has signed this (keys trusted: {names})")
    return found


def is_key_name(name: str) -> bool:
    """Whether a key may be named so: something, without any space or plus sign."""
    return bool(name) and not re.search(r"[\s+]", name) and not _CONTROL.search(name)


def _signatures(below: str) -> tuple[Signature, ...]:
    if below.count("\n") > SIGNATURE_LIMIT:
        raise MalformedNote(f"a note has at most {SIGNATURE_LIMIT} signatures")
    signatures = []
    for line in below.splitlines(keepends=True):
        found = _SIGNATURE_LINE.fullmatch(line)
        value = decoded(found[2]) if found else None
        if not found or not is_key_name(found[1]) or value is None or len(value) < 5:
            raise MalformedNote("a signature line is an em dash, a key's name, and the signature in base64")
        signatures.append(Signature(found[1], value[:4], value[4:]))
    return tuple(signatures)


def _parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    """Name, id, kind and the 32 bytes."""
    name, _, rest = text.strip().partition("+") if len(text) <= _KEY_STRING_LIMIT else ("", "", "")
    key_id, _, encoded = rest.partition("+")
    value = decoded(encoded)
    if not re.fullmatch("[0-9a-f]{8}", key_id) or value is None or len(value) != KEY_BYTES + 1 or not is_key_name(name):
        raise MalformedKey("a key is written name+id+base64: eight hexadecimal digits, then a kind and 32 bytes")
    return name, bytes.fromhex(key_id), value[0], value[1:]


def decoded(text: str) -> bytes | None:
    """The bytes of strict standard base64 (RFC 4648, 4); None for anything that encoding would not have made."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode() == text else None
