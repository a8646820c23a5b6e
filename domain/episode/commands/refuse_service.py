"""The command RefuseService."""

from __future__ import annotations

from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import require_referral
from domain.episode.commands.decisions import Decision, require_reasons
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder


class RefuseService(Decision):
    """Decide that the service is not granted."""

    service: str

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ServiceNotKnown, ReasonsMissing."""
        require_referral(state)
        if state.grant is not None:
            raise OutOfOrder("This episode has been granted.", remedy="Decide that it ends instead.")
        require_reasons(self, context)
        model = context.register.model_in_force(self.service, self.decided_on)
        return [self._decision(DecisionKind.REFUSED, model, state, context)]
