"""The quick pass over records: takes those that are surely sound, and stops at the first that it cannot vouch for.

What a record must be is said in inspection.py; this is the same, written flat, since it is the hot loop of a
verification. Where it stops, whatever the cause, the record is looked at there: it may stop at a sound one, and may
never take a bad one, but that of a state's head it looks at the cause alone (a thorough pass reads all of it).
Never here: what is wrong with a record, checkpoints, files.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from contextlib import suppress
from hashlib import sha256
from typing import Any

from domain.ledger.proof.inspection import FIRST_MOMENT, LAST_MOMENT, SoFar, causes_earlier
from domain.ledger.proof.records import RECORD_LIMIT_BYTES

_CORRELATION = b'"correlation_id":"'
_TO_CAUSE = len(_CORRELATION) + 36 + len('","')
_CAUSE = ord("c")
_FURTHEST = 96
"""A place of the correlation id is kept in mind up to here in a state: a second one in it would lie beyond."""
_Unpack = Callable[..., tuple[Any, ...]]
_Shapes = tuple[int, dict[int, _Unpack]]


class QuickPass:
    """For one register: what its leaves begin with, and the names that are taken."""

    def __init__(self, begins: bytes, names: Collection[bytes]) -> None:
        """`begins`: a leaf's bytes up to its position."""
        self._begins = begins
        self._names = frozenset(len(name).to_bytes(2) + name for name in names)
        self._head = f">I{len(begins)}sqq16si"
        self._length_at = struct.calcsize(self._head) + 1
        self._kept: dict[int, _Shapes] = {}
        self._usual = 0  # where the correlation id begins in a state: mostly where it did in the one before

    def take(self, block: bytes, at: int, until: int, so_far: SoFar) -> tuple[int, list[bytes]]:
        """From offset `at` on, up to position `until`: the offset after what was taken, and its leaf hashes."""
        floor, ceiling = max(so_far.floor, FIRST_MOMENT), min(so_far.ceiling, LAST_MOMENT)
        if floor > ceiling or len(block) > RECORD_LIMIT_BYTES:  # so large a one may hold a record beyond its limit
            return at, []
        so_far.floor = floor
        at, leaves = self._run(block, at, range(so_far.position + 1, until + 1), so_far, ceiling)
        so_far.position += len(leaves)
        so_far.versions.pop(b"", None)
        return at, leaves

    def _run(self, block: bytes, at: int, due: range, so_far: SoFar, ceiling: int) -> tuple[int, list[bytes]]:
        leaves: list[bytes] = []
        begins, names, length_at, size, add = self._begins, self._names, self._length_at, len(block), leaves.append
        floor, versions, get = so_far.floor, so_far.versions, so_far.versions.get
        stream_before, version_before = b"", 0  # written down when another stream comes: one's events come together
        to_cause, shapes = self._shapes(self._usual)
        with suppress(KeyError, IndexError, ValueError, struct.error):  # whatever is amiss: it is told elsewhere
            for position in due:
                length_of_name = block[at + length_at]
                length, head, place, moment, stream, version, name, marker, after = shapes[length_of_name](block, at)
                end, cause_at = at + 4 + length, at + to_cause + length_of_name
                if marker != _CORRELATION:
                    state_at = at + length_at + 1 + length_of_name
                    cause_at, after, to_cause, shapes = self._elsewhere(block, state_at, end)
                if place != position or head != begins or name not in names or not cause_at < end <= size:
                    break
                if after == _CAUSE and not causes_earlier(block, cause_at - 2, end, version):
                    break
                if moment != floor and not floor <= moment <= ceiling:
                    break
                if stream != stream_before:
                    if version != get(stream, 0 if version else -1) + 1:
                        break
                    versions[stream_before], stream_before = version_before, stream
                elif version != version_before + 1:
                    break
                floor, version_before = moment, version
                add(sha256(block[at + 4 : end]).digest())
                at = end
        versions[stream_before], so_far.floor = version_before, floor
        return at, leaves

    def _shapes(self, usual: int) -> _Shapes:
        """How far from a record's begin to its cause, the name aside; and what unpacks it, by its name's length."""
        kept = self._kept.get(usual)
        if kept is None:
            tail = f"{usual}x{len(_CORRELATION)}s{_TO_CAUSE - len(_CORRELATION)}xB"
            lengths = {len(name) for name in self._names}
            shapes: dict[int, _Unpack] = {
                each - 2: struct.Struct(f"{self._head}{each}s{tail}").unpack_from for each in lengths
            }
            kept = self._kept[usual] = (self._length_at + 1 + usual + _TO_CAUSE, shapes)
        return kept

    def _elsewhere(self, block: bytes, state_at: int, end: int) -> tuple[int, int, int, dict[int, _Unpack]]:
        """Where a cause would stand, what stands there, and `_shapes` for the next. Raises what stops a run."""
        usual = block.index(_CORRELATION, state_at, end) - state_at
        if usual <= _FURTHEST:
            self._usual = usual
        cause_at = state_at + usual + _TO_CAUSE
        return cause_at, block[cause_at], *self._shapes(self._usual)
