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
    assignment, as a deputy) from the same day on again changes nothing.
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
        had = [one for one in state.assignments.values() if (one.worker_id, one.role, one.deputy_for) == same]
        if any(one.from_on == self.from_on for one in had):
            return []
        if had:
            raise _from_another_day(state, had[-1])
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


def _from_another_day(state: EpisodeState, had: WorkerAssigned) -> OutOfOrder:
    """What is told would change nothing, though it tells another day: days without a worker would stay so."""
    entry = next(one.version for one in state.in_force if one.fact == had)
    return OutOfOrder(
        f"The worker has the episode in that role already, from {had.from_on} on: entry {entry} says so.",
        remedy=f"Correct the from_on of entry {entry}, if that day is wrong. If it was another time, which ended, "
        f"strike out entry {entry}, tell this assignment and its release, and bring entry {entry} back by striking out "
        "the strike-out.",
        field="from_on",
    )
