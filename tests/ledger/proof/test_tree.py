"""The Merkle tree: what is proved is so, and nothing else can be proved."""

from __future__ import annotations

import base64
import functools
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.proof.faults import MalformedProof, ProofFault
from domain.ledger.proof.tree import (
    EMPTY_ROOT,
    CompactTree,
    LeafHashes,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from tests.ledger.proof import naive

LARGEST = 256
LEAVES = [bytes([n % 251]) * (n % 7) + n.to_bytes(2) for n in range(LARGEST)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NODES = LeafHashes(HASHES)
PROJECT = Path(__file__).resolve().parents[3]
VECTORS = Path(os.environ.get("JAKSOKIRJA_VECTORS") or PROJECT.parent / "shared" / "vectors") / "merkle"
KNOWN_VECTORS = 196

sizes = st.integers(1, LARGEST)


@functools.cache
def naive_root(size: int) -> bytes:
    return naive.root(LEAVES[:size])


def test_every_root_up_to_256_leaves_is_the_naive_one_however_it_is_reckoned() -> None:
    one_by_one = CompactTree()
    for size in range(LARGEST + 1):
        at_once = CompactTree()
        at_once.extend(HASHES[:size])
        expected = naive_root(size)
        assert one_by_one.root() == at_once.root() == root_of(NODES, size) == expected
        if size < LARGEST:
            one_by_one.append(HASHES[size])


def test_every_inclusion_proof_up_to_256_leaves_is_the_naive_one_and_holds() -> None:
    naive_path = _cached_naive()
    for size in range(1, LARGEST + 1):
        root = naive_root(size)
        for index in range(size):
            proof = inclusion_proof(NODES, index, size)
            assert proof == naive_path(index, 0, size)
            check_inclusion(index, size, HASHES[index], proof, root)


def test_every_consistency_proof_up_to_256_leaves_is_the_naive_one_and_holds() -> None:
    for newer in range(1, LARGEST + 1):
        for older in range(1, newer + 1):
            proof = consistency_proof(NODES, older, newer)
            check_consistency(older, newer, naive_root(older), naive_root(newer), proof)
            if newer % 16 < 3:  # the naive proofs of all 32,896 pairs would take minutes
                assert proof == naive.consistency(older, LEAVES[:newer])


def _cached_naive() -> functools._lru_cache_wrapper[list[bytes]]:
    """The naive path over ranges, each root of a range reckoned once: 33,000 proofs in seconds."""

    @functools.cache
    def root(start: int, end: int) -> bytes:
        return naive.root(LEAVES[start:end])

    @functools.cache
    def path(index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + naive.split(end - start)
        if index < middle:
            return [*path(index, start, middle), root(middle, end)]
        return [*path(index, middle, end), root(start, middle)]

    return path


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not here; JAKSOKIRJA_VECTORS names them")
def test_all_published_vectors_pass(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(VECTORS.glob("*/**/*.json"))
    wrong = [str(path.relative_to(VECTORS)) for path in files if not _as_published(path)]
    with capsys.disabled():
        print(  # noqa: T201 -- a run tells how many of the vectors it saw
            f"\nMerkle vectors: {len(files) - len(wrong)} of {len(files)} as published"
        )
    assert wrong == []
    assert len(files) == KNOWN_VECTORS


def _as_published(path: Path) -> bool:
    vector = json.loads(path.read_text())
    proof = [base64.b64decode(each) for each in vector["proof"] or []]
    try:
        if "leafIdx" in vector:
            leaf, root = (base64.b64decode(vector[name] or "") for name in ("leafHash", "root"))
            check_inclusion(vector["leafIdx"], vector["treeSize"], leaf, proof, root)
        else:
            roots = [base64.b64decode(vector[name] or "") for name in ("root1", "root2")]
            check_consistency(vector["size1"], vector["size2"], roots[0], roots[1], proof)
    except ProofFault:
        return bool(vector["wantErr"])
    return not vector["wantErr"]


@given(st.data(), sizes)
def test_an_inclusion_proof_that_was_changed_in_any_way_is_refused(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(NODES, index, size)
    forged = data.draw(_changed(proof))
    with pytest.raises(ProofFault):
        check_inclusion(index, size, HASHES[index], forged, naive_root(size))


@given(st.data(), sizes)
def test_a_leaf_is_not_proved_in_another_place_or_as_another_leaf(data: st.DataObject, size: int) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-1, size))
    proof, root = inclusion_proof(NODES, index, size), naive_root(size)
    if other != index:
        with pytest.raises(ProofFault):
            check_inclusion(other, size, HASHES[index], proof, root)
    with pytest.raises(ProofFault):
        check_inclusion(index, size, _flipped(data, HASHES[index]), proof, root)


@given(st.data(), sizes)
def test_a_consistency_proof_that_was_changed_in_any_way_is_refused(data: st.DataObject, newer: int) -> None:
    older = data.draw(st.integers(1, newer))
    proof = consistency_proof(NODES, older, newer)
    with pytest.raises(ProofFault):
        check_consistency(older, newer, naive_root(older), naive_root(newer), data.draw(_changed(proof)))
    roots = [naive_root(older), naive_root(newer)]
    which = data.draw(st.integers(0, 1))
    roots[which] = _flipped(data, roots[which])
    with pytest.raises(ProofFault):
        check_consistency(older, newer, roots[0], roots[1], proof)


@given(st.data(), sizes)
def test_a_tree_whose_past_was_rewritten_cannot_be_shown_to_extend_the_old_one(data: st.DataObject, newer: int) -> None:
    older = data.draw(st.integers(1, newer))
    changed = data.draw(st.integers(0, older - 1))
    rewritten = [*HASHES[:changed], leaf_hash(b"rewritten"), *HASHES[changed + 1 : newer]]
    nodes = LeafHashes(rewritten)
    with pytest.raises(ProofFault):
        check_consistency(
            older, newer, naive_root(older), root_of(nodes, newer), consistency_proof(nodes, older, newer)
        )


@given(cuts=st.lists(st.integers(0, LARGEST), max_size=6))
def test_a_tree_saved_and_restored_at_any_point_goes_on_to_the_same_root(cuts: list[int]) -> None:
    tree = CompactTree()
    for cut in sorted({*cuts, LARGEST}):
        tree = CompactTree(tree.size, list(tree.peaks))
        before = tree.copy()
        tree.extend(HASHES[tree.size : cut])
        assert before.root() == naive_root(before.size)
    assert tree.root() == naive_root(LARGEST)


@pytest.mark.parametrize(("size", "peaks"), [(1, []), (0, [b"\0" * 32]), (3, [b"\0" * 32]), (1, [b"short"]), (-1, [])])
def test_a_saved_tree_whose_peaks_do_not_fit_its_size_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(MalformedProof):
        CompactTree(size, peaks)


def test_the_empty_tree_is_extended_by_every_tree_without_a_proof() -> None:
    check_consistency(0, 5, EMPTY_ROOT, naive_root(5), [])
    assert consistency_proof(NODES, 0, 5) == []
    with pytest.raises(ProofFault):
        check_consistency(0, 5, naive_root(1), naive_root(5), [])


@pytest.mark.parametrize("hashes", [65, 100_000])
def test_a_proof_of_absurd_length_is_refused_before_anything_is_hashed(hashes: int) -> None:
    proof = [HASHES[0]] * hashes
    with pytest.raises(MalformedProof, match="at most 64"):
        check_inclusion(0, 2**62, HASHES[0], proof, HASHES[0])
    with pytest.raises(MalformedProof, match="at most 64"):
        check_consistency(1, 2**62, HASHES[0], HASHES[0], proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, 2**63), (2**63, 2**80)])
def test_what_no_tree_has_is_refused(index: int, size: int) -> None:
    with pytest.raises(MalformedProof):
        check_inclusion(index, size, HASHES[0], [], HASHES[0])
    with pytest.raises(MalformedProof):
        inclusion_proof(NODES, index, size)


def test_a_tree_cannot_extend_a_greater_one() -> None:
    with pytest.raises(MalformedProof):
        check_consistency(3, 2, naive_root(3), naive_root(2), [])
    with pytest.raises(MalformedProof):
        consistency_proof(NODES, 3, 2)


def _flipped(data: st.DataObject, value: bytes) -> bytes:
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    return (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))


@st.composite
def _changed(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """The proof with a bit flipped, a hash dropped, added, doubled or moved, or one of another length."""
    forged = list(proof)
    at = draw(st.integers(0, len(proof)))
    ways = ["add"] if at == len(proof) else ["add", "drop", "flip", "short"]
    match draw(st.sampled_from(ways)):
        case "add":
            forged.insert(at, draw(st.sampled_from([*proof, b"\0" * 32, EMPTY_ROOT])))
        case "drop":
            del forged[at]
        case "flip":
            forged[at] = bytes([forged[at][0] ^ 1 << draw(st.integers(0, 7))]) + forged[at][1:]
        case _:
            forged[at] = forged[at][:-1]
    return forged
