"""The command AgreeFollowUp."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.client.facts import ConsentScope
from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.commands.bring_child_along import require_not_ended
from domain.episode.facts import FollowUpAgreed
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.truth import check_clients


class AgreeFollowUp(EpisodeCommand):
    """Bring a client's consent to follow-up contacts into the episode. Without that consent nobody is contacted."""

    tells = FollowUpAgreed

    client_id: UUID
    agreed_on: dt.date

    def reads(self, state: EpisodeState) -> Reads:
        """The client, whose own stream holds the consent."""
        return Reads(clients=(self.client_id,))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, UnknownClient, ClientNotOfEpisode, OutOfOrder."""
        require_granted(state)
        check_clients([self.client_id], state.client_ids, field="client_id")
        require_not_ended(state, self.client_id, self.agreed_on)
        for consent in context.clients[self.client_id].consents:
            if consent.scope is ConsentScope.FOLLOW_UP and consent.given_on <= self.agreed_on:
                told = {"client_id": self.client_id, "consent_id": consent.consent_id, "agreed_on": self.agreed_on}
                return [FollowUpAgreed.model_validate(told)]
        raise OutOfOrder(
            "The client has not consented to follow-up contacts.",
            remedy="Record the consent on the client first; without it nobody is contacted.",
            field="client_id",
        )
