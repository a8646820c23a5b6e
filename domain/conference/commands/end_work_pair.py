"""The command EndWorkPair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, not_before, require_convened, require_number
from domain.conference.facts import ConferenceOutcome, WorkPairEnded
from domain.conference.state import ConferenceState
from domain.fact import Fact


class EndWorkPair(ConferenceCommand):
    """Record that the pair works together no longer."""

    pair: int = Field(ge=1, le=999)
    ended_on: dt.date
    outcome: ConferenceOutcome

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.ended_on, "ended_on")
        require_number(self.pair, state.agreed_pairs, state.ended_pairs, "pair")
        not_before(self.ended_on, state.agreed_pairs[self.pair].agreed_on, "ended_on")
        return [WorkPairEnded(**self.model_dump())]
