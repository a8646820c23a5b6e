"""The command SuspendEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.facts import EpisodeResumed, EpisodeSuspended
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class SuspendEpisode(EpisodeCommand):
    """Pause the work. A pause that is over, told late, is told with the day on which the work went on: `resumed_on`."""

    suspended_on: dt.date
    resumed_on: dt.date | None = None
    reason: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        require_granted(state)
        self._check_goes_on(state)
        if state.started_on is not None and self.suspended_on < state.started_on:
            raise EndedBeforeItBegan(
                "suspended_on is before the work began.",
                remedy=f"Give a day that is not before {state.started_on}.",
                field="suspended_on",
            )
        if self.resumed_on is not None and self.resumed_on < self.suspended_on:
            raise EndedBeforeItBegan(
                "resumed_on is before the suspension began.",
                remedy=f"Give a day that is not before {self.suspended_on}.",
                field="resumed_on",
            )
        suspended = EpisodeSuspended(suspended_on=self.suspended_on, reason=self.reason)
        return [suspended, EpisodeResumed(resumed_on=self.resumed_on)] if self.resumed_on else [suspended]

    def _check_goes_on(self, state: EpisodeState) -> None:
        ended = state.phase is Phase.CLOSED and state.started_on is not None
        if state.phase not in (Phase.ACTIVE, Phase.SUSPENDED) and not ended:
            raise OutOfOrder(f"The episode is {state.phase}.", remedy="Only work that goes on can be suspended.")
        last = self.resumed_on or self.suspended_on
        if state.closed_on is not None and last > state.closed_on:
            raise OutOfOrder(
                f"The episode was closed on {state.closed_on}.",
                remedy="Give days up to then; or reopen the episode first, if it goes on.",
                field="resumed_on" if self.resumed_on else "suspended_on",
            )
        if self.resumed_on is None and state.suspended_on is not None:
            raise OutOfOrder(
                f"The work is suspended since {state.suspended_on}.",
                remedy="Tell an earlier pause with the day on which the work went on (resumed_on); or resume it first.",
                field="suspended_on",
            )
        if self.resumed_on is None and state.turned_on is not None and self.suspended_on < state.turned_on:
            raise OutOfOrder(
                f"The work went on after that, on {state.turned_on}.",
                remedy=f"Tell when it went on too (resumed_on), or give a day that is not before {state.turned_on}.",
                field="suspended_on",
            )
