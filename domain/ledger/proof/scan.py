"""The pass over records: each is checked and hashed once, in the order of positions.

Most are taken by the quick pass (quick.py); what it leaves is looked at by the rule itself (inspection.py), one by one:
a record about the log, or a bad one, of which it is told why. Never here: checkpoints, files.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from hashlib import sha256

from domain.ledger.proof.findings import Finding
from domain.ledger.proof.inspection import SoFar, explain
from domain.ledger.proof.logfacts import OF_LOG, Adoption, Restore, log_fact
from domain.ledger.proof.quick import QuickPass
from domain.ledger.proof.records import FRAME_BYTES
from domain.ledger.record import prefix, unpack

_LENGTH = struct.Struct(">I")


class Scan:
    """One pass: how far it has come, what it found first, and what the register said of its log on the way."""

    def __init__(self, origin: str, names: Collection[str]) -> None:
        self.so_far = SoFar(origin, frozenset(name.encode() for name in names))
        self.log_facts: list[Adoption | Restore] = []
        """In order: keys that the register adopted, restores."""
        self.finding: Finding | None = None
        usual = {name.encode() for name in names if name.rpartition(".")[0] not in OF_LOG}
        self._quick = QuickPass(b"\x00" + prefix(origin), usual)

    def run(self, block: bytes, at: int, until: int) -> tuple[int, list[bytes]]:
        """Check and hash from offset `at` on, up to position `until`: the offset after it, and the leaf hashes.

        A first bad record is kept as `finding`; from there on records are only hashed, to tell what checkpoints say.
        """
        leaves: list[bytes] = []
        while self.finding is None:
            at, taken = self._quick.take(block, at, until, self.so_far)
            leaves += taken
            if self.so_far.position >= until or at >= len(block):
                return at, leaves
            at = self._looked_at(block, at, leaves)
        return self._hashed(block, at, until, leaves), leaves

    def _looked_at(self, block: bytes, at: int, leaves: list[bytes]) -> int:
        """What the quick pass did not take: the offset after it, or before it when it is bad."""
        self.finding = explain(block, at, self.so_far)
        if self.finding is not None:
            return at
        end: int = at + 4 + _LENGTH.unpack_from(block, at)[0]
        _, record = unpack(block[at + FRAME_BYTES : end])
        fact = log_fact(self.so_far.origin, record)
        self.log_facts += [fact] if fact is not None else []
        self.so_far.take(record)
        leaves.append(sha256(block[at + 4 : end]).digest())
        return end

    def _hashed(self, block: bytes, at: int, until: int, leaves: list[bytes]) -> int:
        size = len(block)
        while self.so_far.position < until and at < size:
            if at + FRAME_BYTES > size:
                return size
            end = at + 4 + _LENGTH.unpack_from(block, at)[0]
            if end > size:
                return size
            leaves.append(sha256(block[at + 4 : end]).digest())
            self.so_far.position += 1
            at = end
        return at
