"""The checkpoints on a verification's way, by size: those that the auditor brought, and the source's own.

Never here: records, roots.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.ledger.proof.checkpoint import Checkpoint, SeenCheckpoint, open_checkpoint
from domain.ledger.proof.faults import MalformedExport, NoKnownSignature
from domain.ledger.proof.note import VerifierKey

WITNESS_SKEW = dt.timedelta(minutes=5)
"""By how much a witness' clock may be behind the register's."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """A checkpoint whose signatures hold. `brought`: by the auditor, so from outside what is verified."""

    seen: SeenCheckpoint
    brought: bool

    @property
    def checkpoint(self) -> Checkpoint:
        """The tree head."""
        return self.seen.checkpoint

    @property
    def size(self) -> int:
        """How many events it covers."""
        return self.seen.checkpoint.size

    @property
    def sealed(self) -> int | None:
        """When it was sealed, in microseconds since 1970; None when it does not say."""
        moment = self.seen.checkpoint.sealed_at
        return None if moment is None else _microseconds(moment)

    @property
    def latest(self) -> int | None:
        """When its last event can have been recorded at the latest, in microseconds since 1970; None: unknown.

        It was sealed after that, and so was what a witness saw (to the second, and by the witness' own clock).
        """
        seen = [_microseconds(moment + dt.timedelta(seconds=1) + WITNESS_SKEW) for _, moment in self.seen.witnessed]
        return min([*seen, *([] if self.sealed is None else [self.sealed])], default=None)

    def __str__(self) -> str:
        moment = self.checkpoint.sealed_at
        return f"the checkpoint of {self.size} events" + (f" ({moment.isoformat()})" if moment else "")


class Marks:
    """All of them, by size; the auditor's own come first among equals. `passed_over`: signed by no trusted key."""

    def __init__(self, brought: Sequence[bytes], own: Iterable[bytes], keys: Sequence[VerifierKey]) -> None:
        """Raises ProofFault when what the auditor brings is not signed by a trusted key."""
        self.passed_over = 0
        self._keys = keys
        seen = [open_checkpoint(note, keys) for note in brought]
        self._brought = sorted((Mark(each, brought=True) for each in seen), key=lambda mark: mark.size)
        self._own = own

    def __iter__(self) -> Iterator[Mark]:
        """Raises ProofFault, while it goes on, at what is wrong with the source's own."""
        return heapq.merge(self._brought, self._checked(), key=lambda mark: mark.size)

    def _checked(self) -> Iterator[Mark]:
        last = 0
        for note in self._own:
            try:
                mark = Mark(open_checkpoint(note, self._keys), brought=False)
            except NoKnownSignature:
                self.passed_over += 1
                continue
            if mark.size < last:
                raise MalformedExport("the checkpoints do not stand in the order of their sizes")
            last = mark.size
            yield mark


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)
