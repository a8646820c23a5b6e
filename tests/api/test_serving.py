"""A process that serves seldom has its collector look at what is kept, and still gets rid of what lies in circles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from api.serving import keep_from_collector


@pytest.fixture(autouse=True)
def _serving() -> Iterator[None]:
    before = gc.get_threshold()
    keep_from_collector()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


class _Circle:
    def __init__(self) -> None:
        self.own = self


def test_what_is_kept_does_not_bring_the_whole_heap_before_the_collector() -> None:
    full: list[str] = []

    def noted(phase: str, told: dict[str, int]) -> None:
        if phase == "start" and told["generation"] == 2:
            full.append(phase)

    gc.callbacks.append(noted)
    try:
        kept = [[number] for number in range(500_000)]
    finally:
        gc.callbacks.remove(noted)
    assert len(kept) == 500_000
    assert full == []


def test_what_lies_in_circles_goes_though_nobody_asks_for_it() -> None:
    circles = [weakref.ref(_Circle()) for _ in range(100_000)]
    assert sum(circle() is not None for circle in circles) < 20_000


def test_what_was_there_before_is_passed_over() -> None:
    assert gc.get_freeze_count() > 0
