"""The command AskWorkPair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import WorkPairAsked
from domain.conference.state import ConferenceState
from domain.fact import Fact
from domain.organisations import Organisation


class AskWorkPair(ConferenceCommand):
    """Ask another organisation for a work pair. The pair gets the next number."""

    asked_on: dt.date
    asked_by: Organisation
    asked_of: Organisation

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.asked_on, "asked_on")
        number, another = state.next_number(WorkPairAsked, "pair"), self.asked_by is not self.asked_of
        return [WorkPairAsked(**self.model_dump(), pair=number, another_organisation=another)]
