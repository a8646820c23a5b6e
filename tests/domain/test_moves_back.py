"""Moves whose edges are easily misjudged: back to an earlier model, within a week, after somebody had left."""

from __future__ import annotations

import pytest

from domain.consequence import DutyWithdrawn
from tests.domain.desk import Desk
from tests.domain.test_moves_of_models import VISIT, move, moving


@pytest.mark.parametrize("services", [("P7", "P8", "P7"), ("P8", "P7", "P8", "P7")])
def test_a_move_back_to_an_earlier_model_withdraws_nothing_that_is_asked_for_as_before(
    desk: Desk, services: tuple[str, ...]
) -> None:
    first, *later = services
    moves = [move(service, 22 + 8 * number) for number, service in enumerate(later)]
    episode_id = moving(desk, *moves, VISIT, service=first)
    withdrawn = [entry.fact for entry in desk.entries(episode_id) if isinstance(entry.fact, DutyWithdrawn)]
    assert withdrawn == []
