"""The command GrantException."""

from __future__ import annotations

from collections.abc import Sequence

from domain.catalogue.model import ServiceModel
from domain.command import Context
from domain.episode.commands.base import require_pinned
from domain.episode.commands.decisions import Decision
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.strict import Meetings


class GrantException(Decision):
    """Decide, for this client, on an exception (poikkeuspäätös): such as a second period.

    `reasons` say why it is judged to help, `expected_effect` why the need is judged to end by it. `service` names the
    service that may then be granted by exception, where nothing is granted yet.
    """

    authorises = True

    service: str | None = None
    meetings_granted: Meetings | None = None
    expected_effect: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ServiceNotKnown."""
        model = self._model(state, context)
        granted = self.meetings_granted if self.meetings_granted is not None else model.meetings_granted.exception
        more = {"meetings_granted": granted, "expected_effect": self.expected_effect}
        return [self._decision(DecisionKind.EXCEPTION, model, state, context, **more)]

    def _model(self, state: EpisodeState, context: Context) -> ServiceModel:
        if state.grant is None and self.service is not None:
            return context.register.model_in_force(self.service, self.decided_on)
        pin = require_pinned(state, self.decided_on)
        if self.service not in (None, pin.service):
            raise OutOfOrder(
                f"On the day of the decision this episode goes by {pin.service}.",
                remedy="Name that service or none, or move the episode to another service.",
                field="service",
            )
        return context.register.model(pin.service, pin.model_version)
