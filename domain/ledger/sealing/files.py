"""Files that are there whole or not at all, whatever dies when; and the lock on a folder.

Never here: what the files say. Nothing but the standard library, so that a witness can use it alone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ONLY = 0o600


class FolderBusy(Exception):
    """Another process holds the folder."""


def write_whole(path: Path, data: bytes) -> None:
    """Put the bytes in the file's place at once: a temporary file, fsync, rename, fsync of the folder.

    Killed anywhere, the file holds what it held or all of the new. Open to the owner only. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.new")
    target = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, OWNER_ONLY)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]
        os.fsync(target)
    finally:
        os.close(target)
    os.rename(temporary, path)
    sync_folder(path.parent)


def read_whole(path: Path) -> bytes | None:
    """What the file holds; None when there is none. Raises OSError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def remove(path: Path) -> None:
    """Take the file away, for good. Raises OSError."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(path: Path) -> Path:
    """The folder, open to its owner only when it is made here."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sync_folder(folder: Path) -> None:
    """What was renamed or removed in the folder is so also after a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes; the kernel lets go when the holder dies. Raises FolderBusy."""
    lock = os.open(make_folder(folder) / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderBusy(str(folder)) from None
        yield
    finally:
        os.close(lock)
