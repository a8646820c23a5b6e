"""What keeps a destruction from going on. Nothing is lost by any of these: it goes on from where it stands.

Never here: refusals of the domain, such as an approval by the wrong person (domain/refusal.py).
"""

from __future__ import annotations

from domain.ledger.errors import LedgerError


class DestructionHeld(LedgerError):
    """The destruction cannot go on now. `code` is stable; `remedy` says what would let it."""

    code = "destruction_held"

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class NotApproved(DestructionHeld):
    """Nobody else than who asked has approved it, or it was called off."""

    code = "destruction_not_approved"


class NothingToDestroy(DestructionHeld):
    """The client has no data key in that service task."""

    code = "nothing_to_destroy"


class KeysInUse(DestructionHeld):
    """Processes that were given the keys before they were fenced may use them still."""

    code = "keys_in_use"


class OldCopiesHeld(DestructionHeld):
    """The keyring's server must keep old row versions or old write-ahead log, which may hold the keys."""

    code = "old_copies_held"


class StillOpens(DestructionHeld):
    """A key that should be no more is still given out."""

    code = "still_opens"
