"""The few nodes of a great tree that some proofs need, from one pass over its leaf hashes.

What is kept is those nodes and one hash for each thousand leaves, however long the log is. Never here: the leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from domain.ledger.proof.tree import LeafHashes, Nodes, consistency_proof, full_root, inclusion_proof, root_of

CHUNK_LEVEL = 10
CHUNK = 1 << CHUNK_LEVEL
"""Leaf hashes come in chunks of so many; only the last may be shorter."""
_NO_HASH = bytes(32)


class WantedNodes:
    """Which nodes proofs ask for: told by making them in vain."""

    def __init__(self) -> None:
        self.wanted: set[tuple[int, int]] = set()

    def __call__(self, level: int, index: int) -> bytes:
        self.wanted.add((level, index))
        return _NO_HASH

    def inclusion(self, index: int, size: int) -> None:
        """Those of an inclusion proof. Raises MalformedProof."""
        inclusion_proof(self, index, size)

    def consistency(self, older: int, newer: int) -> None:
        """Those of a consistency proof, and of the root of the older tree. Raises MalformedProof."""
        consistency_proof(self, older, newer)
        root_of(self, older)

    def found_in(self, chunks: Iterable[list[bytes]]) -> Nodes:
        """The nodes, from the leaf hashes in order, CHUNK at a time."""
        below: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for level, index in self.wanted:
            if level < CHUNK_LEVEL:
                below[index >> (CHUNK_LEVEL - level)].append((level, index))
        kept: dict[tuple[int, int], bytes] = {}
        roots: list[bytes] = []
        for number, leaves in enumerate(chunks):
            kept.update(_within(number, leaves, below.pop(number, [])))
            if len(leaves) == CHUNK:
                roots.append(full_root(leaves))
        above = LeafHashes(roots)
        return lambda level, index: above(level - CHUNK_LEVEL, index) if level >= CHUNK_LEVEL else kept[level, index]


def _within(number: int, leaves: list[bytes], wanted: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The wanted nodes of one chunk."""
    hashes = LeafHashes(leaves)
    for level, index in wanted:
        yield (level, index), hashes(level, index - (number << (CHUNK_LEVEL - level)))
