"""Transfers: an episode goes on in another area or unit, with a worker there."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.transfer_episode import TransferEpisode
from domain.episode.facts import ClosureReason, EpisodeTransferred, Outcome
from domain.episode.state import Phase
from domain.ledger.identity import new_id
from domain.refusal import UnknownEpisode
from domain.register.facts import WorkerRole
from tests.domain.desk import OTHER_WORKER, REFERRED_ON, STARTED_ON, TOMORROW, WORKER, Desk, the
from tests.domain.marks import covers, refuses

DAY = dt.timedelta(days=1)
MOVED_ON = dt.date(2022, 5, 2)
ROLE = WorkerRole.FAMILY_INSTRUCTOR


def transfer(area: str = "Hamina", **fields: Any) -> TransferEpisode:
    told = {
        "transferred_on": MOVED_ON, "worker_id": OTHER_WORKER, "role": ROLE, "assignment_id": new_id(),
        "reason": "the family moved", **fields,
    }  # fmt: skip
    return TransferEpisode(area=area, **told)


def assigned(desk: Desk, episode_id: UUID, worker_id: str = WORKER, **fields: Any) -> UUID:
    assignment_id = new_id()
    told: dict[str, Any] = {"role": ROLE, "from_on": STARTED_ON, **fields}
    desk.do(episode_id, AssignWorker(assignment_id=assignment_id, worker_id=worker_id, **told))
    return assignment_id


def workers(desk: Desk, episode_id: UUID) -> list[str]:
    return [one.worker_id for one in desk.episode(episode_id).assignments.values()]


@covers(TransferEpisode)
def test_a_transferred_episode_goes_on_elsewhere_with_the_worker_who_received_it(desk: Desk) -> None:
    episode_id = desk.started()
    assigned(desk, episode_id)
    moved = the((entry.fact for entry in desk.do(episode_id, transfer(unit_id="U2")).entries), EpisodeTransferred)
    state = desk.episode(episode_id)
    assert (moved.from_area, moved.area, moved.unit_id) == ("Kotka", "Hamina", "U2")
    assert (state.phase, workers(desk, episode_id)) == (Phase.ACTIVE, [OTHER_WORKER])
    before, after = state.place_on(MOVED_ON - DAY), state.place_on(MOVED_ON)
    assert (before, after) == (("Kotka", None), ("Hamina", "U2"))


def test_why_an_episode_was_transferred_is_sensitive(desk: Desk) -> None:
    episode_id = desk.started()
    (entry, *_) = desk.do(episode_id, transfer(reason="fled from home")).entries
    assert "fled" not in f"{entry.fact!r} {entry.fact.split()[0]}"


def test_a_transfer_to_where_the_episode_is_changes_nothing(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, transfer())
    assert not desk.do(episode_id, transfer()).entries


def test_a_worker_who_moves_along_keeps_the_assignment(desk: Desk) -> None:
    episode_id = desk.started()
    kept = assigned(desk, episode_id)
    desk.do(episode_id, transfer(remaining_assignment_ids=(kept,)))
    assert sorted(workers(desk, episode_id)) == sorted([WORKER, OTHER_WORKER])


def test_a_transfer_told_late_lies_between_those_told_before(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, transfer("Virolahti", transferred_on=MOVED_ON + 10 * DAY))
    desk.do(episode_id, transfer("Hamina", transferred_on=MOVED_ON, worker_id=WORKER))
    state = desk.episode(episode_id)
    places = [state.place_on(MOVED_ON + days * DAY)[0] for days in (-1, 0, 9, 10, 20)]
    assert places == ["Kotka", "Hamina", "Hamina", "Virolahti", "Virolahti"]


def test_a_receiver_whose_own_assignment_begins_only_later_has_the_episode_from_the_transfer_on(desk: Desk) -> None:
    episode_id = desk.started()
    assigned(desk, episode_id)
    assigned(desk, episode_id, OTHER_WORKER, from_on=MOVED_ON + 30 * DAY)
    desk.do(episode_id, transfer(transferred_on=MOVED_ON))
    begun = [(one.worker_id, one.from_on) for one in desk.episode(episode_id).assignments.values()]
    assert (OTHER_WORKER, MOVED_ON) in begun, "else nobody had the episode for a month"


@refuses(TransferEpisode)
def test_a_transfer_that_cannot_have_been_is_refused_by_the_field(desk: Desk) -> None:
    episode_id = desk.started()
    assignment_id = assigned(desk, episode_id)

    def field(**fields: Any) -> tuple[str, str]:
        refusal = desk.refused(episode_id, transfer(**fields))
        return refusal.code, refusal.details["field"]

    assert field(transferred_on=TOMORROW) == ("in_the_future", "transferred_on")
    assert field(transferred_on=REFERRED_ON - DAY) == ("ended_before_it_began", "transferred_on")
    assert field(worker_id="O9") == ("worker_not_of_register", "worker_id")
    assert field(assignment_id=assignment_id) == ("out_of_order", "assignment_id")
    assert field(remaining_assignment_ids=(new_id(),)) == ("out_of_order", "remaining_assignment_ids")
    assert field(area="Kotka") == ("out_of_order", "area")
    desk.do(episode_id, CloseEpisode(closed_on=MOVED_ON, reason=ClosureReason.OTHER, outcome=Outcome.NONE))
    assert field(transferred_on=MOVED_ON + DAY) == ("out_of_order", "transferred_on")
    assert isinstance(desk.refused(new_id(), transfer()), UnknownEpisode)
