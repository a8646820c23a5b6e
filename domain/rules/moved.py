"""What moves from one model to another leave to each of them: to judge what happened while it was in force.

By the days of the world: a move that is told late takes its place among the others, and what was told late goes to the
model of its day. Must never hold: anything about a particular service.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from domain.rules.base import Breach, Due, Finding


class Move(NamedTuple):
    """A decision that put another model in force: the day from which it holds, and its entry."""

    on: dt.date
    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """When a model was in force: the `moves` of its stream in the order of the world, and which stretches were its own.

    Stretch 0 is what was before the first move, 1 what follows it until the next, and so on.
    """

    moves: tuple[Move, ...]
    own: tuple[int, ...]

    def concerning(self, findings: Iterable[Finding], day_of: Callable[[int], dt.date]) -> list[Finding]:
        """Those of one rule's findings that are the model's to tell. `day_of`: when an entry happened, by its number.

        A breach is, by what happened in a stretch of its own: a week with a move in it is no model's. A duty is that
        began in one, whenever it falls due; and one that began before it, when it was not met by then and falls due on
        its first day or later. Of one of many periods it is asked when that period began and ended.
        """
        told = list(findings)
        decided = {move.version: move.on for move in self.moves}

        def place(version: int) -> Move:
            return Move(decided.get(version) or day_of(version), version)

        return [one for one in told if self._concerns(one, place)]

    def _concerns(self, finding: Finding, place: Callable[[int], Move]) -> bool:
        match finding:
            case Breach(on=None):
                return self._stretch(place(finding.entry)) in self.own
            case Breach(on=day) if day is not None:
                stretch = self._stretch(_last_of(day))
                return stretch in self.own and stretch == self._stretch(_last_of(finding.until or day))
            case Due():
                return any(self._is_of(stretch, finding, place) for stretch in self.own)
            case _:
                return True

    def _stretch(self, moment: Move) -> int:
        return bisect_right(self.moves, moment)

    def _is_of(self, stretch: int, due: Due, place: Callable[[int], Move]) -> bool:
        started = place(due.started_by)
        if stretch < len(self.moves):
            until = self.moves[stretch]
            if started >= until or (due.opened_on is not None and due.opened_on >= until.on):
                return False
        if stretch == 0 or started >= self.moves[stretch - 1]:
            return True
        since = self.moves[stretch - 1]
        if due.until is not None:
            return due.until >= since.on
        met_before = due.met_by is not None and place(due.met_by) < since
        return not met_before and (due.due_on is None or due.due_on >= since.on)


def _last_of(day: dt.date) -> Move:
    """After every entry of the day."""
    return Move(day + dt.timedelta(days=1), 0)
