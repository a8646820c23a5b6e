"""What the commands that show a figure share: a register read at a position and on a day, a table and its footer.

Never here: how anything is counted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from domain.ledger.connections import may_work_as
from projections.answers import Answer
from projections.queries import EARLIEST, LATEST, Figure, Reading, reading
from projections.rebuild import start_up
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.labels import label
from scripts.commandline.session import database, register_meant
from scripts.commandline.tables import Column, cell, console, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked on the command line, still as it was written."""

    by: str
    register: str | None = None
    as_of: str | None = None
    on: str | None = None
    first: str | None = None
    last: str | None = None
    as_json: bool = False
    explain: bool = False
    lang: str = "fi"

    @property
    def on_day(self) -> dt.date:
        """The day of the world; today when none is named."""
        return options.day_of(self.on, "--on") if self.on else options.today()

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """The days counted; all when none are named."""
        return self.period_or(EARLIEST, LATEST)

    @property
    def period_if_named(self) -> tuple[dt.date | None, dt.date | None]:
        """The days counted; None where none is named."""
        first = options.day_of(self.first, "--from") if self.first else None
        last = options.day_of(self.last, "--to") if self.last else None
        if first is not None and last is not None and last < first:
            raise CommandFault("--to lies before --from.", "bad_date")
        return first, last

    def period_or(self, earliest: dt.date, latest: dt.date) -> tuple[dt.date, dt.date]:
        """The days counted, else those given."""
        first, last = self.period_if_named
        return first or earliest, last or latest


Ask = Callable[[Reading, int | None], Answer[Any]]


@contextmanager
def register_read(named: str | None) -> Iterator[tuple[str, Reading]]:
    """The register's name and its projections, brought up to date first unless a follower does that already."""
    with database() as dsn:
        register = register_meant(dsn, named)
        if may_work_as(dsn, "projector"):  # for one that may only read, the footer tells the lag
            start_up(dsn, register)
        with reading(dsn, register) as asked:
            yield register, asked


def position_of(read: Reading, as_of: str | None) -> int | None:
    """The position that --as-of means; None for now. Raises CommandFault when the register has no such position."""
    if as_of is None:
        return None
    if as_of.isdecimal() and len(as_of) <= 18:
        return position_within(int(as_of), read.reflected().head)
    return read.position_at(options.moment_of(as_of, "--as-of"))


def position_within(position: int, head: int, *, remedy: str = "Without --as-of the answer is of now.") -> int:
    """The position itself. Raises CommandFault when the register, whose last is `head`, does not reach so far."""
    if position > head:
        raise CommandFault(f"The register has no position {position}; its last is {head}. {remedy}", "beyond_head")
    return position


def show_figure(figure: Figure, asked: Asked, columns: Sequence[str], ask: Ask) -> None:
    """Ask, and print the table, or JSON, or with --explain what the figure stands on."""
    lang = options.language(asked.lang)
    with register_read(asked.register) as (register, read):
        position = position_of(read, asked.as_of)
        answer = _explained(figure, asked, read, position) if asked.explain else ask(read, position)
    if asked.as_json:
        told = {"register": register, "figure": figure, "by": asked.by, **answer.model_dump(mode="json")}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if asked.explain:
        show_explained(answer, lang)
        return
    heads = [
        Column(label("group", asked.by, lang)),
        *(Column(label("column", name, lang), number=True) for name in columns),
    ]
    rows = [(row.group_key, *(getattr(row, name) for name in columns)) for row in answer.rows]
    show(console(), f"{label('title', figure, lang)}: {register}", heads, rows, footer=footer(answer, lang))


def _explained(figure: Figure, asked: Asked, read: Reading, position: int | None) -> Answer[Any]:
    first, last = asked.period_if_named
    return read.explain(figure, by=asked.by, on_day=asked.on_day, from_on=first, to_on=last, as_of=position)


def show_explained(answer: Answer[Any], lang: str) -> None:
    """What a figure stands on: streams, and the positions of their events."""
    names = ("stream_id", "item", "happened_on", "status", "event_positions")
    rows = [tuple(getattr(row, name) for name in names) for row in answer.rows]
    columns = [Column(label("column", name, lang)) for name in names]
    show(console(), label("title", "explained", lang), columns, rows, footer=footer(answer, lang))


def footer(answer: Answer[Any], lang: str) -> str:
    """Which position the answer reflects, which day, and how far behind it is."""
    words = label("footer", "as_of", lang).format(as_of=answer.as_of, head=answer.head)
    if answer.on_day is not None:
        words += label("footer", "on_day", lang).format(day=cell(answer.on_day))
    if answer.lag_events:
        seconds = cell(answer.lag_seconds)
        words += label("footer", "lag", lang).format(events=answer.lag_events, seconds=seconds)
    else:
        words += label("footer", "no_lag", lang)
    if answer.head and not answer.as_of:
        words += label("footer", "nothing_yet", lang)
    if answer.stopped:
        words += label("footer", "stopped", lang).format(names=", ".join(answer.stopped))
    return words
