"""The command ReopenEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.facts import EpisodeReopened
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class ReopenEpisode(EpisodeCommand):
    """Go on with a closed episode after all."""

    reopened_on: dt.date
    reason: str

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        require_granted(state)
        if state.phase is not Phase.CLOSED or state.closed_on is None:
            raise OutOfOrder(f"The episode is {state.phase}.", remedy="Only a closed episode can be reopened.")
        if self.reopened_on < state.closed_on:
            raise EndedBeforeItBegan(
                "reopened_on is before the episode was closed.",
                remedy=f"Give a day that is not before {state.closed_on}.",
                field="reopened_on",
            )
        return [EpisodeReopened(**self.model_dump())]
