"""The command StopFollowUp."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.client.facts import ConsentScope
from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.facts import FollowUpStopped
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.truth import check_clients


class StopFollowUp(EpisodeCommand):
    """Bring the withdrawal of a client's consent into the episode: the follow-up contacts are due no more."""

    tells = FollowUpStopped

    client_id: UUID
    stopped_on: dt.date

    def reads(self, state: EpisodeState) -> Reads:
        """The client, whose own stream tells that the consent was taken back."""
        return Reads(clients=(self.client_id,))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, UnknownClient, ClientNotOfEpisode, OutOfOrder."""
        require_granted(state)
        check_clients([self.client_id], state.client_ids, field="client_id")
        if context.clients[self.client_id].consents_to(ConsentScope.FOLLOW_UP):
            raise OutOfOrder(
                "The client's consent to follow-up contacts stands.",
                remedy="Record on the client that it was withdrawn first.",
                field="client_id",
            )
        return [FollowUpStopped(**self.model_dump())]
