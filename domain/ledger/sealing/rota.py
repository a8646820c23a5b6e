"""Which keys sign a checkpoint, by the adoptions that the register has recorded.

Never here: private keys, files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from domain.calendar import day_in_helsinki
from domain.ledger.proof.faults import MalformedKey
from domain.ledger.proof.note import VerifierKey
from domain.ledger.sealing.refusals import NoLogKey
from domain.register.facts import LogKeyAdopted, LogKeyPurpose


def adopted(keys: Sequence[LogKeyAdopted], purpose: LogKeyPurpose) -> list[LogKeyAdopted]:
    """Those adopted for the purpose, in order, without any whose text is no key: it could sign nothing."""
    return [key for key in keys if key.purpose is purpose and key_of(key) is not None]


def key_of(fact: LogKeyAdopted) -> VerifierKey | None:
    """The key that was adopted; None when the text is none."""
    try:
        return VerifierKey.parse(fact.verifier_key)
    except MalformedKey:
        return None


def signing(keys: Sequence[LogKeyAdopted], size: int, moment: dt.datetime) -> list[VerifierKey]:
    """The keys that must sign a checkpoint of that size at that moment: the newest, and those still in overlap.

    Raises NoLogKey when none has been adopted from that size or below.
    """
    begun = [key for key in adopted(keys, LogKeyPurpose.CHECKPOINTS) if key.from_size <= size]
    if not begun:
        raise NoLogKey(f"No key signs a checkpoint of size {size}.", size=size)
    day = day_in_helsinki(moment)
    standing = [older for older, newer in pairwise(begun) if newer.overlap_to is not None and newer.overlap_to >= day]
    return [key for fact in (*standing, begun[-1]) if (key := key_of(fact)) is not None]
