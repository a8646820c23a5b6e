"""Tiles (C2SP tlog-tiles): a log's hashes, 256 a file, and its entries, in a folder that can be served as it is.

Hash tiles are tile/L/N, entry bundles tile/entries/N; N is written x001/x234/067, and a tile that is not full ends in
.p/W. Never here: what an entry holds, checkpoints, the serving.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from domain.ledger.proof.faults import EntryTooLong, MalformedTile
from domain.ledger.proof.tree import HASH_BYTES, full_root, leaf_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRY_LIMIT_BYTES = 2**16 - 1
_LENGTH = struct.Struct(">H")


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Where the tile is, relative to the log's folder. `level`: 0 to 63, or "entries"; `width`: 1 to 256."""
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(reversed(parts))}" + (f".p/{width}" if width < WIDTH else "")


def tiles_size(folder: Path) -> int:
    """How many leaves the folder's tiles are of: its full tiles of level 0, and the widest after them."""
    level = folder / "tile" / "0"
    full = sum(1 for file in level.rglob("*") if file.is_file() and re.fullmatch(r"\d{3}", file.name))
    partial = (folder / tile_path(0, full, 1)).parent
    widths = [int(file.name) for file in partial.glob("*") if re.fullmatch(r"[1-9]\d{0,2}", file.name)]
    return full * WIDTH + max(widths, default=0)


class TileWriter:
    """Writes the tiles of a log that grows, from its first leaf on or from where the folder's tiles end.

    What is written: hash tiles, and entry bundles too when entries are given. Finish with `flush`.
    """

    def __init__(self, folder: Path, size: int = 0) -> None:
        """Raises MalformedTile when the folder has not the tiles of that size."""
        self.folder = folder
        self.size = size
        self._hashes: list[list[bytes]] = []
        self._full = [size >> HEIGHT * (level + 1) for level in range(8)]
        reader = TileReader(folder, size)
        for level in range(8):
            width = (size >> HEIGHT * level) % WIDTH
            self._hashes.append(reader.tile(level, self._full[level])[:width] if width else [])
        self._entries = reader.entries(self._full[0]) if size % WIDTH and reader.has_entries() else []

    def add(self, leaf: bytes) -> None:
        """The hash of the next leaf."""
        self.size += 1
        self._add(0, leaf)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """The hashes of the next leaves."""
        for leaf in leaves:
            self.add(leaf)

    def add_entry(self, entry: bytes) -> None:
        """The next entry: its hash and itself. Raises EntryTooLong."""
        if len(entry) > ENTRY_LIMIT_BYTES:
            raise EntryTooLong(f"an entry of a bundle has at most {ENTRY_LIMIT_BYTES} bytes, this has {len(entry)}")
        self._entries.append(entry)
        if len(self._entries) == WIDTH:
            self._write(tile_path("entries", self.size >> HEIGHT), _bundled(self._entries))
            self._entries = []
        self.add(leaf_hash(entry))

    def flush(self) -> None:
        """Write the tiles that are not full."""
        for level, hashes in enumerate(self._hashes):
            if hashes:
                self._write(tile_path(level, self._full[level], len(hashes)), b"".join(hashes))
        if self._entries:
            self._write(tile_path("entries", self._full[0], len(self._entries)), _bundled(self._entries))

    def _add(self, level: int, node: bytes) -> None:
        hashes = self._hashes[level]
        hashes.append(node)
        if len(hashes) == WIDTH:
            self._write(tile_path(level, self._full[level]), b"".join(hashes))
            self._full[level] += 1
            self._hashes[level] = []
            if level + 1 < len(self._hashes):
                self._add(level + 1, full_root(hashes))

    def _write(self, path: str, data: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.unfinished")
        unfinished.write_bytes(data)
        unfinished.replace(target)


class TileReader:
    """The tiles of a log of `size` leaves, in a folder. As `Nodes` of tree.py, proofs are made from it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._cached = lru_cache(maxsize=64)(self._read_tile)

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the full subtree of 2**level leaves that starts at index * 2**level. Raises MalformedTile."""
        below = level % HEIGHT
        first = index << below
        hashes = self.tile(level // HEIGHT, first // WIDTH)
        part = hashes[first % WIDTH : first % WIDTH + (1 << below)]
        if len(part) != 1 << below:
            raise MalformedTile(f"the tiles of {self.size} leaves have no node {index} at level {level}")
        return full_root(part)

    def tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile: 256, or fewer in the last of its level. Raises MalformedTile."""
        return self._cached(level, index)

    def leaves(self) -> Iterable[list[bytes]]:
        """The leaf hashes, a tile at a time. Raises MalformedTile."""
        for index in range((self.size + WIDTH - 1) // WIDTH):
            yield self._read_tile(0, index)

    def entries(self, index: int) -> list[bytes]:
        """The entries of a bundle. Raises MalformedTile."""
        width = self._width(0, index)
        data = self._read("entries", index, width, width * (_LENGTH.size + ENTRY_LIMIT_BYTES))
        found, at = [], 0
        while at < len(data):
            end = at + _LENGTH.size + int.from_bytes(data[at : at + _LENGTH.size])
            found.append(data[at + _LENGTH.size : end])
            at = end
        if at != len(data) or len(found) != width:
            raise MalformedTile(f"entry bundle {index} is cut short or too long")
        return found

    def has_entries(self) -> bool:
        """Whether the folder holds entry bundles."""
        return (self.folder / "tile" / "entries").is_dir()

    def _read_tile(self, level: int, index: int) -> list[bytes]:
        width = self._width(level, index)
        data = self._read(level, index, width, WIDTH * HASH_BYTES)
        if len(data) < width * HASH_BYTES or len(data) % HASH_BYTES:
            raise MalformedTile(f"tile {index} of level {level} is cut short or too long")
        return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def _width(self, level: int, index: int) -> int:
        width = min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)
        if width < 1:
            raise MalformedTile(f"a log of {self.size} leaves has no tile {index} of level {level}")
        return width

    def _read(self, level: int | str, index: int, width: int, limit: int) -> bytes:
        """The tile of that width, or the full one that it has become since."""
        for path in (tile_path(level, index, width), tile_path(level, index)):
            file = self.folder / path
            if file.is_file():
                with file.open("rb") as opened:
                    data = opened.read(limit + 1)
                if len(data) > limit:
                    raise MalformedTile(f"{path} is longer than a tile can be")
                return data
        raise MalformedTile(f"{tile_path(level, index, width)} is not there")


def _bundled(entries: Sequence[bytes]) -> bytes:
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)
