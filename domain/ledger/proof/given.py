"""What a verification is given: the source, what the auditor brings to it, and how far it is to go.

Never here: the verification itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ledger.proof.bundle import BundleManifest
from domain.ledger.proof.note import VerifierKey
from domain.ledger.proof.tiles import TileReader, TileWriter
from domain.ledger.submission import StoredRecord

Progress = Callable[[int, int], None]
"""Told how many of how many events are done."""


class Source(Protocol):
    """A whole register as it can be had: an export, or a database."""

    @property
    def told(self) -> str:
        """What a report calls it."""

    @property
    def origin(self) -> str:
        """Of which log it says that it is."""

    @property
    def size(self) -> int:
        """How many events it says that it has."""

    @property
    def keys(self) -> Sequence[VerifierKey]:
        """The public keys that it lists."""

    @property
    def names(self) -> Collection[str]:
        """The names of facts that it lists."""

    def block(self, position: int) -> bytes | None:
        """Frames of the records right after the position; None when there are none. Raises Refuted, ProofFault."""

    def checkpoints(self) -> Iterator[bytes]:
        """The source's own checkpoints, by size."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor brings: keys, checkpoints (notes), and tiles kept from before. All may be none."""

    keys: Sequence[VerifierKey] = ()
    checkpoints: Sequence[bytes] = ()
    tiles: TileReader | None = None


@dataclass(frozen=True, slots=True)
class ToldBundle:
    """A bundle's manifest, its records as they are stored, in order, and the words of sealed parts, as JSON."""

    manifest: BundleManifest
    records: tuple[StoredRecord, ...]
    words: bytes


@dataclass(frozen=True, slots=True)
class MadeAgain:
    """Makes what people read in a bundle anew, by file name; `made_with` is the release that it belongs to.

    `make` raises ProofFault when it cannot be made from these.
    """

    made_with: str
    make: Callable[[ToldBundle], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Options:
    """`names`: the facts that are known (None: those that the source lists). `thorough`: parse every state as well.

    `keep`: where to write the tiles of what was verified, to be brought the next time. `made_again`: makes anew what
    people read in a bundle, from its records, so that it can be compared.
    """

    names: Collection[str] | None = None
    thorough: bool = False
    keep: TileWriter | None = None
    made_again: MadeAgain | None = None
    progress: Progress = lambda done, total: None
