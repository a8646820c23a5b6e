"""When a follower looks for the next batch, told by clocks that a test sets."""

import pytest

from projections.pacing import FARTHEST_SECONDS, IDLE_POLL_SECONDS, IDLE_SECONDS, POLL_SECONDS, PROCESSOR_SHARE, Pace


class Clocks:
    """Seconds that passed, and those that the follower worked."""

    def __init__(self) -> None:
        self.passed, self.worked = 100.0, 7.0
        self.pace = Pace(lambda: self.passed, lambda: self.worked)

    def batch(self, passed: float, worked: float) -> float:
        """The rest after a batch that took so long."""
        self.pace.begin()
        self.passed += passed
        self.worked += worked
        return self.pace.rest_seconds(taken=True)


def test_batches_lie_so_far_apart_that_their_work_is_the_share() -> None:
    clocks = Clocks()
    rest = clocks.batch(passed=0.004, worked=0.001)
    assert 0.001 / (0.004 + rest) == pytest.approx(PROCESSOR_SHARE)


def test_a_batch_that_waited_longer_than_its_work_asks_for_is_followed_at_once() -> None:
    assert Clocks().batch(passed=0.050, worked=0.001) == 0


def test_a_flood_is_not_held_up_for_the_sake_of_the_share() -> None:
    assert Clocks().batch(passed=0.020, worked=0.020) == pytest.approx(FARTHEST_SECONDS - 0.020)
    assert Clocks().batch(passed=2.0, worked=1.9) == 0


def test_where_nothing_came_for_long_it_is_asked_less_often_until_something_comes() -> None:
    clocks = Clocks()
    assert clocks.pace.rest_seconds(taken=False) == POLL_SECONDS
    clocks.passed += IDLE_SECONDS
    assert clocks.pace.rest_seconds(taken=False) == IDLE_POLL_SECONDS
    clocks.batch(passed=0.004, worked=0.001)
    assert clocks.pace.rest_seconds(taken=False) == POLL_SECONDS
