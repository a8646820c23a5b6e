"""Waiting for what another thread or process does, without a hang where it does not come."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120.0
"""No measure of anything: a busy machine is given the time."""


def until(true: Callable[[], bool]) -> None:
    """Return when it is true; an AssertionError when it does not become so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)
