"""Which events changed a row of a figure between two positions, and what kind of event each is.

Must never hold: what a figure counts. A row of a figure can change only where a row of a table on which it stands
begins or ends to be known: these positions are the events, and nothing is guessed from times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from domain.clock import CalendarReached
from domain.correction import EntryCorrected, EntryStruckOut
from projections.comparing.figure import Compared, Stood, Values
from projections.pages import TABLES
from projections.queries import Reading
from projections.rows import Table


class EventKind(StrEnum):
    """Why an event changed a figure. A consequence is of the kind of the act that it follows from."""

    NEW_FACT = "new_fact"
    LATE_ENTRY = "late_entry"
    CORRECTION = "correction"
    STRIKE_OUT = "strike_out"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Event:
    """An event that changed something. `kind` tells how it came: `late_entry` happened before the earlier moment."""

    position: int
    stream_id: UUID
    version: int
    name: str
    kind: EventKind
    occurred_at: dt.datetime
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of a figure as known at the one position and at the other; None where it is not."""

    before: Values | None
    after: Values | None

    @property
    def sides(self) -> list[Values]:
        """Those that there are."""
        return [side for side in (self.before, self.after) if side is not None]

    @property
    def positions(self) -> set[int]:
        """The events that it stands on."""
        return {position for side in self.sides for position in side["event_positions"]}


class Attribution:
    """Finds the events between two positions, `since` excluded and `until` included, that changed rows of figures."""

    def __init__(self, reading: Reading, since: int, until: int) -> None:
        self._reading = reading
        self._since = since
        self._until = until

    def of_pairs(self, figure: Compared, pairs: Sequence[Pair]) -> list[set[int]]:
        """For each pair, the positions of the events that changed it. Empty only where none of them did."""
        if not pairs or self._since >= self._until:
            return [set() for _ in pairs]
        streams = self._streams(figure, pairs)
        found: list[set[int]] = [set() for _ in pairs]
        for stood in figure.stands_on:
            versions = self._versions(figure, stood, set().union(*streams))
            for pair, about, positions in zip(pairs, streams, found, strict=True):
                positions.update(self._turns(figure, stood, versions, pair, about))
        return found

    def _streams(self, figure: Compared, pairs: Sequence[Pair]) -> list[set[UUID]]:
        """The streams that each pair is about: its own, and where the figure reaches further, those of its events."""
        own = [{side[figure.stream] for side in pair.sides} if figure.stream else set() for pair in pairs]
        if not figure.reaches:
            return own
        rows = self._rows(
            "SELECT position, stream_id FROM trail WHERE position = ANY(%s) AND known @> %s::bigint",
            (sorted(set().union(*(pair.positions for pair in pairs))), self._until),
        )
        at = {row["position"]: row["stream_id"] for row in rows}
        of_events = [{at[position] for position in pair.positions if position in at} for pair in pairs]
        near = self._near([one | other for one, other in zip(own, of_events, strict=True)])
        return [one | other | more for one, other, more in zip(own, of_events, near, strict=True)]

    def _near(self, streams: list[set[UUID]]) -> list[set[UUID]]:
        """The episodes that came from contacts among the streams: a contact is counted where they are."""
        rows = self._rows(
            "SELECT DISTINCT contact_id, episode_id FROM episodes WHERE contact_id = ANY(%s)",
            (list(set().union(*streams)),),
        )
        episodes: dict[UUID, set[UUID]] = {}
        for row in rows:
            episodes.setdefault(row["contact_id"], set()).add(row["episode_id"])
        return [set().union(*(episodes.get(stream_id, set()) for stream_id in about)) for about in streams]

    def _versions(self, figure: Compared, stood: Stood, streams: set[UUID]) -> dict[tuple[Any, ...], list[Values]]:
        """What was known between the positions of the table's rows, by stream and what the key shares with rows."""
        table = TABLES[stood.table]
        names = (table.stream, *table.key, "known_from", "known_to", *table.columns)
        wanted = sql.SQL("SELECT {} FROM {} WHERE {} known && int8range(%s, %s, '[]')").format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.Identifier(table.name),
            sql.SQL("" if stood.anywhere else "{} = ANY(%s) AND").format(sql.Identifier(table.stream)),
        )
        given = [] if stood.anywhere else [list(streams)]
        found: dict[tuple[Any, ...], list[Values]] = {}
        for row in self._rows(wanted, (*given, self._since, self._until)):
            place = None if stood.anywhere else row[table.stream]
            shared = tuple(row[name] for name in _shared(figure, stood, table))
            found.setdefault((place, *shared), []).append(row)
        return found

    def _turns(
        self,
        figure: Compared,
        stood: Stood,
        versions: Mapping[tuple[Any, ...], list[Values]],
        pair: Pair,
        about: Collection[UUID],
    ) -> set[int]:
        table = TABLES[stood.table]
        found: dict[tuple[Any, ...], Values] = {}
        for side in pair.sides:
            shared = tuple(side[name] for name in _shared(figure, stood, table))
            for place in (None,) if stood.anywhere else about:
                for version in versions.get((place, *shared), ()):
                    if stood.only is None or stood.only(version, side):
                        found[(*_key(table, version), version["known_from"])] = version
        return self._boundaries(table, stood, found.values())

    def _boundaries(self, table: Table, stood: Stood, versions: Iterable[Values]) -> set[int]:
        """The positions between ours at which a row began or ended, or what matters of it changed."""
        matters = stood.columns or table.columns
        said: dict[tuple[Any, ...], dict[int, Any]] = {}
        ended: dict[tuple[Any, ...], dict[int, Any]] = {}
        for version in versions:
            content = [version[name] for name in matters]
            said.setdefault(_key(table, version), {})[version["known_from"]] = content
            ended.setdefault(_key(table, version), {})[version["known_to"]] = content
        return {
            position
            for key in said
            for position in said[key].keys() | ended[key].keys()
            if position is not None
            and self._since < position <= self._until
            and said[key].get(position) != ended[key].get(position)
        }

    def events(self, positions: Iterable[int], earlier: dt.datetime | None) -> dict[int, Event]:
        """The events, each with its kind; what happened before the time `earlier` was entered late."""
        found = self._rows(_BY_POSITION, (sorted(set(positions)), self._until))
        causes = self._causes(found)
        return {row["position"]: _event(row, _root(row, causes), earlier) for row in found}

    def _causes(self, rows: Iterable[Values]) -> dict[tuple[UUID, int], Values]:
        """The acts from which these follow, and from which those do, by stream and version."""
        known: dict[tuple[UUID, int], Values] = {}
        wanted = _caused(rows)
        while wanted:
            streams, versions = zip(*sorted(wanted), strict=True)
            found = self._rows(_BY_VERSION, (list(streams), list(versions), self._until))
            known |= {(row["stream_id"], row["version"]): row for row in found}
            wanted = {(row["stream_id"], row["caused_by"]) for row in found if row["caused_by"] is not None} - set(
                known
            )
        return known

    def _rows(self, question: Any, parameters: Sequence[Any]) -> list[dict[str, Any]]:
        with self._reading.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(question, parameters).fetchall()


