"""The command GrantExtension."""

from __future__ import annotations

from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import require_pinned
from domain.episode.commands.decisions import Decision
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.strict import Meetings, Months


class GrantExtension(Decision):
    """Decide that the service goes on for longer (jatkopäätös)."""

    authorises = True

    months_granted: Months | None = None
    meetings_granted: Meetings | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder."""
        pin = require_pinned(state, self.decided_on)
        model = context.register.model(pin.service, pin.model_version)
        more = {"months_granted": self.months_granted, "meetings_granted": self.meetings_granted}
        return [self._decision(DecisionKind.EXTENSION, model, state, context, **more)]
