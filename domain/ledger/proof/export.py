"""A register's export: its records verbatim, its checkpoints, its public keys and the names of its facts.

    export.json          what is here: format, origin, size, keys, names
    records/P.records    records from position P on (12 digits), framed as records.py says
    checkpoints.notes    the signed notes, each behind its length (int4, big-endian), by size

docs/formats.md is the page about it. Never here: how records and checkpoints are read from a database.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.ledger.proof.archive import Archive, ArchiveWriter, archive_at
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.faults import MalformedExport
from domain.ledger.proof.note import NOTE_LIMIT_BYTES, VerifierKey
from domain.ledger.proof.records import READ_LIMIT_BYTES, blocks
from domain.ledger.proof.tree import SIZE_LIMIT

FORMAT = "jaksokirja-export/1"
MANIFEST = "export.json"
CHECKPOINTS = "checkpoints.notes"
MANIFEST_LIMIT_BYTES = 2**20
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export says of itself. Nothing of it is signed: it is what the verification tries."""

    origin: str
    size: int
    keys: tuple[VerifierKey, ...]
    names: frozenset[str]

    def to_bytes(self) -> bytes:
        """As it stands in the export."""
        told = {
            "format": FORMAT,
            "origin": self.origin,
            "size": self.size,
            "keys": [str(key) for key in self.keys],
            "names": sorted(self.names),
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Raises MalformedExport, MalformedKey."""
        told = manifest_of(data)
        origin, size, keys, names = (told.get(field) for field in ("origin", "size", "keys", "names"))
        if told.get("format") != FORMAT:
            raise MalformedExport(f"{MANIFEST} says that this is no export of the format {FORMAT}")
        if not isinstance(origin, str) or not 1 <= len(origin.encode()) <= 255:
            raise MalformedExport(f"{MANIFEST} tells no origin of 1 to 255 bytes")
        if type(size) is not int or not 0 <= size < SIZE_LIMIT:
            raise MalformedExport(f"{MANIFEST} tells no size from 0 to 2**63 - 1")
        return cls(origin, size, tuple(map(verifier_key, _texts(keys))), frozenset(_texts(names)))


class Export:
    """An export that is there to be read. Raises MalformedExport, MalformedKey; records are not looked at."""

    def __init__(self, path: Path, archive: Archive | None = None) -> None:
        self.told = str(path)
        self._archive = archive or archive_at(path)
        self._manifest = Manifest.parse(self._archive.read(MANIFEST, MANIFEST_LIMIT_BYTES))
        self.origin = self._manifest.origin
        self.size = self._manifest.size
        self.keys: Sequence[VerifierKey] = self._manifest.keys
        self.names: Collection[str] = self._manifest.names

    def block(self, position: int) -> bytes | None:
        """The frames of the file whose records begin after that position; None when there is none."""
        name = records_name(position)
        return self._archive.read(name, READ_LIMIT_BYTES) if self._archive.has(name) else None

    def checkpoints(self) -> Iterator[bytes]:
        """The signed notes, in the order in which they stand. Raises MalformedExport on one cut short or too long."""
        if not self._archive.has(CHECKPOINTS):
            return
        with self._archive.stream(CHECKPOINTS) as opened:
            while head := opened.read(_LENGTH.size):
                length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else NOTE_LIMIT_BYTES + 1
                note = opened.read(length) if length <= NOTE_LIMIT_BYTES else b""
                if len(note) != length:
                    raise MalformedExport(f"{CHECKPOINTS} is cut short, or a note's length is wrong")
                yield note


def write_export(path: Path, manifest: Manifest, records: Iterable[bytes], checkpoints: Iterable[bytes]) -> None:
    """Write an export into a new folder, or a new zip when the name ends in .zip. Raises FileExistsError.

    `records` are those of positions 1 to `manifest.size`, in order; MalformedExport when they are not as many.
    """
    writer = ArchiveWriter(path)
    try:
        position = 0
        for count, block in blocks(records):
            writer.write(records_name(position), block)
            position += count
        if position != manifest.size:
            raise MalformedExport(f"{position} records came to be written, not {manifest.size}")
        writer.write_pieces(CHECKPOINTS, (_LENGTH.pack(len(note)) + note for note in checkpoints))
        writer.write(MANIFEST, manifest.to_bytes())  # last: what was not finished is no export
    finally:
        writer.close()


def records_name(position: int) -> str:
    """The file whose records begin right after that position."""
    return f"records/{position + 1:012}.records"


def manifest_of(data: bytes) -> dict[str, Any]:
    """A manifest's JSON object. Raises MalformedExport."""
    try:
        told = json.loads(data)
        json.dumps(told, ensure_ascii=False).encode()  # a text of half characters (\ud800) is none
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise MalformedExport("the manifest is no JSON object, or holds a text that is none")
    return told


def _texts(value: object) -> list[str]:
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(texts) != len(value):
        raise MalformedExport(f"{MANIFEST} tells keys and names as lists of texts")
    return texts
