"""The command CloseEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.facts import ClosureReason, EpisodeClosed, Outcome
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class CloseEpisode(EpisodeCommand):
    """End the work: why, and where the family went."""

    closed_on: dt.date
    reason: ClosureReason
    outcome: Outcome | None = None
    outcome_service: str | None = None
    explanation: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        referral = require_referral(state)
        if state.phase is Phase.CLOSED:
            raise OutOfOrder(
                f"The episode was closed on {state.closed_on} already.",
                remedy="Correct that entry if it is wrong, or reopen the episode first.",
            )
        beginning = state.started_on or referral.received_on
        if self.closed_on < beginning:
            raise EndedBeforeItBegan(
                "closed_on is before the episode began.",
                remedy=f"Give a day that is not before {beginning}.",
                field="closed_on",
            )
        return [EpisodeClosed(**self.model_dump())]
