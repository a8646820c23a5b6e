"""Why a sensitive part of a fact cannot be read: what stands where its content would.

Whoever reads without the key gets these words, never an error. Must never hold: keys, anything that shows content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Withheld(StrEnum):
    """The reason, by field in `Fact.withheld`. A text that must be there reads as this, any other value as None."""

    DESTROYED = "destroyed"
    """Its key was destroyed: nobody can read it any more."""
    FENCED = "fenced"
    """Its key is about to be destroyed, and is given to nobody."""
    NOT_YOURS = "not_yours"
    """Its key is not to be had here."""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What could be read of a sealed part, and, by name, why the rest could not. Never shown."""

    hidden: dict[str, Any]
    withheld: Mapping[str, Withheld]
