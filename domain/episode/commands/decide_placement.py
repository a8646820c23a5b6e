"""The command DecidePlacement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.facts import PlacementDecided
from domain.episode.state import EpisodeState
from domain.fact import Fact


class DecidePlacement(EpisodeCommand):
    """Record child welfare's decision on a child's open-care placement; it may be made before the child comes along."""

    tells = PlacementDecided

    decision_id: UUID
    client_id: UUID
    decided_on: dt.date
    decision_maker: str
    legal_basis: str = "Child Welfare Act (417/2007) § 37"
    valid_from: dt.date
    valid_to: dt.date | None = None
    reasons: str | None = None

    def reads(self, state: EpisodeState) -> Reads:
        """The child must be a client of the register."""
        return Reads(clients=(self.client_id,))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, UnknownClient, OutOfOrder."""
        require_referral(state)
        return [PlacementDecided(**self.model_dump())]
