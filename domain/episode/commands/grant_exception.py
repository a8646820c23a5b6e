"""The command GrantException."""

from __future__ import annotations

from collections.abc import Sequence

from domain.command import Context
from domain.episode.commands.base import require_granted
from domain.episode.commands.decisions import Decision, Meetings
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact


class GrantException(Decision):
    """Decide, for this client, on an exception (poikkeuspäätös): such as a second period.

    `reasons` say why it is judged to help, `expected_effect` why the need is judged to end by it.
    """

    authorises = True

    meetings_granted: Meetings | None = None
    expected_effect: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder."""
        grant = require_granted(state)
        model = context.register.model(grant.service, grant.model_version)
        granted = self.meetings_granted if self.meetings_granted is not None else model.meetings_granted.exception
        more = {"meetings_granted": granted, "expected_effect": self.expected_effect}
        return [self._decision(DecisionKind.EXCEPTION, model, state, context, **more)]
