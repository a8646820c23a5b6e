"""Loading one episode cold: `Book.state` beside the library's stock repository with the same facts as aggregate events.

Ours reads the stream's records, decodes the facts and folds them into the episode's state; the peer reads as many
events of the same content through its own mapper and applies each to an aggregate that keeps them. Both over an open
connection with nothing cached, in turns, medians. Never here: deciding, appending.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from psycopg.conninfo import conninfo_to_dict

from domain.fact import Fact, StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.submission import Draft, Submission
from scripts.benches.histories import FIRST_DAY, Place, draft, life_of_an_episode, meeting
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

REGISTER = "bench"
LENGTHS = (25, 200, 1_000)
TIMES, QUICK_TIMES = 60, 10
_STOCK_SAVES = 200
"""The stock recorder hangs on more than 250 events a call."""


class Told(Aggregate):
    """The peer: an aggregate that keeps what it was told."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []

    class FactTold(Aggregate.Event):
        """A fact, with the content that ours stores."""

        name: str
        content: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            """Keep it."""
            aggregate.facts.append(self.content)


def run(quick: bool) -> list[Figure]:
    """Figures in milliseconds, by length."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        create_register(dsn, REGISTER)
        stock: Application[Any] = Application(stock_environment(dsn))
        with Book(dsn, REGISTER) as book:
            figures = [measure(book, stock, length, QUICK_TIMES if quick else TIMES) for length in LENGTHS]
        stock.close()
        return figures


def measure(book: Book, stock: Application[Any], events: int, times: int) -> Figure:
    """One case: an episode of so many events, loaded so many times by each."""
    drafts = _episode(events)
    book.ledger.append(Submission(new_id(), b"bench", tuple(drafts)))
    ours, peer = _ours(book, drafts[0].stream_id, events), _peer(stock, drafts)
    turns: list[tuple[float, float]] = [(_milliseconds(ours), _milliseconds(peer)) for _ in range(times)]
    mine, theirs = (statistics.median(column) for column in zip(*turns, strict=True))
    return {
        "bench": "load",
        "case": f"an episode of {events:,} events, cold",
        "ours": mine,
        "peers": {"stock repository": theirs},
        "limit": None,
        "unit": "ms",
    }


def _episode(events: int) -> list[Draft]:
    """The beginning of an episode, and then meeting after meeting."""
    drawn, stream, place = random.Random(1), new_id(), Place("north", "instructor-1", FIRST_DAY)
    client = new_id()
    lived: list[Fact] = list(life_of_an_episode(drawn, client, place))[:-2]
    more = (meeting(drawn, client, place.worker, FIRST_DAY + dt.timedelta(days=number)) for number in count(70))
    facts = islice(chain(lived, more), events)
    return [draft(stream, version, fact) for version, fact in enumerate(facts, 1)]


def _ours(book: Book, stream: UUID, events: int) -> Callable[[], None]:
    def load() -> None:
        book.states.forget()
        if len(book.state(stream, StreamKind.EPISODE).entries) != events:
            raise RuntimeError("not all events were loaded")

    return load


def _peer(stock: Application[Any], drafts: Sequence[Draft]) -> Callable[[], None]:
    told = Told()
    for number, one in enumerate(drafts, 1):
        told.trigger_event(Told.FactTold, name=one.name, content=json.loads(one.state))
        if number % _STOCK_SAVES == 0:
            stock.save(told)
    stock.save(told)

    def load() -> None:
        found: Any = stock.repository.get(told.id)
        if len(found.facts) != len(drafts):
            raise RuntimeError("the peer did not load all events")

    return load


def _milliseconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def stock_environment(dsn: str) -> dict[str, str]:
    """What the library reads to find its own recorder at the DSN."""
    place = conninfo_to_dict(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place["port"]),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": "",
    }
