"""The command GrantService."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context, Reads
from domain.episode.commands.base import require_referral
from domain.episode.commands.decisions import Decision
from domain.episode.facts import DecisionKind
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.strict import Meetings, Months
from domain.truth import check_continues


class GrantService(Decision):
    """Decide that the service is granted. The episode is pinned to the model in force on the day of the decision.

    `continues_episode_id` names the episode whose spell of work goes on here, with the same need. A grant knows of no
    episode that it does not name: where one may have been left out, the quality review tells (`earlier_work_named`).
    """

    authorises = True

    service: str
    meetings_granted: Meetings | None = None
    months_granted: Months | None = None
    continues_episode_id: UUID | None = None

    def reads(self, state: EpisodeState) -> Reads:
        """The clients, and the episode that this one continues, with all before it."""
        continued = (self.continues_episode_id,) if self.continues_episode_id else ()
        return Reads(clients=state.client_ids, continued=continued)

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ServiceNotKnown, ClientNotOfEpisode."""
        require_referral(state)
        if state.grant is not None:
            raise OutOfOrder(
                "This episode has been granted already.",
                remedy="Extend it, make an exception, or move it to another model.",
            )
        model = context.register.model_in_force(self.service, self.decided_on)
        before, continued = 0, None
        if self.continues_episode_id:
            check_continues(self.continues_episode_id, context.episodes, context.stream_id, state.client_ids)
            earlier = context.episodes[self.continues_episode_id]
            before, continued = earlier.client_meetings_in_spell, earlier.grant
        granted = self.meetings_granted if self.meetings_granted is not None else model.meetings_granted.grant
        more = {
            "months_granted": self.months_granted,
            "continues_episode_id": self.continues_episode_id,
            "continues_service": continued.service if continued else None,
        }
        kind = DecisionKind.GRANTED
        return [self._decision(kind, model, state, context, meetings_before=before, meetings_granted=granted, **more)]
