"""The command MoveToModel."""

from __future__ import annotations

from collections.abc import Sequence

from domain.command import Context
from domain.consequence import ModelReference
from domain.episode.commands.base import require_granted
from domain.episode.commands.decisions import Decision
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact


class MoveToModel(Decision):
    """Decide that a running episode is judged by another model, or another version, from that day on."""

    authorises = True

    service: str

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """No fact when that version is in force then already. Raises UnknownEpisode, OutOfOrder, ServiceNotKnown."""
        grant = require_granted(state)
        model = context.register.model_in_force(self.service, self.decided_on)
        if state.pin_on(self.valid_from or self.decided_on) == ModelReference(model.service, model.model_version):
            return []
        return [self._decision(DecisionKind.MOVE, model, state, context, meetings_before=grant.meetings_before)]
