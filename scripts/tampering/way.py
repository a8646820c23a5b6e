"""What a way of tampering is, and the list of all of them.

Never here: the ways themselves, what finds them out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from scripts.tampering.scratch import Scratch

Who = Literal["superuser", "superuser with the log's key", "whoever hands out the files"]
Deed = Callable[[Scratch, Random], Path | None]
"""Does it, at a place that is drawn. Answers the export or bundle that was made, when it is not the database."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of tampering. `beyond`: no checkpoint covers what it changes, so that nothing can find it out."""

    name: str
    told: str
    who: Who
    deed: Deed
    beyond: bool = False


WAYS: list[Way] = []


def way(told: str, who: Who = "superuser", *, beyond: bool = False) -> Callable[[Deed], Deed]:
    """Enter the function as a way of tampering, under its own name."""

    def entered(deed: Deed) -> Deed:
        WAYS.append(Way(deed.__name__, told, who, deed, beyond))
        return deed

    return entered
