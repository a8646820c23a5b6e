"""The sealer: extends the register's tree by what is new and signs a checkpoint, or says why it does not.

It goes by its own state outside the database, written before anything else learns of a checkpoint, and signs only
what extends that. Never here: threads, waiting, witnesses, the making of keys.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from domain.ledger.proof.checkpoint import Checkpoint, open_checkpoint
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.note import SignerKey, VerifierKey
from domain.ledger.proof.tree import CompactTree
from domain.ledger.sealing import rota
from domain.ledger.sealing.leaves import NewRecords, stored_hashes
from domain.ledger.sealing.logstore import LogStore, Point
from domain.ledger.sealing.refusals import (
    AheadOfClock,
    Forked,
    KeyMissing,
    NoLogKey,
    RolledBack,
    SealingRefused,
    StateMissing,
    StateUnreadable,
)
from domain.ledger.sealing.state import (
    SealedState,
    keep_refusal,
    load_refusal,
    load_state,
    save_state,
    settle_refusal,
)
from domain.register.facts import LogKeyPurpose

TAIL_RECORDS = 1000
"""How many records before the last checkpoint are hashed again at every round."""
CLOCK_TOLERANCE = dt.timedelta(seconds=5)
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

T = TypeVar("T")
Keys = Mapping[VerifierKey, SignerKey]
Clock = Callable[[], dt.datetime]


def now() -> dt.datetime:
    """The sealer's own clock."""
    return dt.datetime.now(dt.UTC)


class StandingRefusal(SealingRefused):
    """What stopped the sealer before has not been settled."""

    lasting = False  # it is kept already

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code, self.remedy = code, remedy  # type: ignore[misc] # of this one refusal: it repeats another's words


