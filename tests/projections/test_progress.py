"""Progress of those that are followed together: only on rows of the same fold, and none is left that is nobody's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from projections.engine import Engine, run_once
from projections.install import owner_connection
from projections.store import BatchReplayed
from tests.projections.conftest import Book
from tests.projections.history import History, referral, whole_episode


def test_rows_that_another_fold_has_made_meanwhile_are_not_gone_on_with(book: Book, history: History) -> None:
    history.record(uuid4(), referral(uuid4()))
    engine = Engine(*book)
    try:
        engine.hold()
        assert engine.advance() == 1
        with owner_connection(*book) as connection:
            connection.execute(
                "UPDATE projection_checkpoints SET fold_fingerprint = 'another' WHERE projection = 'episodes'"
            )
        history.record(uuid4(), referral(uuid4()))
        with pytest.raises(BatchReplayed, match="the rows of episodes are made by another fold now"):
            engine.advance()
        assert {checkpoint.position for checkpoint in engine.statuses().values()} == {1}
    finally:
        engine.close()


def test_progress_of_an_engine_that_is_gone_is_deleted_by_the_next(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    def names() -> set[Any]:
        return {row["together"] for row in reader.execute("SELECT together FROM projection_progress")}

    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, batch_events=1)
    before = names()
    assert len(before) == 1
    history.record(uuid4(), *whole_episode(uuid4()))
    run_once(*book, batch_events=1)
    assert len(names()) == 1
    assert names().isdisjoint(before)
