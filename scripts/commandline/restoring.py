"""How a restore is stated and carried out: between the ledger, in which it is recorded, and the sealer's own state.

Never here: what a statement must say (`domain.ledger.sealing.restoring`).
"""

from __future__ import annotations

from domain.ledger.book import Book, Order
from domain.ledger.identity import id_from_name, register_stream_id
from domain.ledger.proof.statement import Statement, TreeHead
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.refusals import RestoreRefused
from domain.ledger.sealing.restoring import begun_from, check, gone_on, prepare
from domain.ledger.sealing.sealer import now
from domain.ledger.sealing.state import SealedState, load_state, save_state, settle_refusal
from domain.ledger.sealing.working import Workshop
from domain.register.commands.record_log_restore import RecordLogRestore
from scripts.commandline.session import keyring_of

ACTOR = "sealer"


def prepare_restore(workshop: Workshop, dsn: str, register: str) -> Statement:
    """What somebody has to sign. Hashes every record. Raises SealingRefused."""
    with LogStore(dsn, register) as store:
        return prepare(store, _state(workshop, register), keys_in(workshop.keys), now())


def restored(workshop: Workshop, dsn: str, register: str, note: bytes) -> Statement:
    """Record the signed restore, and let the sealer go on from it. Can be done again if it died half way.

    The sealer must not be at work: one that has refused is not. Raises SealingRefused, Refusal.
    """
    with workshop.held(dsn, register) as store:
        state = _state(workshop, register)
        statement, tree = check(store, state, note)
        _record(dsn, register, statement, note)
        save_state(workshop.folder(register), gone_on(state, statement, tree, note))
        settle_refusal(workshop.folder(register))
        return statement


def begin_from(workshop: Workshop, dsn: str, register: str, note: bytes) -> TreeHead:
    """Give the sealer a state of its own again, from a checkpoint kept elsewhere. Raises SealingRefused."""
    with workshop.held(dsn, register) as store:
        if load_state(workshop.folder(register)) is not None:
            raise RestoreRefused("The sealer has its own state here: nothing is to be begun.")
        state = begun_from(store, keys_in(workshop.keys), note)
        save_state(workshop.folder(register), state)
        return TreeHead.of(state.tree)


def _state(workshop: Workshop, register: str) -> SealedState:
    state = load_state(workshop.folder(register))
    if state is None:
        raise RestoreRefused(f"Nothing was sealed from {workshop.folder(register)}.")
    return state


def _record(dsn: str, register: str, statement: Statement, note: bytes) -> None:
    """The same statement is recorded once: its order's id follows from it."""
    command = RecordLogRestore(
        sealed_size=statement.sealed.size,
        sealed_root=statement.sealed.root_text,
        restored_size=statement.restored.size,
        restored_root=statement.restored.root_text,
        statement=note.decode(),
    )
    with Book(dsn, register, keyring=keyring_of(dsn, register)) as book:
        book.execute(
            Order(
                stream_id=register_stream_id(register),
                command=command,
                command_id=id_from_name("restore", note.decode(), moment=statement.stated_at),
                actor=ACTOR,
            )
        )
