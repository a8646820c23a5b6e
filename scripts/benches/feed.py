"""Events that a follower reads exactly once and in order while sixteen writers are killed, cut off and refused.

The peer is the library's recorder with its database functions on: what they lose under concurrency is why the ledger
has a recorder of its own (docs/decisions/0002). They are switched on here and nowhere else, in a database that nobody
else uses. Never here: the storm itself, speed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from eventsourcing.persistence import InfrastructureFactory, PersistenceError, StoredEvent
from eventsourcing.utils import Environment
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.ledger.errors import LedgerUnavailable, VersionConflict
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
from scripts.benches.storm import SHARED, CutOff, Event, Passed, Recorder, Refused, Storm
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

EVENTS, RUNS, BLOWS = 20_000, 3, 40
QUICK_EVENTS, QUICK_BLOWS = 3_000, 10
NAME = "meeting_held.1"
STATE = (
    b'{"occurred_at":"2022-03-01T10:00:00+00:00","actor":"W1",'
    b'"correlation_id":"01900000-0000-7000-8000-0000000000aa","plain":{}}'
)
PEER = "stock_with_functions"


def run(quick: bool, events: int | None = None) -> list[Figure]:
    """Figures in events followed exactly once and in order; `limit` is what was committed on our side."""
    blows = QUICK_BLOWS if quick else BLOWS
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "data", settings={"max_connections": "200"}) as dsn,
    ):
        return [
            measure(dsn, Path(folder), number, events or (QUICK_EVENTS if quick else EVENTS), blows)
            for number in range(1 if quick else RUNS)
        ]


def measure(dsn: str, folder: Path, number: int, events: int, blows: int) -> Figure:
    """One run of both, the same storm over each in turn."""
    register, database = f"feed-{number}", f"{PEER}_{number}"
    create_register(dsn, register)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    ours = Storm(Ours(dsn, register), folder / register, events=events, blows=blows, seed=number).passes()
    stock_side = Stock(make_conninfo(dsn, dbname=database))
    StockRecorder(stock_side.dsn, create=True).close()  # before sixteen writers race to
    stock = Storm(stock_side, folder / database, events=events, blows=blows, seed=number).passes()
    told = f"stock recorder, its database functions on, of {len(stock.committed):,}: {len(stock.missed):,} missed"
    return {
        "bench": "feed",
        "case": f"run {number + 1}: {len(ours.missed)} missed, {len(ours.lost)} lost; {_told(ours)}",
        "ours": once_in_order(ours),
        "peers": {told: once_in_order(stock)},
        "limit": len(ours.committed),
        "unit": "events read once, in order",
    }


def once_in_order(passed: Passed) -> int:
    """How many of the committed events were followed exactly once, and after all that stand before them."""
    found, last = 0, 0
    times: dict[Event, int] = {}
    for event in passed.followed:
        times[event] = times.get(event, 0) + 1
    for event in passed.followed:
        found += event[0] > last and times[event] == 1
        last = max(last, event[0])
    return found


def _told(passed: Passed) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(passed.counted.items()))


@dataclass(frozen=True, slots=True)
class Ours:
    """A register of the ledger's."""

    dsn: str
    register: str

    def opened(self, dsn: str) -> Recorder:
        return OurRecorder(dsn, self.register)

    def committed(self) -> list[Event]:
        statement = sql.SQL("SELECT position, stream_id, version FROM {}.events ORDER BY position")
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(statement.format(sql.Identifier(schema_of(self.register)))).fetchall()


class OurRecorder:
    """Of one process."""

    def __init__(self, dsn: str, register: str) -> None:
        self._dsn, self._schema = dsn, sql.Identifier(schema_of(register))
        self._recorder = RegisterRecorder(dsn, register)

    def append(self, stream: UUID, version: int, count: int) -> None:
        drafts = tuple(Draft(stream, each, NAME, STATE) for each in range(version, version + count))
        try:
            self._recorder.append(Submission(new_id(), b"", drafts))
        except VersionConflict as conflict:
            raise Refused from conflict
        except LedgerUnavailable as fault:
            raise CutOff from fault

    def undo(self) -> None:
        statement = sql.SQL(
            "SELECT {}.append(ARRAY[%s]::uuid[], ARRAY[''::bytea], ARRAY[1], ARRAY[%s]::uuid[], ARRAY[1], %s, %s, %s)"
        )
        try:
            with psycopg.connect(self._dsn) as connection:
                connection.execute(statement.format(self._schema), (new_id(), new_id(), [NAME], STATE, [len(STATE)]))
                connection.rollback()
        except psycopg.OperationalError as fault:
            raise CutOff from fault

    def last_shared(self) -> int:
        try:
            events = self._recorder.select_events(SHARED, desc=True, limit=1)
        except LedgerUnavailable as fault:
            raise CutOff from fault
        return events[0].originator_version if events else 0

    def read(self, after: int, limit: int) -> Sequence[Event]:
        try:
            records = self._recorder.read_feed(after, limit)
        except LedgerUnavailable as fault:
            raise CutOff from fault
        return [(each.position, each.stream_id, each.version) for each in records]

    def close(self) -> None:
        self._recorder.close()


@dataclass(frozen=True, slots=True)
class Stock:
    """The library's recorder, in a database of its own."""

    dsn: str

    def opened(self, dsn: str) -> Recorder:
        return StockRecorder(dsn)

    def committed(self) -> list[Event]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(
                "SELECT notification_id, originator_id, originator_version FROM storm_events ORDER BY notification_id"
            ).fetchall()


class StockRecorder:
    """Of one process."""

    def __init__(self, dsn: str, *, create: bool = False) -> None:
        """`create`: make its tables and functions."""
        place = conninfo_to_dict(dsn)
        self._dsn = dsn
        self._factory: InfrastructureFactory = InfrastructureFactory.construct(
            Environment(
                "Storm",
                {
                    "PERSISTENCE_MODULE": "eventsourcing.postgres",
                    "POSTGRES_DBNAME": str(place["dbname"]),
                    "POSTGRES_HOST": str(place["host"]),
                    "POSTGRES_PORT": str(place["port"]),
                    "POSTGRES_USER": str(place["user"]),
                    "POSTGRES_PASSWORD": "",
                    "CREATE_TABLE": "y" if create else "n",
                    "POSTGRES_ENABLE_DB_FUNCTIONS": "y",  # what is measured here, and nowhere else
                },
            )
        )
        self._recorder = self._factory.application_recorder()

    def append(self, stream: UUID, version: int, count: int) -> None:
        events = [StoredEvent(stream, each, NAME, STATE) for each in range(version, version + count)]
        try:
            self._recorder.insert_events(events)
        except (PersistenceError, psycopg.Error) as fault:
            raise (Refused if type(fault).__name__ == "IntegrityError" else CutOff) from fault

    def undo(self) -> None:
        """The same events twice in one insert: the database takes them back."""
        event = StoredEvent(new_id(), 1, NAME, STATE)
        try:
            self._recorder.insert_events([event, event])
        except (PersistenceError, psycopg.Error):
            return

    def last_shared(self) -> int:
        try:
            events = self._recorder.select_events(SHARED, desc=True, limit=1)
        except (PersistenceError, psycopg.Error) as fault:
            raise CutOff from fault
        return events[0].originator_version if events else 0

    def read(self, after: int, limit: int) -> Sequence[Event]:
        try:
            found = self._recorder.select_notifications(after + 1, limit)
        except (PersistenceError, psycopg.Error) as fault:
            raise CutOff from fault
        return [(each.id, UUID(str(each.originator_id)), each.originator_version) for each in found]

    def close(self) -> None:
        self._factory.close()
