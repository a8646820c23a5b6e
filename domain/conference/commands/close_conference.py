"""The command CloseConference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import ConferenceClosed, ConferenceOutcome
from domain.conference.state import ConferenceState
from domain.fact import Fact
from domain.refusal import OutOfOrder


class CloseConference(ConferenceCommand):
    """Record that nothing more is done in the conference. Actions that were agreed stay to be begun."""

    closed_on: dt.date
    outcome: ConferenceOutcome
    note: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        if state.closed is not None:
            raise OutOfOrder("The conference was closed already.", remedy="Correct that entry if the day is wrong.")
        convened = require_convened(state, self.closed_on, "closed_on")
        return [ConferenceClosed(**self.model_dump(), conference_kind=convened.conference_kind)]
