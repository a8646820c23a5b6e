"""How an assignment ends: with it end those who stood in for it. Shared by the commands that end one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.facts import WorkerReleased
from domain.episode.state import EpisodeState


def releases(state: EpisodeState, assignment_id: UUID, to_on: dt.date) -> list[WorkerReleased]:
    """The release of the assignment, then of its deputies: nobody stands in for an assignment that has ended.

    A deputy who was to begin only later never does: it ends on the day on which it would have begun.
    """
    deputies = [one for one in state.assignments.values() if one.deputy_for == assignment_id]
    return [
        WorkerReleased(assignment_id=assignment_id, to_on=to_on),
        *(WorkerReleased(assignment_id=one.assignment_id, to_on=max(to_on, one.from_on)) for one in deputies),
    ]
