"""Deputies: they stand in for an assignment, and no longer than it lasts; who counts as a pair; days told otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.catalogue.loader import load_catalogue
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.facts import EpisodeStarted, WorkerAssigned, WorkerReleased
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.register.facts import WorkerRole
from domain.rules.judge import judge
from tests.domain.desk import OTHER_WORKER, STARTED_ON, TODAY, WORKER, Desk
from tests.domain.test_amendments import correct
from tests.rules.story import story

DAY = dt.timedelta(days=1)
ROLE = WorkerRole.FAMILY_INSTRUCTOR
H1 = next(model for model in load_catalogue() if model.service == "H1")


def assigned(desk: Desk, episode_id: UUID, worker_id: str = WORKER, **fields: Any) -> UUID:
    assignment_id = new_id()
    told: dict[str, Any] = {"role": ROLE, "from_on": STARTED_ON, **fields}
    desk.do(episode_id, AssignWorker(assignment_id=assignment_id, worker_id=worker_id, **told))
    return assignment_id


def test_who_takes_over_from_the_one_he_stood_in_for_is_no_deputy_any_more(desk: Desk) -> None:
    episode_id = desk.started()
    first = assigned(desk, episode_id)
    assigned(desk, episode_id, OTHER_WORKER, deputy_for=first)
    over = HandOverEpisode(
        from_assignment_id=first, assignment_id=new_id(), worker_id=OTHER_WORKER, handed_over_on=TODAY
    )
    desk.do(episode_id, over)
    (left,) = desk.episode(episode_id).assignments.values()
    assert (left.worker_id, left.deputy_for, left.assignment_id) == (OTHER_WORKER, None, over.assignment_id)


def test_with_an_assignment_end_those_of_its_deputies(desk: Desk) -> None:
    episode_id = desk.started()
    first = assigned(desk, episode_id)
    assigned(desk, episode_id, OTHER_WORKER, deputy_for=first, from_on=TODAY)
    ended = desk.do(episode_id, ReleaseWorker(assignment_id=first, to_on=STARTED_ON + DAY)).entries
    days = [entry.fact.to_on for entry in ended if isinstance(entry.fact, WorkerReleased)]
    assert days == [STARTED_ON + DAY, TODAY], "nobody's assignment ends before it began"
    assert not desk.episode(episode_id).assignments


def test_a_deputy_can_be_assigned_in_his_own_right(desk: Desk) -> None:
    episode_id = desk.started()
    first = assigned(desk, episode_id)
    assigned(desk, episode_id, OTHER_WORKER, deputy_for=first)
    own = assigned(desk, episode_id, OTHER_WORKER)
    assert desk.episode(episode_id).assignments[own].deputy_for is None


def instructor(worker_id: str, **fields: Any) -> WorkerAssigned:
    usual: dict[str, Any] = {"role": WorkerRole.SOCIAL_INSTRUCTOR, "from_on": STARTED_ON - 7 * DAY}
    return WorkerAssigned(worker_id=worker_id, assignment_id=uuid4(), **{**usual, **fields})


def professional(worker_id: str, **fields: Any) -> WorkerAssigned:
    return instructor(worker_id, role=WorkerRole.OTHER_PROFESSIONAL, **fields)


def wants_a_pair(*facts: Fact) -> bool:
    """Whether a start after these facts breaks H1's rule that a pair works with the family."""
    return f"pair/{len(facts) + 1}" in judge(H1, story(*facts, EpisodeStarted(started_on=STARTED_ON))).deviations


def test_two_social_instructors_are_a_pair_until_one_of_them_is_released() -> None:
    first, second = instructor("O1"), instructor("O2")
    gone = WorkerReleased(assignment_id=second.assignment_id, to_on=STARTED_ON)
    later = gone.model_copy(update={"to_on": STARTED_ON + DAY})
    assert not wants_a_pair(first, second)
    assert wants_a_pair(first, second, gone), "the day of the release is the first without"
    assert not wants_a_pair(first, second, later)
    assert not wants_a_pair(first, second, gone, instructor("O3"))


def test_a_worker_and_the_deputy_of_that_worker_are_no_pair() -> None:
    first = instructor("O1")
    assert wants_a_pair(first, instructor("O2", deputy_for=first.assignment_id))
    assert wants_a_pair(first, professional("O2", deputy_for=first.assignment_id))


def test_a_social_instructor_and_another_professional_are_a_pair_until_either_is_released() -> None:
    first, other = instructor("O1"), professional("O2")
    assert not wants_a_pair(first, other)
    for one in (first, other):
        assert wants_a_pair(first, other, WorkerReleased(assignment_id=one.assignment_id, to_on=STARTED_ON))


def test_nobody_is_a_pair_alone_nor_are_professionals_without_a_social_instructor() -> None:
    assert wants_a_pair(instructor("O1"), professional("O1")), "one worker in two roles"
    assert wants_a_pair(professional("O1"), professional("O2"))


def test_whoever_releases_the_last_key_worker_is_reminded_to_name_another(desk: Desk) -> None:
    episode_id = desk.started()
    first, second = (assigned(desk, episode_id, one, role=WorkerRole.KEY_WORKER) for one in (WORKER, OTHER_WORKER))
    over = HandOverEpisode(
        from_assignment_id=first, assignment_id=new_id(), worker_id=OTHER_WORKER, handed_over_on=TODAY
    )
    assert desk.do(episode_id, ReleaseWorker(assignment_id=second, to_on=TODAY)).warnings == ()
    assert desk.do(episode_id, over).warnings == ()
    (reminder,) = desk.do(episode_id, ReleaseWorker(assignment_id=over.assignment_id, to_on=TODAY)).warnings
    assert reminder.startswith(f"Nobody is named as key_worker from {TODAY} on")
    instructor = assigned(desk, episode_id)
    assert desk.do(episode_id, ReleaseWorker(assignment_id=instructor, to_on=TODAY)).warnings == ()


@pytest.mark.parametrize("days", [-1, 1])
def test_another_day_of_an_assignment_that_stands_is_refused_by_the_entry_to_correct(desk: Desk, days: int) -> None:
    episode_id = desk.granted()
    told = AssignWorker(assignment_id=new_id(), worker_id=WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=STARTED_ON)
    version = desk.do(episode_id, told).entries[0].version
    other = told.model_copy(update={"assignment_id": new_id(), "from_on": STARTED_ON + days * DAY})
    refusal = desk.refused(episode_id, other)
    assert (refusal.code, refusal.details["field"]) == ("out_of_order", "from_on")
    assert f"entry {version}" in refusal.remedy
    desk.do(episode_id, correct(version, from_on=other.from_on.isoformat()))
    assert desk.episode(episode_id).assignments[told.assignment_id].from_on == other.from_on
