"""Going on from an older backup, on purpose: a statement that a second key signs, recorded, and kept by the sealer.

The statement names what had been sealed, what the database holds now, and the last checkpoint that both have in
common, so that the fork stays to be seen. And beginning again from a checkpoint that somebody else kept, when the
sealer's own state is lost. Never here: private keys, writing of events.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from domain.ledger.proof.checkpoint import Checkpoint, open_checkpoint
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.note import SignedNote, VerifierKey, verify
from domain.ledger.proof.statement import Statement, TreeHead
from domain.ledger.proof.tree import CompactTree
from domain.ledger.sealing import rota
from domain.ledger.sealing.leaves import stored_hashes
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.refusals import RestoreRefused
from domain.ledger.sealing.sealer import Keys
from domain.ledger.sealing.state import SealedState
from domain.register.facts import LogKeyPurpose


def prepare(store: LogStore, state: SealedState, keys: Keys, moment: dt.datetime) -> Statement:
    """The statement that the database, as it stands, is what the log goes on from. Hashes every record.

    Raises RestoreRefused when nothing was sealed; GapFound.
    """
    last = state.checkpoint
    if last is None:
        raise RestoreRefused("Nothing is sealed here, so there is nothing to go back from.")
    size = store.point().size
    known = _signed_here(store, keys, state.origin, size)
    tree, common = CompactTree(), TreeHead.of(CompactTree())
    for hashes in stored_hashes(store, 0, size):
        if known is not None and tree.size <= known.size <= tree.size + len(hashes):
            part = tree.copy()
            part.extend(hashes[: known.size - tree.size])
            common = TreeHead.of(part) if part.root() == known.root else common
        tree.extend(hashes)
    return Statement(state.origin, TreeHead.of(last), TreeHead.of(tree), common, moment)


def _signed_here(store: LogStore, keys: Keys, origin: str, size: int) -> Checkpoint | None:
    """The database's last checkpoint of at most that size, if our keys signed it."""
    note = store.last_note(upto=size)
    try:
        return open_checkpoint(note, keys, origin=origin).checkpoint if note is not None else None
    except ProofFault:
        return None  # not ours, so it shows nothing in common


def check(store: LogStore, state: SealedState, note: bytes) -> tuple[Statement, CompactTree]:
    """The statement in a signed note, and the tree that the log goes on from. Hashes every record.

    Raises RestoreRefused: no adopted key signed it, it is about another state of the log, or not of this database.
    """
    try:
        signed = SignedNote.parse(note)
        verify(signed, map(VerifierKey.parse, state.restore_keys))
        statement = Statement.parse(signed.text)
    except ProofFault as fault:
        raise RestoreRefused(f"This is no statement signed by a key adopted for it: {fault}.") from fault
    last = state.checkpoint
    if statement.origin != state.origin or last is None or statement.sealed != TreeHead.of(last):
        raise RestoreRefused("The statement is not about what was sealed here last.")
    tree = CompactTree()
    for hashes in stored_hashes(store, 0, statement.restored.size):
        tree.extend(hashes)
    if TreeHead.of(tree) != statement.restored:
        raise RestoreRefused("The database does not hold the records that the statement names.")
    return statement, tree


def gone_on(state: SealedState, statement: Statement, tree: CompactTree, note: bytes) -> SealedState:
    """The sealer's state after the restore."""
    return replace(
        state,
        tree=tree,
        anchor=tree.copy(),
        note=None,
        restores=(*state.restores, note.decode()),
        restored_at=statement.stated_at,
    )


def begun_from(store: LogStore, keys: Keys, note: bytes) -> SealedState:
    """The sealer's state as of a checkpoint from outside, to which the stored records lead. Hashes every record.

    Raises RestoreRefused when our keys did not sign it, or the records do not lead to it; GapFound, RolledBack.
    """
    try:
        seen = open_checkpoint(note, keys, origin=store.origin)
    except ProofFault as fault:
        raise RestoreRefused(f"This is no checkpoint of this log: {fault}.") from fault
    tree = CompactTree()
    for hashes in stored_hashes(store, 0, seen.checkpoint.size):
        tree.extend(hashes)
    if tree.root() != seen.checkpoint.root:
        raise RestoreRefused("The database does not hold the records that this checkpoint covers.")
    adopted = rota.adopted(store.adopted_keys(tree.size), LogKeyPurpose.RESTORES)
    state = replace(SealedState.empty(store.origin), tree=tree, anchor=tree.copy(), note=seen.note.to_bytes())
    return state.with_restore_keys(tuple(key.verifier_key for key in adopted))
