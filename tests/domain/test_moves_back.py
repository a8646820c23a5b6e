"""Moves whose edges are easily misjudged: back to an earlier model, within a week, after somebody had left."""

from __future__ import annotations

import pytest

from domain.consequence import DutyWithdrawn
from tests.domain.desk import Desk
from tests.domain.test_moves_of_models import VISIT, broken, move, moving, visit


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
