"""The command AskConsultation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import ConsultationAsked
from domain.conference.state import ConferenceState
from domain.fact import Fact
from domain.organisations import Organisation


class AskConsultation(ConferenceCommand):
    """Ask another service for advice. The consultation gets the next number."""

    asked_on: dt.date
    asked_by: Organisation
    asked_of: Organisation
    message: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.asked_on, "asked_on")
        number = state.next_number(ConsultationAsked, "consultation")
        return [ConsultationAsked(**self.model_dump(), consultation=number)]
