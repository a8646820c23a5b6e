"""The command AgreeWorkPair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, not_before, require_convened, require_number
from domain.conference.facts import WorkPairAgreed
from domain.conference.state import ConferenceState
from domain.fact import Fact


class AgreeWorkPair(ConferenceCommand):
    """Record that the work pair was agreed: they work together from that day on."""

    pair: int = Field(ge=1, le=999)
    agreed_on: dt.date
    worker_id: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.agreed_on, "agreed_on")
        require_number(self.pair, state.pairs, state.agreed_pairs, "pair")
        not_before(self.agreed_on, state.pairs[self.pair].asked_on, "agreed_on")
        return [WorkPairAgreed(**self.model_dump())]
