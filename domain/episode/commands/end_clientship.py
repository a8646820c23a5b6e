"""The command EndClientship."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.facts import ClientshipEnded, ClientshipEndReason
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.truth import check_clients


class EndClientship(EpisodeCommand):
    """End one client's part in an episode that goes on for the others: a child who moved away, or died.

    `ended_on` is the last day. Whose part is the last one's ends with the episode itself.
    """

    client_id: UUID
    ended_on: dt.date
    reason: ClientshipEndReason
    explanation: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """No fact when it is told so already. Raises UnknownEpisode, ClientNotOfEpisode, OutOfOrder."""
        require_referral(state)
        check_clients([self.client_id], state.client_ids, field="client_id")
        told = ClientshipEnded(**{name: getattr(self, name) for name in type(self).model_fields})
        had = state.ended.get(self.client_id)
        if had == told:
            return []
        if had is not None:
            raise OutOfOrder(
                f"This client's part ended on {had.ended_on} already.",
                remedy="Correct that entry if it is wrong.",
                field="ended_on",
            )
        if state.closed_on is not None and self.ended_on > state.closed_on:
            raise OutOfOrder(
                f"The episode ended for all on {state.closed_on}.",
                remedy="Give a day before that, or reopen the episode if it goes on.",
                field="ended_on",
            )
        if not set(state.client_ids) - {self.client_id, *state.ended}:
            raise OutOfOrder(
                "Nobody else is a client of this episode any more.", remedy="Close the episode.", field="client_id"
            )
        return [told]
