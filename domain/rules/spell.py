"""Spells of work: changed goals or a new challenge begin the counting anew.

What belongs to a spell is told by the days of the world; on the day itself, by the order of recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.rules.case import Case, Hit, Selectors


@dataclass(frozen=True, slots=True)
class Spell:
    """A spell of work: from one opening to the next. The first one has no opening of its own."""

    opened: Hit | None
    next_opened: Hit | None

    def has(self, hit: Hit) -> bool:
        """Whether the entry belongs to the spell."""
        after = self.opened is None or hit.in_world >= self.opened.in_world
        return after and (self.next_opened is None or hit.in_world < self.next_opened.in_world)

    def of(self, hits: Iterable[Hit]) -> list[Hit]:
        """Those of the entries that belong to the spell, in the order given."""
        if self.opened is self.next_opened:  # neither: it is the only one
            return list(hits)
        return [hit for hit in hits if self.has(hit)]


def spells(case: Case, new_spell: Selectors) -> Iterator[Spell]:
    """The spells of the case, the first one first."""
    opened: Sequence[Hit | None] = [None, *case.in_world(new_spell)]
    yield from (Spell(one, after) for one, after in zip(opened, [*opened[1:], None], strict=True))
