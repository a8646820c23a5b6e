"""Assignments: which worker has an episode, in which role, from when to when.

`closed_on` is the day on which the episode closed, so that what a worker has now is found without looking at each
episode that the worker ever had. An assignment does not end with it: what is due after the end is the same worker's.
Must never hold: workers' names.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import EpisodeClosed, EpisodeReopened, WorkerAssigned, WorkerReleased
from projections.rows import Amend, Open, Operation, Projection, Table

ASSIGNMENTS = Table(
    "assignments",
    stream="episode_id",
    key={"assignment_id": "uuid"},
    columns=("worker_id", "role", "from_on", "to_on", "deputy_for", "closed_on"),
)


def assigned(_entry: Entry, fact: WorkerAssigned) -> Iterator[Operation]:
    taken_on = {"worker_id": fact.worker_id, "role": fact.role, "from_on": fact.from_on, "deputy_for": fact.deputy_for}
    yield Open("assignments", (fact.assignment_id,), taken_on)


def released(_entry: Entry, fact: WorkerReleased) -> Iterator[Operation]:
    yield Amend("assignments", (fact.assignment_id,), {"to_on": fact.to_on})


def closed(_entry: Entry, fact: EpisodeClosed) -> Iterator[Operation]:
    yield Amend("assignments", (), {"closed_on": fact.closed_on})


def reopened(_entry: Entry, _fact: EpisodeReopened) -> Iterator[Operation]:
    yield Amend("assignments", (), {"closed_on": None})


PROJECTION = Projection.beside(
    __name__,
    (ASSIGNMENTS,),
    {WorkerAssigned: assigned, WorkerReleased: released, EpisodeClosed: closed, EpisodeReopened: reopened},
)
