"""Records in files, as they are hashed: each leaf behind its length. The one place that knows this framing.

    4   length of the leaf   (int4, big-endian)
    1   0x00                 RFC 6962 puts it before a leaf: the leaf hash is SHA-256 of all after the length
    n   record               the stored bytes, as domain/ledger/record.py has them

Never here: what a record holds.
"""

import struct
from collections.abc import Iterable, Iterator

from domain.ledger.proof.faults import MalformedExport

RECORD_LIMIT_BYTES = 16 * 2**20
"""A longer record is not written and not read."""
BLOCK_LIMIT_BYTES = 16 * 2**20
"""A file of records is closed before it grows beyond this, unless a single record is as long."""
READ_LIMIT_BYTES = BLOCK_LIMIT_BYTES + RECORD_LIMIT_BYTES
"""No file of records is longer."""
FRAME_BYTES = 5

_FRAME = struct.Struct(">IB")


def framed(record: bytes) -> bytes:
    """The record as it stands in a file. Raises MalformedExport when it is too long to be read back."""
    if len(record) > RECORD_LIMIT_BYTES:
        raise MalformedExport(f"a record has at most {RECORD_LIMIT_BYTES} bytes, this has {len(record)}")
    return _FRAME.pack(len(record) + 1, 0) + record


def blocks(records: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The records in blocks of bounded size: how many, and their frames."""
    frames: list[bytes] = []
    length = 0
    for record in records:
        frame = framed(record)
        if frames and length + len(frame) > BLOCK_LIMIT_BYTES:
            yield len(frames), b"".join(frames)
            frames, length = [], 0
        frames.append(frame)
        length += len(frame)
    if frames:
        yield len(frames), b"".join(frames)


def unframed(block: bytes) -> Iterator[bytes]:
    """The records of a block. Raises MalformedExport on one that is cut short."""
    at = 0
    while at < len(block):
        if at + FRAME_BYTES > len(block):
            raise MalformedExport("the last record of a block is cut short")
        length, prefix = _FRAME.unpack_from(block, at)
        end = at + 4 + length
        if length < 1 or prefix != 0 or end > len(block):
            raise MalformedExport("a record of a block is cut short, or its length is wrong")
        yield block[at + FRAME_BYTES : end]
        at = end
