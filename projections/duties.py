"""Duties (velvoite): what must happen by a day, and whether it did. That one is late is never stored.

Must never hold: why one was waived, in words. `started_by` and `met_by` are entries of the same stream, and
so is `opened_by`: of a later calendar period's duty, what told that the period had begun. `opened_on` is the day that
what started the clock rightly has; of a later period's duty the first day of the period.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.calendar import day_in_helsinki, late_after
from domain.consequence import DutyMet, DutyMoved, DutyOpened, DutyReopened, DutyWaived, DutyWithdrawn
from domain.entry import Entry, in_force
from domain.fact import Fact
from projections.rows import Amend, Close, Handler, Open, Operation, Projection, Stand, Table, stands_on

DUTIES = Table(
    "duties",
    stream="stream_id",
    key={"duty_key": "text"},
    columns=(
        "rule_id", "service", "model_version", "strength", "client_id", "started_by", "opened_by", "opened_on",
        "due_on", "late_after_on", "met_by", "met_on", "waived_on",
    ),
)  # fmt: skip


def _due(due_on: dt.date | None) -> dict[str, Any]:
    return {"due_on": due_on, "late_after_on": late_after(due_on) if due_on else None}


def opened(entry: Entry, fact: DutyOpened) -> Iterator[Operation]:
    duty = {
        "rule_id": fact.rule_id,
        "service": fact.service,
        "model_version": fact.model_version,
        "strength": fact.strength,
        "client_id": fact.client_id,
        "started_by": fact.started_by,
        "opened_by": entry.caused_by if fact.opened_on else None,
        "opened_on": fact.opened_on or day_in_helsinki(entry.occurred_at),
        "waived_on": fact.waived_on,
        **_due(fact.due_on),
    }
    yield Open("duties", (fact.duty_key,), duty)


def moved(_entry: Entry, fact: DutyMoved) -> Iterator[Operation]:
    began = {"opened_on": fact.opened_on} if fact.opened_on else {}
    yield Amend("duties", (fact.duty_key,), {**_due(fact.due_on), **began})


def met(_entry: Entry, fact: DutyMet) -> Iterator[Operation]:
    yield Amend("duties", (fact.duty_key,), {"met_by": fact.met_by, "met_on": fact.met_on})


def reopened(_entry: Entry, fact: DutyReopened) -> Iterator[Operation]:
    yield Amend("duties", (fact.duty_key,), {"met_by": None, "met_on": None})


def waived(_entry: Entry, fact: DutyWaived) -> Iterator[Operation]:
    yield Amend("duties", (fact.duty_key,), {"waived_on": fact.waived_on})


def withdrawn(_entry: Entry, fact: DutyWithdrawn) -> Iterator[Operation]:
    yield Close("duties", (fact.duty_key,))


WHEN: Mapping[type[Fact], Handler] = {
    DutyOpened: opened,
    DutyMoved: moved,
    DutyMet: met,
    DutyReopened: reopened,
    DutyWaived: waived,
    DutyWithdrawn: withdrawn,
}


def refolded(entries: Sequence[Entry]) -> Iterator[Stand]:
    """The entries as they count; a duty was opened on the day that what started its clock rightly has.

    One that was opened as waived already is not, once the waiver itself is struck out.
    """
    counting = in_force(entries)
    positions = {entry.version: entry.position for entry in entries}
    started = {entry.version: entry for entry in counting}
    waivers = {entry.fact.duty_key for entry in counting if isinstance(entry.fact, DutyWaived)}
    for entry in counting:
        handler, stands = WHEN.get(type(entry.fact)), stands_on(entry, positions)
        operations = tuple(handler(entry, entry.fact)) if handler else ()
        if isinstance(entry.fact, DutyOpened) and entry.fact.waived_on and entry.fact.duty_key not in waivers:
            operations = (*operations, Amend("duties", (entry.fact.duty_key,), {"waived_on": None}))
        if isinstance(entry.fact, DutyOpened) and (start := started.get(entry.fact.started_by)) is not None:
            began = max(day_in_helsinki(start.occurred_at), entry.fact.opened_on or dt.date.min)
            operations = (*operations, Amend("duties", (entry.fact.duty_key,), {"opened_on": began}))
        yield Stand(entry, operations, stands)


PROJECTION = Projection.beside(__name__, (DUTIES,), WHEN, refolded)
