"""The command ExplainDeviation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.amend.base import AnyStreamCommand
from domain.amend.correct_entry import Reason
from domain.command import Context
from domain.consequence import DeviationExplained
from domain.fact import Fact
from domain.refusal import UnknownDeviation
from domain.state import StreamState


class ExplainDeviation(AnyStreamCommand):
    """Give the reason for a deviation."""

    deviation_key: str
    explained_on: dt.date
    reason: Reason

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """Raises UnknownDeviation."""
        if self.deviation_key not in state.concluded.deviations:
            known = ", ".join(state.concluded.deviations) or "none"
            raise UnknownDeviation(
                "No such deviation stands here.", remedy=f"Deviations here: {known}.", field="deviation_key"
            )
        return [DeviationExplained(**self.model_dump())]
