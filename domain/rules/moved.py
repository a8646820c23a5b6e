"""What a move to another model leaves to the model that it comes from: that model was in force when it happened.

Must never hold: anything about a particular service.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.base import Breach, Due, Finding


@dataclass(frozen=True, slots=True)
class Moved:
    """The decision by which a stream came to be judged by its model: its entry, and the day from which it holds."""

    version: int
    on: dt.date

    def concerning(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those of one rule's findings that are the new model's to tell.

        A breach by what was recorded before the move is not. A duty that started before it is, when it was not met by
        then and falls due on that day or later; a duty of one of many periods, when its period had not ended.
        """
        told = list(findings)
        dues = [one for one in told if isinstance(one, Due)]
        return [one for one in told if self._concerns(one, dues)]

    def _concerns(self, finding: Finding, dues: Sequence[Due]) -> bool:
        if isinstance(finding, Breach):
            return finding.entry >= self.version
        if not isinstance(finding, Due) or finding.started_by >= self.version:
            return True
        if finding.apart:
            following = _begins_next(finding, dues)
            return following is None or following > self.on
        met_before = finding.met_by is not None and finding.met_by < self.version
        return not met_before and (finding.due_on is None or finding.due_on >= self.on)


def _begins_next(period: Due, dues: Iterable[Due]) -> dt.date | None:
    """The day on which the period after it begins, if one is known."""
    same: tuple[int, UUID | None] = (period.started_by, period.client_id)
    begun = (one.opened_on for one in dues if (one.started_by, one.client_id) == same)
    return min((day for day in begun if day and day > (period.opened_on or dt.date.min)), default=None)
