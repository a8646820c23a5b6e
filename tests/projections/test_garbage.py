"""The garbage collector is left as it was found, by whoever works without it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from projections.engine import run_once
from projections.rebuild import rebuild
from tests.projections.conftest import Book
from tests.projections.history import History, referral


@pytest.fixture
def collector() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize("begin", [gc.enable, gc.disable], ids=["on", "off"])
@pytest.mark.parametrize("work", [run_once, lambda *book: rebuild(*book, processes=1)], ids=["follow", "rebuild"])
def test_the_collector_is_left_as_it_was_found(
    book: Book, history: History, begin: Callable[[], None], work: Callable[..., object]
) -> None:
    history.record(uuid4(), referral(uuid4()))
    begin()
    before = gc.isenabled()
    work(*book)
    assert gc.isenabled() is before
