"""What a figure is that can be compared between two moments: how it is asked, the rows it counts, what they stand on.

Must never hold: how anything is counted (that is SQL, asked through `Reading`), how a difference is found. Groupings
name the columns by which the SQL function groups its rows; a test holds them to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from projections.answers import Answer
from projections.queries import EARLIEST, LATEST, Reading

Values = Mapping[str, Any]
"""A row, by column."""
Grouping = Callable[[Values], Sequence[Any]]
"""The keys of the groups to which a row belongs; of a figure with several key columns, tuples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a figure. `as_of` is a position, `on_day` a day in the world, `first` and `last` a period."""

    as_of: int
    on_day: dt.date
    by: Any = None
    first: dt.date | None = None
    last: dt.date | None = None
    service: str | None = None

    @property
    def world(self) -> dict[str, Any]:
        """Known when, and so on which day."""
        return {"as_of": self.as_of, "on_day": self.on_day}

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """The period, open where it is not said."""
        return self.first or EARLIEST, self.last or LATEST

    @property
    def days(self) -> dict[str, Any]:
        """The period by name."""
        return dict(zip(("from_on", "to_on"), self.period, strict=True))

    @property
    def parameters(self) -> dict[str, Any]:
        """For the SQL of rows. `first` and `last` are null where they are not said, `from_on` and `to_on` never."""
        said = {"first": self.first, "last": self.last, "service": self.service, "by": self.by}
        return {**self.world, **self.days, **said}


@dataclass(frozen=True, slots=True)
class Stood:
    """A table on which rows of a figure stand: which of its columns matter (all, if none is named).

    Its rows are those of the streams that a row of the figure is about, with the same values in those columns of the
    key that also tell the figure's rows apart, and those `only` that fit the row. `of_stream`: whatever the key says;
    `anywhere`: of whatever stream.
    """

    table: str
    columns: tuple[str, ...] = ()
    only: Callable[[Values, Values], bool] | None = None
    of_stream: bool = False
    anywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure. `rows` is the SQL of what it counts, None where its rows are the figure itself.

    `identity` tells rows apart, `stream` is the column of the stream that a row is about (None: those of its events),
    `keys` the columns that tell groups apart, `by` what it can be grouped by. `reaches`: rows stand on events of other
    streams too. `each_service`: it is asked of one service at a time.
    """

    name: str
    ask: Callable[[Reading, Asked], Answer[Any]]
    rows: LiteralString | None
    identity: tuple[str, ...]
    stands_on: tuple[Stood, ...]
    stream: str | None = None
    by: Mapping[str, Grouping] = field(default_factory=dict)
    keys: tuple[str, ...] = ("group_key",)
    reaches: bool = False
    each_service: bool = False


def column(name: str) -> Grouping:
    """By the value of one column."""
    return lambda row: [row[name]]


def each(name: str) -> Grouping:
    """By each value of an array; by none where it is empty."""
    return lambda row: row[name] or [None]


def month(*names: str) -> Grouping:
    """By the month of the first of the days that is known."""

    def of(row: Values) -> list[str | None]:
        day = next((row[name] for name in names if row[name] is not None), None)
        return [f"{day:%Y-%m}" if day is not None else None]

    return of


def columns(**names: str) -> dict[str, Grouping]:
    """Groupings by one column each."""
    return {by: column(name) for by, name in names.items()}


def itself(*keys: str) -> dict[str, Grouping]:
    """Each row is its own group."""
    return {"": lambda row: [tuple(row[key] for key in keys)]}