class Sealer:
    """Seals one register. To seal, the caller holds the folder and the store against other sealers.

    `keys` are the private keys at hand. `tolerance`: by how much the clocks of the database and here may differ.
    """

    def __init__(
        self,
        store: LogStore,
        folder: Path,
        keys: Keys,
        *,
        clock: Clock = now,
        tolerance: dt.timedelta = CLOCK_TOLERANCE,
    ) -> None:
        self._store, self._folder, self._keys = store, folder, keys
        self._clock, self._tolerance = clock, tolerance
        self._published = False
        self._looked_at = LONG_AGO
        self.state = self._loaded()

    def seal(self) -> Checkpoint | None:
        """Sign what is new; None when nothing is. Raises SealingRefused; a lasting one is kept in the folder."""
        kept = load_refusal(self._folder)
        if kept is not None:
            raise StandingRefusal(kept.code, kept.message, kept.remedy)
        return self._guarded(self._sealed)

    def verify_all(self) -> int:
        """Hash every stored record again, up to the last checkpoint: how many. What was refused before is settled.

        Raises SealingRefused, which is kept.
        """
        return self._guarded(self._verified)

    def look_again(self, done: Callable[[int], None]) -> int:
        """Hash every stored record again, up to the last checkpoint: how many. Nothing that was refused is settled.

        `done` is told of so many more records, and may wait. Raises SealingRefused, which is kept.
        """
        restores = self.state.restores
        try:
            self._check_reaches(self._store.point())
            self._check_same(CompactTree(), done)
        except SealingRefused as refusal:
            state = load_state(self._folder)
            if (
                refusal.lasting and state is not None and state.restores == restores
            ):  # else somebody went back meanwhile
                keep_refusal(self._folder, refusal, self._clock())
            raise
        return self.state.size

    def _verified(self) -> int:
        point = self._store.point()
        self._check_reaches(point)
        self._check_same(CompactTree())
        upto, moment = self._target(point)
        if upto > self.state.size:
            self._new(upto, moment).grow(self.state.tree.copy(), upto)
        settle_refusal(self._folder)
        return self.state.size

    def _sealed(self) -> Checkpoint | None:
        point = self._store.point()
        self._publish()
        self._catch_up(point)
        self._check_reaches(point)
        self._check_same(self.state.anchor)
        upto, moment = self._target(point)
        checkpoint = self._extended(upto, moment) if upto > self.state.size else None
        self._looked_at = max(self._looked_at, moment)
        return checkpoint

    def _guarded(self, what: Callable[[], T]) -> T:
        try:
            return what()
        except SealingRefused as refusal:
            if refusal.lasting:
                keep_refusal(self._folder, refusal, self._clock())
            raise

    def _loaded(self) -> SealedState:
        state = load_state(self._folder)
        if state is None:
            if self._store.last_note() is not None:
                raise StateMissing(f"{self._store.register} was sealed before, but {self._folder} holds no state.")
            return SealedState.empty(self._store.origin)
        if state.origin != self._store.origin:
            raise StateUnreadable(f"{self._folder} holds the state of {state.origin}, not of {self._store.origin}.")
        return state

    def _check_reaches(self, point: Point) -> None:
        if point.size < self.state.size:
            raise RolledBack(
                f"The database holds {point.size} records, {self.state.size} were sealed at {self.state.sealed_at}.",
                size=point.size,
            )

    def _check_same(self, start: CompactTree, done: Callable[[int], None] = lambda _: None) -> None:
        """That the stored records from `start` on lead to the last checkpoint's root."""
        tree = start.copy()
        for hashes in stored_hashes(self._store, start.size, self.state.size):
            tree.extend(hashes)
            done(len(hashes))
        if tree.root() != self.state.tree.root():
            where = f"between {start.size + 1} and {self.state.size}"
            raise Forked(f"The records {where} are not those that were sealed.", after=start.size, upto=self.state.size)

    def _target(self, point: Point) -> tuple[int, dt.datetime]:
        """Up to where, and as of when: no record covered is later, and none that follows is earlier."""
        clock = self._clock()
        if point.recorded_at is not None and point.recorded_at > clock + self._tolerance:
            raise AheadOfClock(f"The last record says {point.recorded_at.isoformat()}, here it is {clock.isoformat()}.")
        if point.recorded_at is None or point.recorded_at <= clock:
            return point.size, min(clock, point.moment)
        return self._store.position_at(clock), clock

    def _new(self, upto: int, moment: dt.datetime) -> NewRecords:
        floor = max(self.state.sealed_at or LONG_AGO, self._looked_at) - self._tolerance
        return NewRecords(self._store, self.state.size, upto, floor=max(floor, LONG_AGO), moment=moment)

    def _extended(self, upto: int, moment: dt.datetime) -> Checkpoint:
        tree = self.state.tree.copy()
        anchor = self._new(upto, moment).grow(tree, upto - TAIL_RECORDS)
        if upto - self.state.anchor.size <= TAIL_RECORDS:
            anchor = self.state.anchor
        adopted = self._store.adopted_keys(upto)
        self._signers(rota.to_come(adopted, upto, moment))  # a checkpoint over an adoption vouches for its key
        signers = self._signers(rota.signing(adopted, upto, moment))
        signers += [each for each in self._handing_over(moment) if each not in signers]
        checkpoint = Checkpoint.sealed(self.state.origin, tree.size, tree.root(), moment)
        restoring = tuple(key.verifier_key for key in rota.adopted(adopted, LogKeyPurpose.RESTORES))
        state = replace(self.state, tree=tree, anchor=anchor, note=checkpoint.signed(signers).to_bytes())
        self._keep(state.with_restore_keys(restoring))
        return checkpoint

    def _handing_over(self, moment: dt.datetime) -> list[SignerKey]:
        """The keys that signed before, as far as they are here: they sign the first checkpoint of their successor too.

        It covers the event that adopts the successor, so that whoever holds the key before can trust the one after it.
        """
        try:
            before = rota.signing(self._store.adopted_keys(self.state.size), self.state.size, moment)
        except NoLogKey:
            return []
        return [self._keys[key] for key in before if key in self._keys]

    def _signers(self, needed: list[VerifierKey]) -> list[SignerKey]:
        missing = [key for key in needed if key not in self._keys]
        if missing:
            raise KeyMissing(f"The private key of {missing[0]} is not here.", key=str(missing[0]))
        return [self._keys[key] for key in needed]

    def _keep(self, state: SealedState) -> None:
        """On disk first: what the database or anybody else has seen of a checkpoint, the sealer knows of."""
        save_state(self._folder, state)
        self.state, self._published = state, False
        self._publish()

    def _publish(self) -> None:
        """Have the last checkpoint in the database; after a crash it may not have come there."""
        last = self.state.checkpoint
        if not self._published and last is not None and last.sealed_at is not None and self.state.note is not None:
            self._store.add_note(last.size, last.sealed_at, 0, self.state.note)
        self._published = True

    def _catch_up(self, point: Point) -> None:
        """Another sealer with our key may have gone on while we were away: follow, if it extends what we signed."""
        data = self._store.last_note()
        if data is None or _text(data) == _text(self.state.note):
            return
        try:
            seen = open_checkpoint(data, self._keys, origin=self.state.origin)
        except ProofFault as fault:
            raise Forked(f"The database's last checkpoint is not of our keys ({fault.code}).") from fault
        other, last = seen.checkpoint, self.state.checkpoint
        if self.state.restored_at and (other.sealed_at or LONG_AGO) <= self.state.restored_at:
            return
        if last is not None and other.size == last.size and other.root != last.root:
            raise Forked(f"Two checkpoints of size {last.size} with different roots were signed by our keys.")
        if other.size <= self.state.size or other.size > point.size:
            return
        self._follow(other, seen.note.to_bytes())

    def _follow(self, other: Checkpoint, note: bytes) -> None:
        tree = self.state.tree.copy()
        for hashes in stored_hashes(self._store, self.state.size, other.size):
            tree.extend(hashes)
        if tree.root() != other.root:
            raise Forked(f"The checkpoint of size {other.size} in the database does not extend ours.")
        self._keep(replace(self.state, tree=tree, anchor=self.state.tree.copy(), note=note))


def _text(note: bytes | None) -> bytes:
    """What is signed, without the signatures under it."""
    return (note or b"").rpartition(b"\n\n")[0]
