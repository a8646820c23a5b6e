"""The command DecideEnd."""

from __future__ import annotations

from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import require_pinned
from domain.episode.commands.decisions import Decision, require_reasons
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact


class DecideEnd(Decision):
    """Decide that the service ends."""

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ReasonsMissing."""
        pin = require_pinned(state, self.decided_on)
        require_reasons(self, context)
        model = context.register.model(pin.service, pin.model_version)
        return [self._decision(DecisionKind.END, model, state, context)]
