"""The command ReleaseWorker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.commands.ending import releases
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class ReleaseWorker(EpisodeCommand):
    """End a worker's assignment, and with it those of its deputies; `to_on` is the first day without."""

    assignment_id: UUID
    to_on: dt.date

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        require_referral(state)
        assignment = state.assignments.get(self.assignment_id)
        if assignment is None:
            raise OutOfOrder("No such assignment stands.", remedy="Name one that stands.", field="assignment_id")
        if self.to_on < assignment.from_on:
            raise EndedBeforeItBegan(
                "to_on is before the assignment began.",
                remedy=f"Give a day that is not before {assignment.from_on}.",
                field="to_on",
            )
        return releases(state, self.assignment_id, self.to_on)
