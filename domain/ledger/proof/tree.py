"""The Merkle tree of a log: RFC 6962 hashing, a tree that grows, proofs made and proofs verified (RFC 9162, 2.1).

Hashes are 32 bytes (SHA-256); a leaf is hashed behind 0x00, a node behind 0x01. Sizes count leaves.
Never here: what a leaf holds, signatures, files.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from domain.ledger.proof.faults import MalformedProof, WrongProof

HASH_BYTES = 32
SIZE_LIMIT = 2**63
"""Sizes are below it, as positions are."""
PROOF_LIMIT = 64
"""No proof of a tree below SIZE_LIMIT is longer."""
EMPTY_ROOT = sha256(b"").digest()
_begun_node = sha256(b"\x01").copy
"""A hash that has taken a node's first byte: quicker to copy than a new one is to make."""

Nodes = Callable[[int, int], bytes]
"""The hash of the full subtree of 2**level leaves that starts at leaf index * 2**level: nodes(level, index)."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds the bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two others."""
    return sha256(b"\x01" + left + right).digest()


class CompactTree:
    """A tree that only grows, kept as its peaks: the roots of its full subtrees, the greatest first.

    `size` and `peaks` are all that must be saved to go on later: at most 63 hashes.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Raises MalformedProof unless there is one peak of 32 bytes for each bit of the size."""
        self.size = _checked_size(size)
        self.peaks = _checked_hashes(peaks)
        if len(self.peaks) != size.bit_count():
            raise MalformedProof(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    def copy(self) -> "CompactTree":
        """The same tree, to grow on its own."""
        return CompactTree(self.size, self.peaks)

    def append(self, leaf: bytes) -> None:
        """Grow by the hash of one leaf."""
        self._push(leaf, 0)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Grow by the hashes of leaves, full subtrees at a time: much quicker than one by one."""
        done = 0
        while done < len(leaves):
            height = (len(leaves) - done).bit_length() - 1
            if self.size:
                height = min(height, (self.size & -self.size).bit_length() - 1)
            self._push(full_root(leaves[done : done + (1 << height)]), height)
            done += 1 << height

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

    def _push(self, node: bytes, height: int) -> None:
        _checked_size(self.size + (1 << height))
        at = height
        while self.size >> at & 1:
            node = node_hash(self.peaks.pop(), node)
            at += 1
        self.peaks.append(node)
        self.size += 1 << height


def full_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    level = list(hashes)
    while len(level) > 1:
        above: list[bytes] = []
        for left, right in zip(level[::2], level[1::2], strict=True):
            node = _begun_node()
            node.update(left)
            node.update(right)
            above.append(node.digest())
        level = above
    return level[0]


class LeafHashes:
    """The nodes of a tree whose leaf hashes are all at hand, as proofs are made from them."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[Sequence[bytes]] = [leaves]

    def __call__(self, level: int, index: int) -> bytes:
        while len(self._levels) <= level:
            below = self._levels[-1]
            self._levels.append([node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
        return self._levels[level][index]


def root_of(nodes: Nodes, size: int) -> bytes:
    """The root of the tree's first `size` leaves."""
    return _range_root(nodes, 0, _checked_size(size)) if size else EMPTY_ROOT


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves, from the leaf upwards.

    Raises MalformedProof when the tree has no such leaf.
    """
    _check_index(index, size)
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            proof.append(_range_root(nodes, middle, end))
            end = middle
        else:
            proof.append(_range_root(nodes, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(nodes: Nodes, older: int, newer: int) -> list[bytes]:
    """The hashes that show the tree of `newer` leaves to extend that of `older`; none when either says nothing.

    Raises MalformedProof when `older` is beyond `newer`.
    """
    _check_grown(older, newer)
    proof: list[bytes] = []
    start, end, whole = 0, newer, True
    while 0 < older != end:
        middle = start + _left_size(end - start)
        if older <= middle:
            proof.append(_range_root(nodes, middle, end))
            end = middle
        else:
            proof.append(_range_root(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_range_root(nodes, start, end))
    return proof[::-1]


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Whether the leaf hash stands at `index` in the tree of that size and root. Raises MalformedProof, WrongProof."""
    if root_by_inclusion(index, size, leaf, proof) != root:
        raise WrongProof(f"the proof does not lead from leaf {index} to the root of {size} leaves")


def root_by_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that the proof leads to (RFC 9162, 2.1.3.2). Raises MalformedProof."""
    _check_index(index, size)
    hashes = _checked_hashes([leaf, *_bounded(proof)])
    node, last = index, size - 1
    root = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise MalformedProof(f"the proof of leaf {index} in {size} leaves has too many hashes")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise MalformedProof(f"the proof of leaf {index} in {size} leaves has too few hashes")
    return root


def check_consistency(older: int, newer: int, older_root: bytes, newer_root: bytes, proof: Sequence[bytes]) -> None:
    """Whether the tree of `newer` leaves extends that of `older` (RFC 9162, 2.1.4.2).

    Raises MalformedProof, WrongProof. From no leaves, or between equal sizes, only the empty proof is right.
    """
    _check_grown(older, newer)
    if older == 0 and older_root != EMPTY_ROOT:
        raise WrongProof("the empty tree has another root")
    if older == newer:
        if proof or older_root != newer_root:
            raise WrongProof(f"two trees of {older} leaves are the same or not; no proof makes them so")
        return
    hashes = _checked_hashes([older_root, newer_root, *_bounded(proof)])[2:]
    if older == 0:
        if hashes:
            raise WrongProof("every tree extends the empty one, without a proof")
    elif _roots_by_consistency(older, newer, older_root, hashes) != (older_root, newer_root):
        raise WrongProof(f"the tree of {newer} leaves does not extend that of {older}")


def _roots_by_consistency(older: int, newer: int, older_root: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    path = [older_root, *proof] if older & (older - 1) == 0 else proof
    if not proof:
        raise MalformedProof(f"a proof from {older} to {newer} leaves has hashes")
    node, last = older - 1, newer - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            raise MalformedProof(f"the proof from {older} to {newer} leaves has too many hashes")
        if node & 1 or node == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, each)
        node, last = node >> 1, last >> 1
    if last:
        raise MalformedProof(f"the proof from {older} to {newer} leaves has too few hashes")
    return first, second


def _range_root(nodes: Nodes, start: int, end: int) -> bytes:
    """The root of the leaves from start to end, where start is a multiple of the left part's size."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _left_size(count)
    return node_hash(_range_root(nodes, start, middle), _range_root(nodes, middle, end))


def _left_size(count: int) -> int:
    """The greatest power of two below the count: how many leaves stand to the left."""
    return 1 << (count - 1).bit_length() - 1


def _checked_size(size: int) -> int:
    if not 0 <= size < SIZE_LIMIT:
        raise MalformedProof("a tree has from 0 to 2**63 - 1 leaves")
    return size


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < _checked_size(size):
        raise MalformedProof(f"a tree of {size} leaves has no leaf {index}")


def _check_grown(older: int, newer: int) -> None:
    if _checked_size(older) > _checked_size(newer):
        raise MalformedProof(f"a tree of {newer} leaves cannot extend one of {older}")


def _bounded(proof: Sequence[bytes]) -> Sequence[bytes]:
    if len(proof) > PROOF_LIMIT:
        raise MalformedProof(f"a proof has at most {PROOF_LIMIT} hashes, this has {len(proof)}")
    return proof


def _checked_hashes(hashes: Iterable[bytes]) -> list[bytes]:
    checked = list(hashes)
    if any(len(each) != HASH_BYTES for each in checked):
        raise MalformedProof(f"a hash has {HASH_BYTES} bytes")
    return checked
