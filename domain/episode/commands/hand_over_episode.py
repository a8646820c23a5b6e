"""The command HandOverEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.commands.ending import releases
from domain.episode.facts import WorkerAssigned
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class HandOverEpisode(EpisodeCommand):
    """Hand the episode over: one worker's assignment ends and another's begins, in the same role, on the same day.

    Deputies of the assignment that ends stop standing in for it; one of them may be who takes the episode over.
    `from_assignment_id` names the assignment that ends, `assignment_id` the one that begins.
    """

    from_assignment_id: UUID
    assignment_id: UUID
    worker_id: str
    handed_over_on: dt.date

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """The releases and an assignment; no fact when the worker has it already.

        Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan.
        """
        require_referral(state)
        before = state.assignments.get(self.from_assignment_id)
        if before is None or self.assignment_id in state.assignments:
            raise OutOfOrder(
                "No such assignment stands, or the new one has the id of one that does.",
                remedy="Name an assignment that stands, and give the new one an id of its own.",
                field="from_assignment_id" if before is None else "assignment_id",
            )
        if before.worker_id == self.worker_id:
            return []
        if self.handed_over_on < before.from_on:
            raise EndedBeforeItBegan(
                "handed_over_on is before the assignment began.",
                remedy=f"Give a day that is not before {before.from_on}.",
                field="handed_over_on",
            )
        return [
            *releases(state, self.from_assignment_id, self.handed_over_on),
            WorkerAssigned(
                assignment_id=self.assignment_id,
                worker_id=self.worker_id,
                role=before.role,
                from_on=self.handed_over_on,
            ),
        ]
