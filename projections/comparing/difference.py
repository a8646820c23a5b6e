"""What changed in any figure between two moments: its groups, in each group the rows, of each row the events.

Must never hold: how anything is counted, which events changed a row (see `attribution`). A moment is a position (what
the ledger knew) and a day (what was so in the world). What changed because the ledger was told more names those
events; what changed only because days have passed names the events that it stands on, and those are the clock's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from psycopg.rows import dict_row

from domain.calendar import day_in_helsinki
from projections.comparing import quality, work
from projections.comparing.attribution import Attribution, Event, EventKind, Pair
from projections.comparing.figure import Asked, Compared, Values
from projections.queries import Reading, UnknownGrouping

FIGURES: dict[str, Compared] = {figure.name: figure for figure in (*work.FIGURES, *quality.FIGURES)}
"""Every figure that can be compared, by name."""

Progress = Callable[[int, int], None]
"""Told how many of how many figures have been compared."""


@dataclass(frozen=True, slots=True)
class Moment:
    """As known at a position, on a day of the world. `at` is the time meant; None before the first event."""

    position: int
    on_day: dt.date
    at: dt.datetime | None = None

    def is_after(self, other: Moment) -> bool:
        """Whether more was known, or it is of a later time: between two events there are times, too."""
        later = self.at is not None and other.at is not None and self.at > other.at
        return self.position > other.position or (self.position == other.position and later)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of a group at both moments, None where it is not in the group then.

    `positions` are the events that changed it; `days_passed` says that the days between the moments changed it too.
    """

    before: Values | None
    after: Values | None
    positions: tuple[int, ...]
    days_passed: bool


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group whose figures differ: they, the rows that changed in it, and the events that changed those."""

    group: Values
    before: Values | None
    after: Values | None
    rows: tuple[RowChange, ...]
    events: tuple[Event, ...]

    @property
    def by_kind(self) -> dict[str, int]:
        """How many events of each kind."""
        return dict(Counter(event.kind.value for event in self.events))


@dataclass(frozen=True, slots=True)
class FigureChange:
    """The groups of a figure that changed; none, when it is the same at both moments."""

    figure: str
    by: str
    groups: tuple[GroupChange, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two moments, figure by figure."""

    since: Moment
    until: Moment
    figures: tuple[FigureChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be compared: figures by name (all, if none is named), grouped how, of which period and service."""

    figures: Sequence[str] = ()
    by: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    service: str | None = None


def moment_of(reading: Reading, asked: int | dt.datetime, today: dt.date) -> Moment:
    """The moment that a position or an (aware) time means: what was known then, on that day in Finland.

    A position is meant as of when it was recorded; one beyond the last as the last. Before the first it is `today`.
    """
    with reading.snapshot():
        if isinstance(asked, dt.datetime):
            row = reading.connection.execute("SELECT position_at(%s)", (asked,)).fetchone()
            return Moment(int(row[0]) if row else 0, day_in_helsinki(asked), asked)
        row = reading.connection.execute(
            "SELECT e.position, e.recorded_at FROM events e WHERE e.position <= %s ORDER BY e.position DESC LIMIT 1",
            (asked,),
        ).fetchone()
    return Moment(row[0], day_in_helsinki(row[1]), row[1]) if row else Moment(0, today)


def told(found: Difference) -> dict[str, Any]:
    """The difference as it is told in JSON: the figures that changed, and the names of those that did not."""
    changed = [
        {
            "figure": one.figure,
            "by": one.by,
            "groups": [
                {
                    "group": group.group, "before": group.before, "after": group.after, "by_kind": group.by_kind,
                    "events": [asdict(event) for event in group.events],
                    "rows": [asdict(row) for row in group.rows],
                }
                for group in one.groups
            ],
        }
        for one in found.figures
        if one.groups
    ]  # fmt: skip
    unchanged = [one.figure for one in found.figures if not one.groups]
    return {"from": asdict(found.since), "to": asdict(found.until), "changed": changed, "unchanged": unchanged}


def difference(
    reading: Reading, since: Moment, until: Moment, wanted: Wanted, *, progress: Progress | None = None
) -> Difference:
    """What changed from one moment to the other, all from one snapshot. Raises UnknownGrouping.

    Positions beyond what the projections reflect count as the last one that they do.
    """
    chosen = [FIGURES[name] for name in wanted.figures or FIGURES]
    if wanted.by is not None and any(wanted.by not in figure.by for figure in chosen):
        raise UnknownGrouping(wanted.by)
    found = []
    with reading.snapshot() as reflected:
        since, until = (replace(one, position=reflected.as_of(one.position)) for one in (since, until))
        comparing = _Comparing(reading, since, until, wanted)
        for number, figure in enumerate(chosen, 1):
            found.append(comparing.changed(figure))
            if progress is not None:
                progress(number, len(chosen))
    return Difference(since, until, tuple(found))


@dataclass(frozen=True, slots=True)
class _Turn:
    """A row of a figure at both moments; `told` are the events between, `passed` that days made a difference."""

    before: Values | None
    after: Values | None
    told: frozenset[int]
    passed: bool


class _Comparing:
    def __init__(self, reading: Reading, since: Moment, until: Moment, wanted: Wanted) -> None:
        self._reading = reading
        self._since, self._until, self._wanted = since, until, wanted
        self._attribution = Attribution(reading, since.position, until.position)

    def changed(self, figure: Compared) -> FigureChange:
        by = self._by(figure)
        then, now = self._asked(self._since, by), self._asked(self._until, by)
        asked = [(replace(then, service=one), replace(now, service=one)) for one in self._services(figure)]
        groups = [group for one, other in asked for group in self._groups(figure, one, other)]
        return FigureChange(figure.name, by, tuple(groups))

    def _by(self, figure: Compared) -> str:
        by = self._wanted.by
        return by if by is not None else next(iter(figure.by))

    def _asked(self, moment: Moment, by: str) -> Asked:
        period = {"first": self._wanted.first, "last": self._wanted.last}
        return Asked(as_of=moment.position, on_day=moment.on_day, by=by, service=self._wanted.service, **period)

    def _services(self, figure: Compared) -> list[str | None]:
        if not figure.each_service or self._wanted.service is not None:
            return [self._wanted.service]
        rows = self._reading.connection.execute(
            "SELECT DISTINCT coalesce(e.service, e.requested_service) FROM episodes e"
            " UNION SELECT c.service FROM contacts c ORDER BY 1"
        )
        return [service for (service,) in rows if service is not None]

    def _groups(self, figure: Compared, then: Asked, now: Asked) -> list[GroupChange]:
        before, after = self._figures(figure, then), self._figures(figure, now)
        keys = [key for key in {**before, **after} if _differ(before.get(key), after.get(key))]
        if not keys:
            return []
        turns = self._turns(figure, then, now)
        grouping = figure.by[then.by]
        of_group: dict[tuple[Any, ...], list[RowChange]] = {key: [] for key in keys}
        for turn in turns:
            was, will = (_keys(grouping(side)) if side is not None else set() for side in (turn.before, turn.after))
            for key in (was | will) & of_group.keys():
                of_group[key].append(_in_group(turn, was=key in was, will=key in will))
        named = {key: _named(rows) for key, rows in of_group.items()}
        events = self._attribution.events(set().union(*named.values()), self._since.at)
        return [
            GroupChange(
                dict(zip(figure.keys, key, strict=True)), before.get(key), after.get(key), tuple(rows),
                tuple(_kinds(rows, [events[position] for position in sorted(named[key])])),
            )
            for key, rows in of_group.items()
        ]  # fmt: skip

    def _figures(self, figure: Compared, asked: Asked) -> dict[tuple[Any, ...], Values]:
        rows = [_told(figure, asked, row.model_dump()) for row in figure.ask(self._reading, asked).rows]
        return {tuple(row[name] for name in figure.keys): row for row in rows}

    def _turns(self, figure: Compared, then: Asked, now: Asked) -> list[_Turn]:
        """The rows that differ between the moments: because days passed, or because the ledger was told more.

        Days pass first, and the ledger is told on the later day: what happened between the moments is told, not passed.
        """
        first, last = self._rows(figure, then), self._rows(figure, now)
        same_day = then.on_day == now.on_day
        passed = first if same_day else self._rows(figure, replace(then, on_day=now.on_day))
        differ = [key for key in {**first, **last} if _differ(first.get(key), last.get(key))]
        told = [key for key in differ if _differ(passed.get(key), last.get(key))]
        found = self._attribution.of_pairs(figure, [Pair(passed.get(key), last.get(key)) for key in told])
        positions = dict(zip(told, found, strict=True))
        return [
            _Turn(
                first.get(key), last.get(key), frozenset(positions.get(key, ())),
                _differ(first.get(key), passed.get(key)),
            )
            for key in differ
        ]  # fmt: skip

    def _rows(self, figure: Compared, asked: Asked) -> dict[tuple[Any, ...], Values]:
        """By identity, and by number where several have the same."""
        if figure.rows is None:
            rows: Iterable[dict[str, Any]] = (row.model_dump() for row in figure.ask(self._reading, asked).rows)
        else:
            with self._reading.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(figure.rows, asked.parameters).fetchall()
        found: dict[tuple[Any, ...], Values] = {}
        for row in rows:
            identity = tuple(row[name] for name in figure.identity)
            number = 0
            while (*identity, number) in found:
                number += 1
            found[(*identity, number)] = row
        return found


def _told(figure: Compared, asked: Asked, row: Values) -> Values:
    return {"service": asked.service, **row} if figure.each_service else row


def _keys(keys: Iterable[Any]) -> set[tuple[Any, ...]]:
    return {key if isinstance(key, tuple) else (key,) for key in keys}


def _differ(one: Values | None, other: Values | None) -> bool:
    """Whether they say different things; what they stand on may differ without that."""
    if one is None or other is None:
        return one is not other
    return any(one[name] != other[name] for name in one if name != "event_positions")


def _in_group(turn: _Turn, *, was: bool, will: bool) -> RowChange:
    before, after = turn.before if was else None, turn.after if will else None
    return RowChange(before, after, tuple(sorted(turn.told)), turn.passed)


def _named(rows: Iterable[RowChange]) -> set[int]:
    """The events that changed the rows, and those on which rows stand that days have changed."""
    found: set[int] = set()
    for row in rows:
        found.update(row.positions)
        if row.days_passed:
            found.update(*(side["event_positions"] for side in (row.before, row.after) if side is not None))
    return found


def _kinds(rows: Iterable[RowChange], events: Iterable[Event]) -> Iterator[Event]:
    """The events; those that changed none of the rows themselves are the clock's."""
    told = {position for row in rows for position in row.positions}
    for event in events:
        yield event if event.position in told else replace(event, kind=EventKind.CLOCK)
