"""The register key, under which data keys are wrapped: from a file or the environment; an outside key service may
take its place by the same two functions.

Never here: data keys in the clear beyond a call, events, a database. Nothing shows a key.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from domain.ledger.errors import LedgerError

REGISTER_KEY = "JAKSOKIRJA_REGISTER_KEY"
"""The variable that may hold the key itself, in base64, instead of a file."""
KEY_BYTES = 32
_NONCE_BYTES = 12
_OTHERS = 0o077


class RegisterKeyFault(LedgerError):
    """The register key is missing, is no key, lies open to others, or is not the one that the keyring was made with."""


class KeyService(Protocol):
    """What the keyring asks of whoever keeps the register key. `bound_to` must be the same both times."""

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """The key, so that only this service can give it back."""
        ...

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """The key. Raises RegisterKeyFault."""
        ...


class RegisterKey:
    """A register key held by this process. Wraps with AES-256-GCM under a key derived for each register.

    Its nonces are random, 96 bits: one register's keyring holds far fewer than the 2^32 wrappings that they are good
    for (NIST SP 800-38D, 8.3).
    """

    def __init__(self, secret: bytes, register: str) -> None:
        if len(secret) != KEY_BYTES:
            raise RegisterKeyFault(f"a register key has {KEY_BYTES} bytes")
        info = b"jaksokirja register key 1 " + register.encode()
        self._cipher = AESGCM(HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=info).derive(secret))

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """See KeyService."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """See KeyService."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError):
            raise RegisterKeyFault(
                "A key of the keyring does not open: it was wrapped by another register key, or changed."
                " Use the register key that the keyring was made with."
            ) from None


def register_secret(file: Path, environment: Mapping[str, str] | None = None) -> bytes:
    """The register key: of JAKSOKIRJA_REGISTER_KEY if that is set, else of the file. Raises RegisterKeyFault."""
    given = (os.environ if environment is None else environment).get(REGISTER_KEY)
    if given:
        return _decoded(given, REGISTER_KEY)
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise RegisterKeyFault(
            f"There is no register key: neither {REGISTER_KEY} nor the file {file}."
            " Put back the one that the keyring was made with; `jaksokirja migrate` makes one for a new keyring."
        ) from None
    if mode & _OTHERS:
        raise RegisterKeyFault(f"The register key {file} can be read by others: `chmod 600` it, and think it over.")
    return _decoded(text, str(file))


def make_register_key(file: Path) -> bool:
    """Write a new key to the file, readable by its owner only, unless it is there already. Whether one was made."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as writing:
            writing.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            writing.flush()
            os.fsync(writing.fileno())
        os.link(unfinished, file)  # never replaces: a register key that is lost cannot be had back
    except FileExistsError:
        return False
    finally:
        unfinished.unlink()
    return True


def _decoded(text: str, source: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise RegisterKeyFault(f"{source} holds no register key: {KEY_BYTES} bytes in base64.")
    return secret
