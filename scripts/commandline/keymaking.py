"""Keys made and adopted: the private half in a file first, then its public half in the register.

Never here: what a key signs.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from api.sealing import workshop_of
from api.settings import Settings
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, registers
from domain.ledger.proof.note import VerifierKey
from domain.ledger.sealing.keyfiles import file_name, new_key, write_key
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.secrecy.keyring import Keyring
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.facts import LogKeyPurpose
from scripts.commandline.session import keyring_of

ACTOR = "administrator"


def adopt_new_key(
    dsn: str,
    register: str,
    purpose: LogKeyPurpose,
    folder: Path,
    *,
    overlap_to: dt.date | None = None,
    keyring: Keyring | None = None,
) -> tuple[VerifierKey, Path]:
    """A new key in a file of the folder, adopted by the register from its next event on. Raises Refusal, OSError.

    A file whose adoption failed stays behind and signs nothing. `keyring`: the register's, unless as the settings say.
    """
    with LogStore(dsn, register) as store:
        key = new_key(purpose.value, store.origin)
    path = folder / file_name(purpose.value, key)
    write_key(path, key)
    adopt_key(dsn, register, purpose, key.verifier(), overlap_to=overlap_to, keyring=keyring)
    return key.verifier(), path


def adopt_key(
    dsn: str,
    register: str,
    purpose: LogKeyPurpose,
    key: VerifierKey,
    *,
    overlap_to: dt.date | None = None,
    keyring: Keyring | None = None,
) -> None:
    """A key adopted by the register from its next event on: a new one, or one that signed before. Raises Refusal."""
    with Book(dsn, register, keyring=keyring or keyring_of(dsn, register)) as book:
        size = book.ledger.head()[0] + 1
        adoption = AdoptLogKey(verifier_key=str(key), purpose=purpose, from_size=size, overlap_to=overlap_to)
        book.execute(Order(stream_id=book.register_id, command=adoption, command_id=new_id(), actor=ACTOR))


def have_keys(settings: Settings, dsn: str) -> None:
    """Give every open register that no key signs its first one: on one machine that is all that sealing needs."""
    for register in registers(dsn):
        create_register(dsn, register)  # one of an earlier release has no place for checkpoints yet
        with Book(dsn, register) as book:
            state = book.register_state()
        if state.exists and not state.keys_for(LogKeyPurpose.CHECKPOINTS):
            adopt_new_key(dsn, register, LogKeyPurpose.CHECKPOINTS, workshop_of(settings).keys)
