"""The command GiveConsultation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, not_before, require_convened, require_number
from domain.conference.facts import ConsultationGiven
from domain.conference.state import ConferenceState
from domain.fact import Fact


class GiveConsultation(ConferenceCommand):
    """Record that the advice was given."""

    consultation: int = Field(ge=1, le=999)
    given_on: dt.date
    note: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.given_on, "given_on")
        require_number(self.consultation, state.consultations, state.given_consultations, "consultation")
        not_before(self.given_on, state.consultations[self.consultation].asked_on, "given_on")
        return [ConsultationGiven(**self.model_dump())]
