"""Proofs as text (C2SP tlog-proof): that a record stands in a log, with the checkpoint that says so.

Never here: the record itself, which is given beside its proof.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from domain.ledger.proof.checkpoint import SeenCheckpoint, open_checkpoint
from domain.ledger.proof.faults import MalformedProof
from domain.ledger.proof.note import NOTE_LIMIT_BYTES, VerifierKey, decoded
from domain.ledger.proof.tree import HASH_BYTES, PROOF_LIMIT, SIZE_LIMIT, check_inclusion, leaf_hash

EXTRA_LIMIT_BYTES = 65_536
TEXT_LIMIT_BYTES = NOTE_LIMIT_BYTES + 2 * EXTRA_LIMIT_BYTES
_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The place of a record in the log (`index`, from 0), the hashes to the root, and the checkpoint's note, verbatim.

    `extra` is not covered by any signature.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """The text, as it is kept in a `.tlog-proof` file."""
        lines = [_HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(each).decode() for each in self.hashes]
        return "\n".join([*lines, "", ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises MalformedProof. Nothing is verified, and the checkpoint is not read, by reading it."""
        head, separator, checkpoint = data[:TEXT_LIMIT_BYTES].partition(b"\n\n")
        if len(data) > TEXT_LIMIT_BYTES or not separator or head.count(b"\n") > PROOF_LIMIT + 2:
            raise MalformedProof(f"a proof is a few lines (at most {PROOF_LIMIT} hashes), an empty line, a checkpoint")
        lines = head.decode(errors="replace").split("\n")
        extra = decoded(lines[1].removeprefix("extra ")) if len(lines) > 1 and lines[1].startswith("extra ") else None
        rest = lines[1 if extra is None else 2 :]
        found = _INDEX.fullmatch(rest[0]) if rest else None
        if len(rest) > PROOF_LIMIT + 1:
            raise MalformedProof(f"a proof has at most {PROOF_LIMIT} hashes, this has {len(rest) - 1}")
        if lines[0] != _HEADER or not found or int(found[1]) >= SIZE_LIMIT or len(extra or b"") > EXTRA_LIMIT_BYTES:
            raise MalformedProof(f"a proof begins with {_HEADER}, then extra data if any, then its index")
        return cls(int(found[1]), tuple(_hash(line) for line in rest[1:]), checkpoint, extra)

    def check(self, record: bytes, keys: Iterable[VerifierKey], *, origin: str | None = None) -> SeenCheckpoint:
        """The checkpoint under which the record stands in the log. Raises ProofFault of every kind that can be wrong.

        `record` is its stored bytes; the keys are those that are trusted.
        """
        seen = open_checkpoint(self.checkpoint, keys, origin=origin)
        at = seen.checkpoint
        check_inclusion(self.index, at.size, leaf_hash(record), self.hashes, at.root)
        return seen


def _hash(line: str) -> bytes:
    value = decoded(line)
    if value is None or len(value) != HASH_BYTES:
        raise MalformedProof("a hash of a proof is 32 bytes in base64, one a line")
    return value
