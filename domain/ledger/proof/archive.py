"""Files of an export or a bundle: a folder or a zip, read and written with bounds, whoever made them.

Nothing is unpacked to disk and no archive within an archive is opened; a member is read only as far as its reader
allows. Never here: what the files hold.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Protocol

from domain.ledger.proof.faults import MalformedExport

MEMBER_LIMIT = 60_000
DIRECTORY_LIMIT_BYTES = 16 * 2**20
"""A zip lists at most so many members, in so many bytes: a listing is held in memory."""
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, struct.error)


class Archive(Protocol):
    """Files by their names: relative paths with slashes."""

    def read(self, name: str, limit: int) -> bytes:
        """The whole file. Raises MalformedExport when it is missing, broken, or longer than the limit (bytes)."""

    def stream(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """The file, to be read piece by piece. Raises MalformedExport when it is missing."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""

    def names(self) -> list[str]:
        """The names of all files, as they are written. Raises MalformedExport when there are too many."""


class Folder:
    """A folder of files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / name).is_file()

    def names(self) -> list[str]:
        """The names of all files below the folder."""
        files = (path for path in self.path.rglob("*") if not path.is_dir())
        names = [path.relative_to(self.path).as_posix() for path in islice(files, MEMBER_LIMIT + 1)]
        if len(names) > MEMBER_LIMIT:
            raise MalformedExport(f"{self.path.name} holds more than {MEMBER_LIMIT} files")
        return names

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The file, to be read piece by piece."""
        if not self.has(name):
            raise MalformedExport(f"{name} is not there")
        with (self.path / name).open("rb") as opened:
            yield opened

    def read(self, name: str, limit: int) -> bytes:
        """The whole file."""
        with self.stream(name) as opened:
            length = (self.path / name).stat().st_size  # no more is taken into memory at first than is there
            return _bounded(opened, name, min(limit, length + 1) if length else limit)


class Zip:
    """A zip of files. Raises MalformedExport on what is no zip, or lists more than an export can hold."""

    def __init__(self, path: Path) -> None:
        _check_listing(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except _FAULTS as fault:
            raise MalformedExport(f"{path.name} is no zip that can be read: {fault}") from None
        names = self._zip.namelist()
        if len(names) != len(set(names)):
            raise MalformedExport(f"{path.name} holds a file of the same name twice")
        if any(each.filename.endswith("/") and (each.file_size or each.compress_size) for each in self._zip.infolist()):
            raise MalformedExport(f"{path.name} holds bytes under the name of a folder")

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._zip.NameToInfo

    def names(self) -> list[str]:
        """The names of all members but folders."""
        return [name for name in self._zip.namelist() if not name.endswith("/")]

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The file, to be read piece by piece."""
        if not self.has(name):
            raise MalformedExport(f"{name} is not there")
        try:
            with self._zip.open(name) as opened:
                yield opened
        except _FAULTS as fault:
            raise MalformedExport(f"{name} cannot be read: {fault}") from None

    def read(self, name: str, limit: int) -> bytes:
        """The whole file, its checksum tried."""
        with self.stream(name) as opened:
            return _bounded(opened, name, limit)


def archive_at(path: Path) -> Archive:
    """The folder or the zip that is there. Raises MalformedExport."""
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise MalformedExport(f"{path} is not there")
    return Zip(path)


class ArchiveWriter:
    """Writes files into a new folder or a new zip: which, the name tells (.zip). Raises FileExistsError.

    Nobody but its owner can read it, from the first byte on: a bundle may tell words in the clear.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(17, "it is there already", str(path))
        self._path = path
        self._file: IO[bytes] | None = None
        self._zip: zipfile.ZipFile | None = None
        if path.suffix == ".zip":
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
            self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        else:
            path.mkdir(mode=0o700, parents=True)

    def write(self, name: str, data: bytes) -> None:
        """One whole file."""
        if self._zip is not None:
            self._zip.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
            return
        self._target(name).write_bytes(data)

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """One whole file of any length, written as its pieces come."""
        with self._begun(name) as opened:
            for piece in pieces:
                opened.write(piece)

    def _begun(self, name: str) -> IO[bytes]:
        if self._zip is None:
            return self._target(name).open("wb")
        member = zipfile.ZipInfo(name)
        member.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(member, "w", force_zip64=True)

    def _target(self, name: str) -> Path:
        target = self._path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def close(self) -> None:
        """Finish: a zip is none before."""
        if self._zip is not None and self._file is not None:
            self._zip.close()
            self._file.close()


def _bounded(opened: IO[bytes], name: str, limit: int) -> bytes:
    data = opened.read(limit + 1)
    if len(data) > limit:
        raise MalformedExport(f"{name} is longer than the {limit} bytes that it may have")
    return data


def _check_listing(path: Path) -> None:
    """Raises MalformedExport when a zip's listing is too long, before it is read: a listing is held in memory."""
    with path.open("rb") as opened:
        if opened.read(4) not in _BEGINNINGS:
            raise MalformedExport(f"{path.name} is no zip, or something stands before its beginning")
        length = opened.seek(0, 2)
        opened.seek(max(0, length - _END.size - _LOCATOR.size))
        tail = opened.read()
        if len(tail) < _END.size or tail[-_END.size :][:4] != b"PK\x05\x06":
            raise MalformedExport(f"{path.name} is no zip, or is cut short, or goes on after its end")
        _, _, _, _, members, listing, _, _ = _END.unpack(tail[-_END.size :])
        locator = tail[: -_END.size]
        if locator[:4] == b"PK\x06\x07" and len(locator) == _LOCATOR.size:
            opened.seek(_LOCATOR.unpack(locator)[2])
            end = opened.read(_END_64.size)
            if len(end) < _END_64.size:
                raise MalformedExport(f"{path.name} is cut short")
            members, listing = _END_64.unpack(end)[7:9]
    if members > MEMBER_LIMIT or listing > DIRECTORY_LIMIT_BYTES:
        raise MalformedExport(f"{path.name} lists more than {MEMBER_LIMIT} files, or lists them at too great length")
