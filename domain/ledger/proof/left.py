"""The history that a signed restore left behind: checkpoints of it, told apart from those of the one that goes on.

A restore never makes anything sound. It says why a checkpoint does not fit, who signed that, and what was replaced.
Never here: hashing of records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.ledger.proof.chain import Chain, ToldRestore
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.findings import RESTORED, Finding
from domain.ledger.proof.given import Source
from domain.ledger.proof.logfacts import RESTORED as LOG_RESTORED
from domain.ledger.proof.logfacts import Adoption, Restore, log_fact_in
from domain.ledger.proof.marks import Mark
from domain.ledger.proof.note import VerifierKey, verify
from domain.ledger.proof.records import unframed
from domain.ledger.proof.statement import TreeHead


class LeftHistory:
    """What restores say was left. Without any, every checkpoint is of the history that stands here."""

    def __init__(self, stated: Sequence[Restore], *, roots_at_hand: bool = True) -> None:
        """`roots_at_hand`: whether all records are gone through, so that the roots that are stated can be compared."""
        self._stated, self._compared = tuple(stated), bool(stated) and roots_at_hand
        self.marks: list[Mark] = []
        """The checkpoints that are of a history which was left."""
        heads = {head for each in stated for head in (each.statement.common, each.statement.restored) if head.size}
        self._ahead = sorted(heads, key=lambda head: head.size)
        self._fit: set[TreeHead] = {TreeHead(0, head.root) for head in _empty(stated)}

    def may_hold(self, mark: Mark) -> bool:
        """Whether a checkpoint may be of what was left: it lies between what both have and what had been sealed."""
        return any(_covers(each, mark) for each in self._stated)

    def heads_up_to(self, size: int) -> Iterator[TreeHead]:
        """The heads that statements name of the history here, not passed by yet, up to that size."""
        while self._ahead and self._ahead[0].size <= size:
            yield self._ahead.pop(0)

    def pass_by(self, there: TreeHead, named: TreeHead) -> None:
        """The tree as it stands here where a statement names a head."""
        if there == named:
            self._fit.add(named)

    def told(self, facts: Sequence[Adoption | Restore], chain: Chain) -> list[ToldRestore]:
        """Every restore that was met, or stated: who signed it, as far as trusted, and whether it fits the records."""
        met = [fact for fact in facts if isinstance(fact, Restore)]
        return [self._told(each, chain) for each in self._stated or met]

    def finding(self, told: Sequence[ToldRestore]) -> Finding | None:
        """What is to be told when nothing else was found: None when no checkpoint is of a history that was left."""
        if not self.marks or not any(each.holds for each in told):
            return None
        named = "; ".join(f"{mark}{'' if mark.brought else ', of the source itself'}" for mark in self.marks[:3])
        first = min(each.restore.statement.common.size for each in told if each.holds) + 1
        last = max(mark.size for mark in self.marks)
        words = (
            f"what was sealed there was replaced by a signed restore: {len(self.marks)} checkpoints are of the history"
            f" that was left ({named}). What stood there then is not here, and cannot be verified."
        )
        return Finding(RESTORED, words, first, last)

    def _told(self, restore: Restore, chain: Chain) -> ToldRestore:
        stated = restore.statement
        # A first pass has not come by the heads: it tells of a restore where nothing else was found.
        fits = {stated.common, stated.restored} <= self._fit if self._compared else True
        trusted = chain.keys_for_restores(stated.restored.size)
        signers = signers_of(restore, list(trusted))
        return ToldRestore(restore, signers, fits, known=any(trusted[key] for key in signers))


def signers_of(restore: Restore, trusted: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Which of those keys signed the statement; none when a signature under one of their names is wrong."""
    try:
        return tuple(key for key, _ in verify(restore.note, trusted))
    except ProofFault:
        return ()


def restores_in(source: Source) -> list[Restore]:
    """Every restore that the records of a source tell of, whatever else is wrong with them. Reads all of it."""
    found: list[Restore] = []
    position = 0
    try:
        while block := source.block(position):
            for record in unframed(block):
                position += 1
                fact = log_fact_in(source.origin, record) if LOG_RESTORED.encode() in record else None
                if isinstance(fact, Restore):
                    found.append(fact)
    except ProofFault:
        return found  # what is wrong there has been found already
    return found


def _covers(restore: Restore, mark: Mark) -> bool:
    stated = restore.statement
    before = mark.checkpoint.sealed_at is None or mark.checkpoint.sealed_at <= stated.stated_at
    return before and stated.common.size < mark.size <= stated.sealed.size


def _empty(stated: Sequence[Restore]) -> Iterator[TreeHead]:
    """Heads of no records at all: every history has them."""
    for each in stated:
        yield from (head for head in (each.statement.common, each.statement.restored) if not head.size)
