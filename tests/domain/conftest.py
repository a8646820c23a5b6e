"""The desk, and the honesty of the marks: a test that says it covers a command must have had it recorded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.domain.desk import Desk


def pytest_configure(config: pytest.Config) -> None:
    """The marks by which `test_coverage.py` counts."""
    config.addinivalue_line("markers", "covers(*commands): the test has each of these commands recorded")
    config.addinivalue_line("markers", "refuses(*commands): the test has each of these commands refused")


@pytest.fixture
def empty_desk(register: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at a register that has not been opened."""
    desk = Desk(*register)
    yield desk
    desk.book.close()
    for mark, sent in (("covers", desk.recorded), ("refuses", desk.turned_down)):
        for marker in request.node.iter_markers(mark):
            missing = [command.__name__ for command in marker.args if command not in sent]
            assert not missing, f"the test is marked as {mark} {missing}, but did not"


@pytest.fixture
def desk(empty_desk: Desk) -> Desk:
    """A desk at an open register with its workers and service models."""
    empty_desk.open()
    return empty_desk