_BY_POSITION = """
    SELECT t.position, t.stream_id, t.version, t.name, t.occurred_at, t.recorded_at, t.caused_by
    FROM trail t WHERE t.position = ANY(%s) AND t.known @> %s::bigint"""
_BY_VERSION = """
    SELECT t.position, t.stream_id, t.version, t.name, t.occurred_at, t.recorded_at, t.caused_by
    FROM trail t
    JOIN unnest(%s::uuid[], %s::integer[]) AS w (stream_id, version)
        ON w.stream_id = t.stream_id AND w.version = t.version
    WHERE t.known @> %s::bigint"""


def _caused(rows: Iterable[Values]) -> set[tuple[UUID, int]]:
    """Stream and version of the entries from which these directly follow."""
    return {(row["stream_id"], row["caused_by"]) for row in rows if row["caused_by"] is not None}


def _shared(figure: Compared, stood: Stood, table: Table) -> list[str]:
    """The columns of the table's key by which rows of the figure are told apart too."""
    return [] if stood.of_stream else [name for name in table.key if name in figure.identity]


def _key(table: Table, version: Values) -> tuple[Any, ...]:
    return (version[table.stream], *(version[name] for name in table.key))


def _root(row: Values, causes: Mapping[tuple[UUID, int], Values]) -> Values:
    while row["caused_by"] is not None:
        row = causes[row["stream_id"], row["caused_by"]]
    return row


def _event(row: Values, root: Values, earlier: dt.datetime | None) -> Event:
    names = {
        EntryCorrected.stored_name(): EventKind.CORRECTION,
        EntryStruckOut.stored_name(): EventKind.STRIKE_OUT,
        CalendarReached.stored_name(): EventKind.CLOCK,
    }
    late = earlier is not None and root["occurred_at"] < earlier
    kind = names.get(root["name"], EventKind.LATE_ENTRY if late else EventKind.NEW_FACT)
    told = {name: row[name] for name in ("position", "stream_id", "version", "name", "occurred_at", "recorded_at")}
    return Event(kind=kind, **told)
