"""The checkpoints on a verification's way, by size: those that the auditor brought, and the source's own.

Never here: records, roots.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from domain.ledger.proof.chain import Chain
from domain.ledger.proof.checkpoint import Checkpoint, SeenCheckpoint, open_checkpoint
from domain.ledger.proof.faults import MalformedExport, NoKnownSignature
from domain.ledger.proof.note import SignedNote

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


@dataclass(frozen=True, slots=True)
class _Unopened:
    """A note whose signatures were not tried yet: which keys are trusted is known when the way comes to its size."""

    note: bytes
    checkpoint: Checkpoint
    brought: bool

    @property
    def size(self) -> int:
        return self.checkpoint.size


class Marks:
    """All of them, by size; the auditor's own come first among equals, and each is opened when it is come to.

    `passed_over`: of the source's own, those that no key trusted by then has signed; `not_opened`: of the auditor's.
    """

    def __init__(self, brought: Sequence[bytes], own: Iterable[bytes], chain: Chain) -> None:
        """Raises ProofFault when what the auditor brings is no checkpoint, or says that a held key signed it."""
        self.passed_over = 0
        self.not_opened: list[NoKnownSignature] = []
        self._chain = chain
        for note in brought:
            with suppress(NoKnownSignature):  # by a key that the history adopts, perhaps
                open_checkpoint(note, chain.held)
        self._brought = sorted((_unopened(note, brought=True) for note in brought), key=lambda one: one.size)
        self._own = own

    def __iter__(self) -> Iterator[Mark]:
        """Raises ProofFault, while it goes on, at what is wrong with the source's own."""
        own = (_unopened(note, brought=False) for note in self._own)
        last = 0
        for each in heapq.merge(self._brought, own, key=lambda one: one.size):
            mark = self._opened(each)
            if mark is None:
                continue
            if not mark.brought and mark.size < last:
                raise MalformedExport("the checkpoints do not stand in the order of their sizes")
            last = max(last, mark.size)
            yield mark

    def _opened(self, each: _Unopened) -> Mark | None:
        keys = self._chain.keys(each.size, each.checkpoint.sealed_at)
        try:
            seen = open_checkpoint(each.note, keys)
            self._chain.signed(seen.log_keys)
            return Mark(seen, brought=each.brought)
        except NoKnownSignature as fault:
            if each.brought:
                self.not_opened.append(fault)
            else:
                self.passed_over += 1
            return None


def _unopened(note: bytes, *, brought: bool) -> _Unopened:
    return _Unopened(note, Checkpoint.parse(SignedNote.parse(note).text), brought)


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)
