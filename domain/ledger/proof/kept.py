"""Leaf hashes that an auditor kept from an earlier verification, as tiles: they tell which event was changed first.

Never here: what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.records import unframed
from domain.ledger.proof.tiles import TileReader
from domain.ledger.proof.tree import CompactTree


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event whose leaf is another than the one kept."""

    position: int
    record: bytes


class KeptLeaves:
    """The kept leaves, compared in order with those that are there now. Without tiles nothing ever differs."""

    def __init__(self, tiles: TileReader | None) -> None:
        self._tiles = tiles
        self._leaves = (leaf for tile in tiles.leaves() for leaf in tile) if tiles else iter(())
        self.size = tiles.size if tiles else 0
        self.first: Difference | None = None

    def compare(self, leaves: Sequence[bytes], before: int, block: bytes, at: int) -> None:
        """Compare the next leaves, of the records at offset `at` of a block; `before`: how many went before.

        Raises MalformedTile.
        """
        if self.first is not None or self._tiles is None:
            return
        kept = list(islice(self._leaves, len(leaves)))
        if kept == leaves[: len(kept)]:
            return
        index = next(n for n, leaf in enumerate(kept) if leaf != leaves[n])
        record = next(islice(unframed(block[at:]), index, None))
        self.first = Difference(before + index + 1, record)

    def are_of(self, checkpoint: Checkpoint) -> bool:
        """Whether the kept leaves are those that the checkpoint covers. Raises MalformedTile."""
        if self._tiles is None or self._tiles.size < checkpoint.size:
            return False
        tree = CompactTree()
        for tile in self._tiles.leaves():
            tree.extend(tile[: checkpoint.size - tree.size])
        return tree.root() == checkpoint.root
