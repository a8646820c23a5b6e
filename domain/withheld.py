"""Why a sensitive part of a fact cannot be read: what stands where its content would.

Must never hold: content, keys. Whoever reads without the key gets these words, never an error.
"""

from __future__ import annotations

from enum import StrEnum


class Withheld(StrEnum):
    """The reason, by field in `Fact.withheld`. A text that must be there reads as this, any other value as None."""

    DESTROYED = "destroyed"
    """Its key was destroyed: nobody can read it any more."""
    FENCED = "fenced"
    """Its key is about to be destroyed, and is given to nobody."""
    NOT_YOURS = "not_yours"
    """Its key is not to be had here."""
