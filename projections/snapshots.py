"""One snapshot of a register's projections, and what it reflects: every answer comes from one.

Must never hold: any one question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from psycopg import Connection, IsolationLevel
from psycopg.rows import class_row
from pydantic import BaseModel

from projections.answers import Answer
from projections.store import ASTRAY, STOPPED, Checkpoint, ProjectionsAstray, checkpoints

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reflected:
    """What a snapshot reflects: up to `position`, of a ledger that ends at `head`."""

    position: int
    head: int
    lag_seconds: float
    stopped: tuple[str, ...]

    def as_of(self, wanted: int | None) -> int:
        """The position that an answer reflects: what is wanted, as far as the projections are there yet."""
        return self.position if wanted is None else min(wanted, self.position)

    def answer(
        self, rows: Sequence[Any], as_of: int, *, on_day: dt.date | None = None, next_cursor: str | None = None
    ) -> Answer[Any]:
        """The rows, with what they reflect."""
        return Answer[Any].model_construct(
            rows=list(rows),
            as_of=as_of,
            on_day=on_day,
            head=self.head,
            lag_events=self.head - self.position,
            lag_seconds=self.lag_seconds,
            stopped=self.stopped,
            next_cursor=next_cursor,
        )


class Snapshots:
    """A connection whose search path is a register's schema, with no transaction open; each question has its own."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.connection.isolation_level = IsolationLevel.REPEATABLE_READ
        self.connection.read_only = True

    @contextmanager
    def snapshot(self) -> Iterator[Reflected]:
        """One transaction, whose snapshot is never older than the tables: see checkpoints.sql.

        Raises ProjectionsAstray: rows of events that are gone would be counted.
        """
        with self.connection.transaction():
            self.connection.execute("LOCK TABLE projection_swaps IN ACCESS SHARE MODE")
            yield self._reflected()

    def ask(
        self,
        question: LiteralString,
        model: type[M],
        *,
        before: Sequence[Any] = (),
        as_of: int | None = None,
        after: Sequence[Any] = (),
        on_day: dt.date | None = None,
    ) -> Answer[M]:
        """The rows of a question whose parameters are `before`, the position that the answer reflects, and `after`."""
        with self.snapshot() as reflected:
            position = reflected.as_of(as_of)
            with self.connection.cursor(row_factory=class_row(model)) as cursor:
                rows = cursor.execute(question, [*before, position, *after]).fetchall()
        return reflected.answer(rows, position, on_day=on_day)

    def _reflected(self) -> Reflected:
        found: list[Checkpoint] = list(checkpoints(self.connection).values())
        position = min((checkpoint.position for checkpoint in found), default=0)
        row = self.connection.execute(
            "SELECT coalesce(max(e.position), 0), (SELECT extract(epoch FROM clock_timestamp() - n.recorded_at)"
            " FROM events n WHERE n.position = %s) FROM events e",
            (position + 1,),
        ).fetchone()
        head, waited = row or (0, None)
        astray = [checkpoint for checkpoint in found if checkpoint.position > head or checkpoint.error == ASTRAY]
        if astray:
            raise ProjectionsAstray([one.projection for one in astray], max(one.position for one in astray), head)
        stopped = tuple(sorted(c.projection for c in found if c.status == STOPPED))
        return Reflected(position, int(head), max(0.0, float(waited or 0.0)), stopped)
