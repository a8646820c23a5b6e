"""Ways of tampering with an export: cutting it, and putting it together from several."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from domain.ledger.live import export_register
from domain.ledger.proof.export import CHECKPOINTS, Export, Manifest, records_name, write_export
from domain.ledger.proof.records import framed, unframed
from scripts.tampering import rows
from scripts.tampering.scratch import Scratch
from scripts.tampering.way import Who, way

HANDED_OUT: Who = "whoever hands out the files"
PART = 40
"""So many records a file: an export of the scratch register would else have but one."""


def exported(scratch: Scratch, *, handed_out: str = "export.zip") -> Path:
    """An export of the register as it stands, its records in several files; an older one of the name is replaced."""
    whole, path = scratch.folder / "whole.zip", scratch.folder / handed_out
    for each in (whole, path):
        each.unlink(missing_ok=True)
    export_register(scratch.dsn, scratch.register, whole)
    export = Export(whole)
    records = list(unframed(export.block(0) or b""))
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(path, "w") as written:
        for name in read.namelist():
            if not name.startswith("records/"):
                written.writestr(name, read.read(name))
        for at in range(0, len(records), PART):
            written.writestr(records_name(at), b"".join(map(framed, records[at : at + PART])))
    return path


def _changed(path: Path, changes: dict[str, bytes | None]) -> Path:
    """The zip with some of its files replaced, or left out."""
    with zipfile.ZipFile(path) as read:
        files = {name: read.read(name) for name in read.namelist()}
    with zipfile.ZipFile(path, "w") as written:
        for name, data in {**files, **changes}.items():
            if data is not None:
                written.writestr(name, data)
    return path


def _parts(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as read:
        yield from sorted(name for name in read.namelist() if name.startswith("records/"))


def _read(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as read:
        return read.read(name)


@way("An export is cut short", HANDED_OUT)
def export_cut(scratch: Scratch, drawn: Random) -> Path:
    """Anywhere."""
    path = exported(scratch)
    data = path.read_bytes()
    path.write_bytes(data[: drawn.randrange(len(data))])
    return path


@way("A file of records of an export is cut short, or left out", HANDED_OUT)
def records_cut(scratch: Scratch, drawn: Random) -> Path:
    """One of those of which the checkpoint covers a part."""
    path = exported(scratch)
    name = drawn.choice([each for at, each in enumerate(_parts(path)) if at * PART < scratch.sealed])
    data = _read(path, name)
    return _changed(path, {name: drawn.choice([None, data[: drawn.randrange(1, len(data))]])})


@way("An export is said to be shorter than it is, and its later checkpoints are left out", HANDED_OUT)
def export_shortened(scratch: Scratch, drawn: Random) -> Path:
    """A sound export, but of less than was sealed."""
    whole, path = Export(exported(scratch)), scratch.folder / "shortened.zip"
    path.unlink(missing_ok=True)
    size = drawn.randrange(1, scratch.sealed)
    notes = [note for covered, _, note in scratch.checkpoints if covered <= size]
    write_export(path, Manifest(whole.origin, size, tuple(whole.keys), frozenset(whole.names)),
                 scratch.records[:size], notes)  # fmt: skip
    return path


@way("An export is mixed from two: a file of records is that of a book rewritten", HANDED_OUT)
def exports_mixed(scratch: Scratch, drawn: Random) -> Path:
    """The other book lacks one event of before, so that its file begins with another."""
    path = exported(scratch)
    place = drawn.randrange(1, sum(1 for at in range(0, scratch.sealed, PART)))
    scratch.rewrite_all(rows.without(scratch, drawn.randrange(2, place * PART + 1)))
    other = exported(scratch, handed_out="other.zip")
    name = records_name(place * PART)
    return _changed(path, {name: _read(other, name)})


@way("An export is mixed from two: the records of one, the checkpoints of the other", HANDED_OUT)
def checkpoints_mixed(scratch: Scratch, drawn: Random) -> Path:
    """The records are those of a book from which one event was left out."""
    sealed = exported(scratch)
    notes = _read(sealed, CHECKPOINTS)
    scratch.rewrite_all(rows.without(scratch, drawn.randrange(2, scratch.sealed + 1)))
    return _changed(exported(scratch, handed_out="other.zip"), {CHECKPOINTS: notes})


@way("An export is mixed from two: records of another register", HANDED_OUT)
def registers_mixed(scratch: Scratch, drawn: Random) -> Path:
    """One file of them, at its place."""
    path = exported(scratch)
    name = drawn.choice([each for at, each in enumerate(_parts(path)) if at * PART < scratch.sealed])
    ours, theirs = scratch.origin.encode(), scratch.origin.encode()[:-1] + b"Z"
    return _changed(path, {name: _read(path, name).replace(ours, theirs)})
