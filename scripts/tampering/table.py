"""What trials came to, as a table: for a terminal, for docs/proof.md, for machines. Never here: the trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scripts.tampering.trials import Tried

HEADERS = (
    "way",
    "by",
    "found with nothing in hand",
    "with the log's key",
    "with a checkpoint",
    "place, by a checkpoint",
    "place, with tiles kept",
)
BEGINS = "<!-- made by `jaksokirja verify --self-test --markdown`; tests/tamper compares it with what it measures -->"
ENDS = "<!-- end of what is made -->"


def row(tried: Tried) -> tuple[str, ...]:
    """The cells of one way, under HEADERS."""
    return (
        tried.way.told,
        tried.way.who,
        *(_found(tried, in_hand) for in_hand in ("nothing", "key", "checkpoint")),
        *(place(tried, in_hand) for in_hand in ("checkpoint", "tiles")),
    )


def _found(tried: Tried, in_hand: str) -> str:
    if tried.always(in_hand):
        return "yes"
    return "no" if tried.never(in_hand) else f"{tried.found[in_hand]} of {tried.times}"


def place(tried: Tried, in_hand: str) -> str:
    """How the first bad event was told: its very position, a range that holds it, or not."""
    if not tried.placed[in_hand]:
        return "–"
    return "exact" if tried.exact[in_hand] == tried.placeable else "range"


def markdown(all_tried: Sequence[Tried]) -> str:
    """The table as docs/proof.md has it."""
    rows = [HEADERS, ("---",) * len(HEADERS), *map(row, all_tried)]
    return "\n".join([BEGINS, "", *(f"| {' | '.join(cells)} |" for cells in rows), "", ENDS])


def as_json(tried: Tried) -> dict[str, Any]:
    """One way's trials: how many, and how many of them were found and placed by what is in hand."""
    return {
        "way": tried.way.name,
        "by": tried.way.who,
        "times": tried.times,
        "found": dict(tried.found),
        "placeable": tried.placeable,
        "placed": dict(tried.placed),
        "exact": dict(tried.exact),
        "codes": dict(tried.codes),
        "beyond_proof": tried.way.beyond,
    }


def failures(all_tried: Iterable[Tried]) -> list[str]:
    """What should have been otherwise: a way not found against a checkpoint, a first bad event told wrongly."""
    wrong = []
    for tried in all_tried:
        if not tried.way.beyond:
            wrong += [f"{tried.way.name}: not always found with a {each} in hand" for each in ("checkpoint", "tiles")
                      if not tried.always(each)]  # fmt: skip
        wrong += [f"{tried.way.name}: {each}" for each in tried.misplaced]
    return wrong
