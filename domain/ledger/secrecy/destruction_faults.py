"""What keeps a destruction or a restriction from going on. Nothing is lost by these: it goes on from where it stands.

Never here: refusals of the domain, such as an approval by the wrong person (domain/refusal.py).
"""

from __future__ import annotations

from domain.ledger.errors import LedgerError


class KeysHeld(LedgerError):
    """What is done with keys cannot go on now. `code` is stable; `remedy` says what would let it."""

    code = "keys_held"

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class DestructionHeld(KeysHeld):
    """The destruction cannot go on now."""

    code = "destruction_held"


class NotApproved(DestructionHeld):
    """Nobody else than who asked has approved it, or it was called off."""

    code = "destruction_not_approved"


class NothingToDestroy(DestructionHeld):
    """The client has no data key in that service task."""

    code = "nothing_to_destroy"


class KeysInUse(KeysHeld):
    """Processes that were given the keys before they were fenced may use them still."""

    code = "keys_in_use"


class OldCopiesHeld(KeysHeld):
    """The keyring's server must keep old row versions or old write-ahead log, which may hold the keys."""

    code = "old_copies_held"


class StillOpens(KeysHeld):
    """A key that should be no more is still given out, or what should be read by few is read by all."""

    code = "still_opens"


class BeingRestricted(DestructionHeld):
    """A restriction is taking apart one of the keys that are to be destroyed."""

    code = "being_restricted"


class RestrictionHeld(KeysHeld):
    """The restriction cannot go on now."""

    code = "restriction_held"


class RestrictionNotApproved(RestrictionHeld):
    """Nobody else than who asked has approved it, or it was called off."""

    code = "restriction_not_approved"


class KeysFenced(RestrictionHeld):
    """One of the keys that sealed the entry is about to be destroyed."""

    code = "keys_fenced"


class NotReadAsBefore(RestrictionHeld):
    """Something else that the keys had sealed would not be read any more."""

    code = "not_read_as_before"
