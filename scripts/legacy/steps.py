"""Steps: what a row comes to in the ledger, one command each, with its place in the order of things.

Never here: what a row means (`telling`, `amending`), the ledger.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.fact import JsonObject, StreamKind
from scripts.legacy.checking import CheckedRow

IMPORTER = "legacy-import"


class Turn(IntEnum):
    """Which comes first of what happened on one day. What founds an episode comes before everything in it."""

    REFERRAL, DECISION, ASSIGNMENT, START, PLAN, EXCEPTION, MEETING, EVALUATION, CLOSURE, AMENDMENT = range(10)


@dataclass(frozen=True, slots=True)
class AmendedEntry:
    """The entry that a command recorded in a stream of that kind."""

    stream: StreamKind
    command_id: UUID


@dataclass(frozen=True, slots=True)
class Amendment:
    """To correct an entry, or without `changes` to strike it out."""

    entry: AmendedEntry
    mistake: MistakeKind
    reason: str
    changes: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a row. Without a step that `founds`, nothing that hangs on the row can be recorded."""

    row: CheckedRow
    name: str
    stream_id: UUID
    act: AnyCommand | Amendment
    happened_at: dt.datetime
    turn: Turn
    entered_at: dt.datetime | None = None
    founds: bool = False
    actor: str = IMPORTER

    @property
    def stream_kind(self) -> StreamKind:
        """The kind of the stream that it acts on."""
        return self.act.entry.stream if isinstance(self.act, Amendment) else type(self.act).stream

    @property
    def order(self) -> tuple[Turn, dt.date, Turn, dt.datetime, int]:
        """Sorts the steps of a stream as they happened."""
        first = min(self.turn, Turn.ASSIGNMENT)
        return first, day_in_helsinki(self.happened_at), self.turn, self.happened_at, self.row.line
