"""The pass over records: each is checked and hashed once, in the order of positions.

The loop is the hot one of a verification and so written flat; what exactly is wrong with a record that it refuses is
told by `inspection.py`, away from it. Never here: checkpoints, files.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Collection
from hashlib import sha256

from domain.ledger.proof.findings import Finding
from domain.ledger.proof.inspection import Expected, causes_earlier, explain, of_record, read_leaf
from domain.ledger.proof.logfacts import OF_LOG, Adoption, Restore, log_fact
from domain.ledger.proof.records import FRAME_BYTES

LATEST = 2**63 - 1
_LENGTH = struct.Struct(">I")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_CORRELATION = b'"correlation_id":"'


class Scan:
    """How far a pass has come: position, the last moment of recording, each stream's last version.

    `floor` and `ceiling` bound recorded_at of the next records, in microseconds since 1970.
    """

    def __init__(self, origin: str, names: Collection[str]) -> None:
        written = origin.encode()
        self.origin = origin
        self.names = frozenset(name.encode() for name in names)
        self._of_log = frozenset(
            name for name in self.names if name.rpartition(b".")[0].decode(errors="replace") in OF_LOG
        )
        self._usual = self.names - self._of_log
        self.log_facts: list[Adoption | Restore] = []
        """What the register said of its log so far, in order: keys that it adopted, restores."""
        self.prefix = b"\x00\x01" + len(written).to_bytes(2) + written
        self.position = 0
        self.floor = -LATEST
        self.ceiling = LATEST
        self.versions: dict[bytes, int] = {}
        self.sealed_floor: tuple[int, int] | None = None
        """The size of the last checkpoint, and its time when that was set as the floor."""
        self.finding: Finding | None = None
        self._header = struct.Struct(f">I{len(self.prefix)}sqq16siH")

    def run(self, block: bytes, at: int, until: int) -> tuple[int, list[bytes]]:
        """Check and hash from offset `at` on, up to position `until`: the offset after it, and the leaf hashes.

        A first bad record is kept as `finding`; from there on records are only hashed, to tell what checkpoints say.
        """
        leaves: list[bytes] = []
        while self.finding is None:
            at = self._checked(block, at, until, leaves)
            if self.position >= until or at >= len(block):
                return at, leaves
            at = self._looked_at(block, at, leaves)
        return self._hashed(block, at, until, leaves), leaves

    def _looked_at(self, block: bytes, at: int, leaves: list[bytes]) -> int:
        """What the quick loop did not take: a record about the log itself, or a bad one, of which it is told why."""
        end = at + 4 + int.from_bytes(block[at : at + 4])
        leaf = block[at + 4 : end]
        expected = self.expected()
        found = read_leaf(leaf) if end <= len(block) else None
        if found is None or found[1].name.encode() not in self._of_log or of_record(*found, expected) is not None:
            self.finding = explain(block, at, expected)
            return at
        origin, record = found
        fact = log_fact(origin, record)
        self.log_facts += [fact] if fact is not None else []
        self.position, self.versions[record.stream_id.bytes] = record.position, record.version
        self.floor = (record.recorded_at - _EPOCH) // _MICROSECOND
        leaves.append(sha256(leaf).digest())
        return end

    def _checked(self, block: bytes, at: int, until: int, leaves: list[bytes]) -> int:
        unpack, header_bytes, size = self._header.unpack_from, self._header.size, len(block)
        prefix, names, versions, find, add = self.prefix, self._usual, self.versions, block.find, leaves.append
        before = len(leaves)
        floor, ceiling, get, last_at = self.floor, self.ceiling, self.versions.get, size - header_bytes
        last_stream, last_version = b"", 0  # written down when another stream comes: events of one come together
        last_moment = None  # events of one append were recorded together
        usual = 0  # where the correlation id began in the state before: mostly at the same place
        for position in range(self.position + 1, until + 1):
            if at > last_at:
                break
            length, head, place, moment, stream, version, name_length = unpack(block, at)
            state_at = at + header_bytes + name_length
            end = at + 4 + length
            id_at = state_at + usual
            if block[id_at : id_at + 18] != _CORRELATION or id_at > end:
                id_at = find(_CORRELATION, state_at, end)
                usual = id_at - state_at
                if id_at < 0:
                    break
            if moment != last_moment:
                if not floor <= moment <= ceiling:
                    break
                floor = last_moment = moment
            if (
                place != position
                or head != prefix
                or end > size
                or block[state_at - name_length : state_at] not in names
                or (block[id_at + 57 : id_at + 58] == b"c" and not causes_earlier(block, id_at + 55, end, version))
            ):
                break
            if stream == last_stream:
                if version != last_version + 1:
                    break
            else:
                if version != get(stream, 0) + 1 and (version or stream in versions):
                    break
                versions[last_stream] = last_version
                last_stream = stream
            last_version = version
            add(sha256(block[at + 4 : end]).digest())
            at = end
        versions[last_stream] = last_version
        self.position, self.floor = self.position + len(leaves) - before, floor
        return at

    def expected(self) -> Expected:
        """What the next record must be."""
        return Expected(
            self.origin, self.position + 1, self.floor, self.ceiling, self.sealed_floor, self.versions, self.names
        )

    def _hashed(self, block: bytes, at: int, until: int, leaves: list[bytes]) -> int:
        size = len(block)
        while self.position < until and at < size:
            if at + FRAME_BYTES > size:
                return size
            end = at + 4 + _LENGTH.unpack_from(block, at)[0]
            if end > size:
                return size
            leaves.append(sha256(block[at + 4 : end]).digest())
            self.position += 1
            at = end
        return at
