"""Which keys sign a checkpoint, by the adoptions that the register has recorded.

Never here: private keys, files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.ledger.proof import logfacts
from domain.ledger.proof.logfacts import Adoption, key_of
from domain.ledger.proof.note import VerifierKey
from domain.ledger.sealing.refusals import NoLogKey
from domain.register.facts import LogKeyAdopted, LogKeyPurpose


def adopted(keys: Sequence[LogKeyAdopted], purpose: LogKeyPurpose) -> list[LogKeyAdopted]:
    """Those adopted for the purpose, in order, without any whose text is no key: it could sign nothing."""
    return [key for key in keys if key.purpose is purpose and key_of(key.verifier_key) is not None]


def signing(keys: Sequence[LogKeyAdopted], size: int, moment: dt.datetime) -> list[VerifierKey]:
    """The keys that must sign a checkpoint of that size at that moment: the newest, and those still in overlap.

    Raises NoLogKey when none has been adopted from that size or below.
    """
    found = logfacts.signing([each for key in keys if (each := _adoption(key))], size, moment)
    if not found:
        raise NoLogKey(f"No key signs a checkpoint of size {size}.", size=size)
    return found


def to_come(keys: Sequence[LogKeyAdopted], size: int, moment: dt.datetime) -> list[VerifierKey]:
    """The keys that will have to sign from some later size on, by what has been adopted so far."""
    later = sorted({key.from_size for key in adopted(keys, LogKeyPurpose.CHECKPOINTS) if key.from_size > size})
    return [key for begins in later for key in signing(keys, begins, moment)]


def _adoption(fact: LogKeyAdopted) -> Adoption | None:
    key = key_of(fact.verifier_key)
    return Adoption(0, "", key, fact.purpose.value, fact.from_size, fact.overlap_to) if key is not None else None
