"""The command ResumeEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.facts import EpisodeResumed
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class ResumeEpisode(EpisodeCommand):
    """Go on with suspended work."""

    resumed_on: dt.date

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        require_granted(state)
        if state.phase is not Phase.SUSPENDED or state.suspended_on is None:
            raise OutOfOrder(f"The episode is {state.phase}.", remedy="Only suspended work can be resumed.")
        if self.resumed_on < state.suspended_on:
            raise EndedBeforeItBegan(
                "resumed_on is before the suspension began.",
                remedy=f"Give a day that is not before {state.suspended_on}.",
                field="resumed_on",
            )
        return [EpisodeResumed(resumed_on=self.resumed_on)]
