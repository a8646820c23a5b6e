"""The command AssessViolenceRisk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import RiskLevel, ViolenceRiskAssessed
from domain.conference.state import ConferenceState
from domain.fact import Fact


class AssessViolenceRisk(ConferenceCommand):
    """Record how great the risk of serious partner violence was assessed to be (MARAK)."""

    assessed_on: dt.date
    risk: RiskLevel
    assessment: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.assessed_on, "assessed_on")
        return [ViolenceRiskAssessed(**self.model_dump())]
