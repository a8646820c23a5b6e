"""Moves whose edges are easily misjudged: back to an earlier model, within a week, after somebody had left."""

from __future__ import annotations

import pytest

from domain.consequence import DutyWithdrawn
from domain.episode.commands.end_clientship import EndClientship
from domain.episode.facts import ClientshipEndReason
from tests.domain.desk import Desk
from tests.domain.test_moves_of_models import VISIT, after, broken, move, moving, owed, visit
from tests.domain.test_rehabilitation_course import GRANTED_ON, in_service


@pytest.mark.parametrize("services", [("P7", "P8", "P7"), ("P8", "P7", "P8", "P7")])
def test_a_move_back_to_an_earlier_model_withdraws_nothing_that_is_asked_for_as_before(
    desk: Desk, services: tuple[str, ...]
) -> None:
    first, *later = services
    moves = [move(service, 22 + 8 * number) for number, service in enumerate(later)]
    episode_id = moving(desk, *moves, VISIT, service=first)
    withdrawn = [entry.fact for entry in desk.entries(episode_id) if isinstance(entry.fact, DutyWithdrawn)]
    assert withdrawn == []


@pytest.mark.parametrize(("moved_on", "weeks"), [(28, 0), (29, 0), (34, 0), (35, 1)])
def test_a_week_in_which_another_model_came_to_be_in_force_is_no_week_of_too_few(
    desk: Desk, moved_on: int, weeks: int
) -> None:
    held = [visit(day) for day in (1, 8, 15, 22, 37, 44)]
    episode_id = moving(desk, *held, move("P2", moved_on), service="H1")
    assert broken(desk, episode_id).count(("H1", "frequency")) == weeks


@pytest.mark.parametrize("moved_on", [29, 75])
def test_no_report_is_owed_by_the_model_moved_to_of_a_child_who_had_left(desk: Desk, moved_on: int) -> None:
    stays, leaves = (desk.client(age=age, on=GRANTED_ON) for age in (5, 12))
    episode_id = in_service(desk, "P2", stays, leaves)
    for step in (
        EndClientship(client_id=leaves, ended_on=after(22), reason=ClientshipEndReason.OTHER),
        move("P7", moved_on),
    ):
        desk.do(episode_id, step, historical=True)
    reports = [one for one in desk.episode(episode_id).concluded.duties.values() if one.rule_id == "monthly-report"]
    assert {one.client_id for one in reports} == {stays}


def test_a_move_away_within_a_month_leaves_its_report_to_the_model_that_it_moves_from(desk: Desk) -> None:
    episode_id = moving(desk, move("P2", 22), VISIT, service="P7")
    reports = [(service, due_on) for service, rule_id, due_on in owed(desk, episode_id) if rule_id == "monthly-report"]
    assert reports == [("P7", "2024-04-10"), ("P7", "2024-05-10")]
