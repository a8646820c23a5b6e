"""Tiles and textual proofs: what a log is served as, and what is made from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.faults import EntryTooLong, MalformedProof, MalformedTile, ProofFault
from domain.ledger.proof.tiles import TileReader, TileWriter, tile_path
from domain.ledger.proof.tlog_proof import TlogProof
from domain.ledger.proof.tree import (
    LeafHashes,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from tests.ledger.proof.registers import KEY, ORIGIN, OTHER_KEY, note_of

ENTRIES = [f"entry {n}".encode() for n in range(70_000)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = LeafHashes(LEAVES)


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiles of 70,000 leaves: three levels."""
    folder = tmp_path_factory.mktemp("tiles")
    writer = TileWriter(folder)
    writer.extend(LEAVES)
    writer.flush()
    return folder


def test_a_tiles_path_is_written_in_groups_of_three_digits() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"


def test_seventy_thousand_leaves_have_the_tiles_that_the_specification_counts(tiles: Path) -> None:
    # tlog-tiles gives this example: 273 full tiles and one of 112, one full and one of 17, one of 1.
    full = [path for path in (tiles / "tile" / "0").rglob("*") if path.is_file() and path.parent.name[-2:] != ".p"]
    assert len(full) == 273
    assert {path.stat().st_size for path in full} == {8192}
    widths = {path.relative_to(tiles).as_posix(): path.stat().st_size // 32 for path in tiles.glob("tile/*/*.p/*")}
    assert widths == {"tile/0/273.p/112": 112, "tile/1/001.p/17": 17, "tile/2/000.p/1": 1}


@settings(deadline=None)  # the first example reckons the levels of the whole tree
@given(st.integers(1, 65_536) | st.just(70_000), st.data())
def test_every_proof_can_be_made_from_tiles(tiles: Path, size: int, data: st.DataObject) -> None:
    reader = TileReader(tiles, size)
    index, older = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = root_of(NODES, size)
    assert root_of(reader, size) == root
    check_inclusion(index, size, LEAVES[index], inclusion_proof(reader, index, size), root)
    check_consistency(older, size, root_of(NODES, older), root, consistency_proof(reader, older, size))


@pytest.mark.parametrize("cuts", [(1, 255, 256, 257), (300, 700), (512, 1024), (0, 1000)])
def test_tiles_grow_from_where_they_end(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    done = 0
    for cut in cuts:
        writer = TileWriter(tmp_path, done)
        for entry in ENTRIES[done:cut]:
            writer.add_entry(entry)
        writer.flush()
        done = cut
    reader = TileReader(tmp_path, done)
    assert root_of(reader, done) == root_of(NODES, done)
    assert [leaf for tile in reader.leaves() for leaf in tile] == LEAVES[:done]
    assert [entry for n in range((done + 255) // 256) for entry in reader.entries(n)] == ENTRIES[:done]


def test_an_entry_that_no_bundle_can_hold_is_refused(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path)
    writer.add_entry(b"e" * 65_535)
    with pytest.raises(EntryTooLong, match="65535"):
        writer.add_entry(b"e" * 65_536)


@pytest.mark.parametrize("harm", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 8193, None])
def test_a_tile_that_is_missing_cut_short_or_too_long_is_refused(tmp_path: Path, harm: bytes | None) -> None:
    writer = TileWriter(tmp_path)
    for entry in ENTRIES[:2]:
        writer.add_entry(entry)
    writer.flush()
    for path in [*tmp_path.rglob("000.p/2")]:
        path.unlink()
        if harm is not None:
            path.write_bytes(harm)
    with pytest.raises(MalformedTile):
        TileReader(tmp_path, 2)(0, 0)
    with pytest.raises(MalformedTile):
        TileReader(tmp_path, 2).entries(0)


@given(index=st.integers(0, 299), extra=st.none() | st.binary(max_size=50))
def test_a_proof_as_text_is_read_back_and_holds_for_its_record_only(index: int, extra: bytes | None) -> None:
    note = note_of(ENTRIES[:300])
    proof = TlogProof(index, tuple(inclusion_proof(NODES, index, 300)), note, extra)
    read = TlogProof.parse(proof.to_bytes())
    assert read == proof
    seen = read.check(ENTRIES[index], [KEY.verifier()], origin=ORIGIN)
    assert seen.checkpoint == Checkpoint.parse(note.decode().partition("\n\n")[0] + "\n")
    for record, key, origin in [
        (ENTRIES[index] + b" ", KEY, ORIGIN),
        (ENTRIES[index], OTHER_KEY, ORIGIN),
        (ENTRIES[index], KEY, "jaksokirja/lapland"),
    ]:
        with pytest.raises(ProofFault):
            read.check(record, [key.verifier()], origin=origin)


def test_a_proof_as_text_is_written_as_the_specification_says() -> None:
    assert TlogProof(7, (b"\0" * 32,), b"note\n", b"x").to_bytes() == (
        b"c2sp.org/tlog-proof@v1\nextra eA==\nindex 7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nnote\n"
    )
    assert TlogProof(0, (), b"note\n").to_bytes() == b"c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n"


@settings(max_examples=300)
@given(data=st.data())
def test_a_proof_as_text_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    whole = TlogProof(5, tuple(inclusion_proof(NODES, 5, 300)), note_of(ENTRIES[:300])).to_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    forged = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
    with pytest.raises(ProofFault):
        TlogProof.parse(forged).check(ENTRIES[5], [KEY.verifier()])


HASH_LINE = b"A" * 43 + b"=\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 007\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nnote",
        b"c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + HASH_LINE * 65 + b"\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + HASH_LINE * 50_000 + b"\nnote",
        b"c2sp.org/tlog-proof@v1\nextra " + b"A" * 90_000 + b"\nindex 0\n\nnote",
    ],
)
def test_what_is_no_proof_or_is_absurdly_long_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedProof):
        TlogProof.parse(data)
