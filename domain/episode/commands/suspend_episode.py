"""The command SuspendEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.facts import EpisodeSuspended
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class SuspendEpisode(EpisodeCommand):
    """Pause the work."""

    suspended_on: dt.date
    reason: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        require_granted(state)
        if state.phase is not Phase.ACTIVE:
            raise OutOfOrder(f"The episode is {state.phase}.", remedy="Only work that goes on can be suspended.")
        if state.started_on is not None and self.suspended_on < state.started_on:
            raise EndedBeforeItBegan(
                "suspended_on is before the work began.",
                remedy=f"Give a day that is not before {state.started_on}.",
                field="suspended_on",
            )
        return [EpisodeSuspended(**self.model_dump())]
