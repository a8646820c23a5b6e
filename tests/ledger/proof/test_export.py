"""Exports as files: read back as they were written, and refused clearly when they are anything else."""

from __future__ import annotations

import contextlib
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.ledger.proof import records
from domain.ledger.proof.archive import DIRECTORY_LIMIT_BYTES, MEMBER_LIMIT
from domain.ledger.proof.export import CHECKPOINTS, MANIFEST, Export, Manifest, records_name, write_export
from domain.ledger.proof.faults import MalformedExport, MalformedKey, ProofFault
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.records import RECORD_LIMIT_BYTES, blocks, framed, unframed
from domain.ledger.proof.report import Report
from domain.ledger.proof.verify import verify
from tests.ledger.proof.registers import KEY, a_register, note_of

EVENTS = 90
SOUND = a_register(EVENTS).sealed(30, 90)
TRUST = Trust([KEY.verifier()], [note_of(SOUND.records)])
KINDS = ["export.zip", "export"]


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of records are closed after 4 KiB, so that a small export has many."""
    monkeypatch.setattr(records, "BLOCK_LIMIT_BYTES", 4096)


def verified(path: Path) -> Report:
    return verify_files(path, TRUST, Options())


def code_of(path: Path) -> str:
    """What is wrong with it, by its code, whether it was refused or verified."""
    try:
        finding = verified(path).finding
    except ProofFault as fault:
        return fault.code
    assert finding is not None
    return finding.code


def rezipped(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The zip with its files changed."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return changed


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_holds_the_records_verbatim_in_files_of_bounded_size(tmp_path: Path, kind: str) -> None:
    export = Export(SOUND.export(tmp_path / kind))
    assert (export.origin, export.size, export.keys) == (SOUND.origin, EVENTS, (KEY.verifier(),))
    assert (set(export.names), list(export.checkpoints())) == (set(SOUND.names), SOUND.notes)
    read, files = list[bytes](), 0
    while (block := export.block(len(read))) is not None:
        assert len(block) <= 4096
        read += list(unframed(block))
        files += 1
    assert read == SOUND.records
    assert files > 3


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_is_verified_from_its_files_alone(tmp_path: Path, kind: str) -> None:
    report = verified(SOUND.export(tmp_path / kind))
    assert (report.sound, report.events, report.proved_to) == (True, EVENTS, EVENTS)


def test_an_empty_register_can_be_exported_and_verified(tmp_path: Path) -> None:
    report = verify_files(a_register(0).export(tmp_path / "empty.zip"), Trust(), Options())
    assert (report.sound, report.events) == (True, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_never_replaces_what_is_there(tmp_path: Path, kind: str) -> None:
    SOUND.export(tmp_path / kind)
    with pytest.raises(FileExistsError):
        SOUND.export(tmp_path / kind)


@pytest.mark.parametrize("at", [0, 10, 200, 2000, -200, -30, -1])
def test_a_zip_cut_short_is_refused(tmp_path: Path, at: int) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    path.write_bytes(path.read_bytes()[:at])
    assert code_of(path) == "malformed_export"


def test_a_zip_with_a_byte_flipped_is_caught_or_holds_the_very_same_records(tmp_path: Path) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    whole, root = path.read_bytes(), verify(SOUND, TRUST).root
    caught = 0
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with contextlib.suppress(ProofFault):
            report = verified(path)
            if report.sound:  # a file's date in the zip, or the like
                assert report.root == root
                continue
        caught += 1
    assert caught > len(whole) // 97 * 3 // 4


@pytest.mark.parametrize("kept", [0, 3, 4, 100, -1])
def test_a_file_of_records_cut_short_is_found_at_the_record(tmp_path: Path, kept: int) -> None:
    def cut(files: dict[str, bytes]) -> None:
        second = sorted(name for name in files if name.startswith("records/"))[1]
        files[second] = files[second][:kept]

    path = SOUND.export(tmp_path / "export.zip")
    assert code_of(rezipped(path, cut)) == ("cut_short" if kept else "cut_off")


def test_files_of_records_that_changed_places_are_found(tmp_path: Path) -> None:
    def swap(files: dict[str, bytes]) -> None:
        first, second = sorted(name for name in files if name.startswith("records/"))[:2]
        files[first], files[second] = files[second], files[first]

    assert code_of(rezipped(SOUND.export(tmp_path / "export.zip"), swap)) == "position_gap"


def test_a_missing_file_of_records_and_one_too_many_are_found(tmp_path: Path) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    last = max(name for name in zipfile.ZipFile(path).namelist() if name.startswith("records/"))
    assert code_of(rezipped(path, lambda files: files.__delitem__(last))) == "cut_off"
    more = {records_name(EVENTS): framed(SOUND.records[0])}
    assert code_of(rezipped(path, lambda files: files.update(more))) == "surplus"


def test_the_records_of_another_register_are_found(tmp_path: Path) -> None:
    foreign = a_register(EVENTS, origin="jaksokirja/lapland").export(tmp_path / "foreign.zip")
    with zipfile.ZipFile(foreign) as archive:
        others = {name: archive.read(name) for name in archive.namelist() if name.startswith("records/")}
    mixed = rezipped(SOUND.export(tmp_path / "export.zip"), lambda files: files.update(others))
    assert code_of(mixed) == "foreign_origin"
    assert code_of(foreign) == "foreign_origin"


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"no json",
        b"[]",
        b"[" * 100_000,
        b"{}",
        b'{"format": "jaksokirja-export/2"}',
        b'{"format": "jaksokirja-export/1", "origin": "", "size": 1, "keys": [], "names": []}',
        b'{"format": "jaksokirja-export/1", "origin": "o", "size": "1", "keys": [], "names": []}',
        b'{"format": "jaksokirja-export/1", "origin": "o", "size": true, "keys": [], "names": []}',
        b'{"format": "jaksokirja-export/1", "origin": "o", "size": -1, "keys": [], "names": []}',
        b'{"format": "jaksokirja-export/1", "origin": "o", "size": 1, "keys": [1], "names": []}',
        b'{"format": "jaksokirja-export/1", "origin": "o", "size": 1, "keys": [], "names": "n"}',
        b" " * (2**20 + 1),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, manifest: bytes) -> None:
    path = rezipped(SOUND.export(tmp_path / "export.zip"), lambda files: files.update({MANIFEST: manifest}))
    assert code_of(path) == "malformed_export"


def test_a_manifest_with_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    path = SOUND.export(tmp_path / "export")
    told = json.loads((path / MANIFEST).read_text())
    (path / MANIFEST).write_text(json.dumps({**told, "keys": ["no key"]}))
    with pytest.raises(MalformedKey):
        Export(path)


@pytest.mark.parametrize("notes", [b"\0", b"\0\0\1\0short", struct.pack(">I", 2**32 - 1), struct.pack(">I", 1_000_001)])
def test_checkpoints_cut_short_or_of_absurd_length_are_refused(tmp_path: Path, notes: bytes) -> None:
    path = rezipped(SOUND.export(tmp_path / "export.zip"), lambda files: files.update({CHECKPOINTS: notes}))
    assert code_of(path) == "malformed_export"


def test_what_is_neither_a_zip_nor_a_folder_of_an_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "folder").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "of something else")
    for name in ("text.zip", "folder", "other.zip", "missing.zip"):
        assert code_of(tmp_path / name) == "malformed_export"


def test_a_record_whose_length_is_absurd_is_refused_without_reading_it(tmp_path: Path) -> None:
    absurd = struct.pack(">I", 2**32 - 1) + b"\0" + SOUND.records[0]
    path = rezipped(SOUND.export(tmp_path / "export.zip"), lambda files: files.update({records_name(0): absurd}))
    assert code_of(path) == "malformed_record"
    with pytest.raises(MalformedExport, match=str(RECORD_LIMIT_BYTES)):
        framed(b"r" * (RECORD_LIMIT_BYTES + 1))


@pytest.mark.parametrize("member", [MANIFEST, CHECKPOINTS, records_name(0)])
def test_a_zip_bomb_is_refused_in_bounded_memory(tmp_path: Path, member: str) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
        with new.open(member, "w", force_zip64=True) as opened:
            for _ in range(200):
                opened.write(b"\0" * 2**20)
    assert bomb.stat().st_size < 2**20
    tracemalloc.start()
    try:
        assert code_of(bomb) == ("malformed_note" if member == CHECKPOINTS else "malformed_export")
        assert tracemalloc.get_traced_memory()[1] < 120 * 2**20
    finally:
        tracemalloc.stop()


def test_a_zip_within_a_zip_is_not_opened(tmp_path: Path) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    deep = tmp_path / "deep.zip"
    with zipfile.ZipFile(deep, "w") as archive:
        archive.write(path, "export.zip")
    assert code_of(deep) == "malformed_export"


def test_a_zip_that_lists_too_much_is_refused_before_its_listing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "listing.zip"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, MEMBER_LIMIT + 1, MEMBER_LIMIT + 1, 100, 0, 0)
    path.write_bytes(b"\0" * 100 + end)
    assert code_of(path) == "malformed_export"
    path.write_bytes(b"\0" * 100 + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, DIRECTORY_LIMIT_BYTES + 1, 0, 0))
    assert code_of(path) == "malformed_export"
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**9, 10**9, 10**10, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    path.write_bytes(end_64 + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 100, 0, 0))
    assert code_of(path) == "malformed_export"


def test_a_zip_with_a_file_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(MANIFEST, b"{}")
    assert code_of(path) == "malformed_export"


def test_an_export_of_fewer_records_than_its_size_is_not_finished(tmp_path: Path) -> None:
    manifest = Manifest(SOUND.origin, EVENTS + 1, (), frozenset())
    with pytest.raises(MalformedExport, match="90 records"):
        write_export(tmp_path / "short", manifest, SOUND.records, [])
    assert not (tmp_path / "short" / MANIFEST).exists()


def test_a_record_longer_than_a_file_has_a_file_of_its_own() -> None:
    long = [b"a" * 10, b"b" * 9000, b"c" * 10]
    found = list(blocks(long))
    assert [count for count, _ in found] == [1, 1, 1]
    assert [record for _, block in found for record in unframed(block)] == long
    assert found[0][1] == b"\0\0\0\x0b\0" + b"a" * 10


def test_bytes_under_the_name_of_a_folder_are_refused_and_a_folder_alone_is_not(tmp_path: Path) -> None:
    path = SOUND.export(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("records/", b"")
    assert verified(path).sound
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("beside/", b"a message that nobody looks at")
    assert code_of(path) == "malformed_export"
