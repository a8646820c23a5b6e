"""The command AssignWorker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.facts import WorkerAssigned
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.register.facts import WorkerRole


class AssignWorker(EpisodeCommand):
    """Give the episode to a worker, in a role; `deputy_for` names the assignment that the worker stands in for.

    Two workers assigned side by side are a pair. Assigning the same worker in the same role (and for the same
    assignment, as a deputy) again changes nothing.
    """

    assignment_id: UUID
    worker_id: str
    role: WorkerRole
    from_on: dt.date
    deputy_for: UUID | None = None
    extra_staff: bool | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder."""
        require_referral(state)
        same = (self.worker_id, self.role, self.deputy_for)
        if any((a.worker_id, a.role, a.deputy_for) == same for a in state.assignments.values()):
            return []
        if self.assignment_id in state.assignments:
            raise OutOfOrder(
                "That assignment is another worker's, or in another role.",
                remedy="Give the new assignment an id of its own.",
                field="assignment_id",
            )
        if self.deputy_for is not None and self.deputy_for not in state.assignments:
            raise OutOfOrder(
                "No such assignment stands that could have a deputy.",
                remedy="Name one that stands.",
                field="deputy_for",
            )
        return [WorkerAssigned(**self.model_dump())]
