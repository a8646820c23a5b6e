"""Tables on the screen: folded to a terminal's width, never cut; whole where the output is piped.

Numbers stand to the right, what is unknown is shown as a dash.

Never here: what the numbers mean.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_WHEN_PIPED = 100
SOFT_HYPHEN = "\u00ad"
"""Where a word of a header may be broken: there it bears a hyphen, and none where there is room for all of it."""

Cell = str | int | float | bool | dt.date | UUID | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; the header names the unit where there is one. Long words may bear soft hyphens."""

    header: str
    number: bool = False


def console() -> Console:
    """Standard output; where it is no terminal 100 columns wide, or COLUMNS, and wider for a table that needs it."""
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS") or WIDTH_WHEN_PIPED)
    return Console(width=width, highlight=False, soft_wrap=False)


def show(
    to: Console, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *,
    last_is_sum: bool = False, footer: str = "",
) -> None:  # fmt: skip
    """Print the table; `footer` beneath it."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    told = [[cell(value) for value in row] for row in rows]
    widths = [_width(column, [row[number] for row in told]) for number, column in enumerate(columns)]
    needed = sum(widths) + len(widths) + 1
    if not to.is_terminal:
        to.width = max(to.width, needed)
    given = _shared(columns, widths, to.width - needed) if needed <= to.width else [None] * len(columns)
    for column, width in zip(columns, given, strict=True):
        justify: Literal["left", "right"] = "right" if column.number else "left"
        table.add_column(_broken(column.header, width), justify=justify, overflow="fold", width=width)
    for number, row in enumerate(told, 1):
        if last_is_sum and number == len(told):
            table.add_section()
        table.add_row(*map(Text, row))
    to.print(table)
    if footer:
        to.print(footer, style="dim", markup=False)


def _shared(columns: Sequence[Column], widths: Sequence[int], spare: int) -> list[int | None]:
    """The widths, and what is to spare given to headers that would else be wrapped, from the left."""
    given: list[int | None] = []
    for column, width in zip(columns, widths, strict=True):
        more = min(max(len(_whole(column.header)) - width, 0), spare)
        spare -= more
        given.append(width + more)
    return given


def _width(column: Column, told: Sequence[str]) -> int:
    """What the column needs, if only its header is wrapped, between words."""
    return max(map(len, (*_broken(column.header, 0).split(), *told)), default=0)


def _whole(header: str) -> str:
    return header.replace(SOFT_HYPHEN, "")


def _broken(header: str, width: int | None) -> str:
    """The header with a hyphen and a space wherever a word does not fit into the width; None: nobody knows it."""
    words = [_whole(word) if width and len(_whole(word)) <= width else word for word in header.split(" ")]
    return " ".join(words).replace(SOFT_HYPHEN, "- ")


def cell(value: Cell) -> str:
    """The value as it is read in Finland: 1.2.2022, 12,5."""
    match value:
        case None:
            return "–"
        case bool():
            return "x" if value else ""
        case float():
            return f"{value:.1f}".replace(".", ",").removesuffix(",0")
        case dt.datetime():
            return f"{value:%-d.%-m.%Y %H:%M}"
        case dt.date():
            return f"{value:%-d.%-m.%Y}"
        case str() | int() | UUID():
            return _whole(str(value))
        case _:
            return ", ".join(map(str, value))
