"""Hashes and public keys as files of a bundle list them, one a line.

Never here: whether a hash or a key is the right one.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from domain.ledger.proof.faults import MalformedBundle
from domain.ledger.proof.note import VerifierKey, decoded
from domain.ledger.proof.tree import HASH_BYTES, PROOF_LIMIT


def hashes_text(hashes: Sequence[bytes]) -> bytes:
    """A consistency proof as its file has it."""
    return b"".join(base64.b64encode(each) + b"\n" for each in hashes)


def hashes_of(data: bytes, name: str) -> list[bytes]:
    """The hashes of a consistency proof. Raises MalformedBundle."""
    lines = data.split(b"\n")
    if len(lines) > PROOF_LIMIT + 1 or lines.pop():
        raise MalformedBundle(f"{name} has at most {PROOF_LIMIT} lines, each ended")
    hashes = [decoded(line.decode(errors="replace")) for line in lines]
    found = [each for each in hashes if each is not None and len(each) == HASH_BYTES]
    if len(found) != len(lines):
        raise MalformedBundle(f"{name} has a hash of {HASH_BYTES} bytes a line, in base64")
    return found


def keys_text(keys: Sequence[VerifierKey], heading: Sequence[str]) -> bytes:
    """A file of public keys, one a line, below lines that say what to do with them."""
    return "".join([*(f"# {line}\n" for line in heading), *(f"{key}\n" for key in keys)]).encode()


def keys_in(data: bytes) -> list[str]:
    """The keys of such a file, as they are written."""
    lines = data.decode(errors="replace").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
