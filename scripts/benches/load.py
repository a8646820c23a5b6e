"""Loading one episode cold: `Book.state` beside the library's stock repository with the same facts as aggregate events.

Ours reads the stream's records and folds them into the episode's state; of a meeting it decodes what the state says of
it; what is sealed (for the client) stays so, and is read again when somebody looks into it. Two cases of their own ask
for every fact, and look into all that is sealed. The peer reads as many events of the same stored content, sealed
parts included, through its own mapper, applies each to an aggregate that keeps them, and opens nothing. Both over an
open connection with no state kept (the client's key is lent, as it is for a minute), in turns, medians; each lets go of
what it has loaded within its own time. Each loads once in its turn, when the others have had the processor's caches to
themselves; several times in a row is a case of its own. Never here: deciding, appending.
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

from domain.calendar import start_of_day
from domain.entry import Entry
from domain.episode.state import EpisodeState
from domain.fact import Fact, StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.mapper import draft_of
from domain.ledger.migrate import create_register
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.ledger.secrecy.opening import KeyringPlace
from domain.ledger.submission import Draft, Submission
from domain.subjects import Subject
from scripts.benches.histories import FIRST_DAY, Place, life_of_an_episode, meeting
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

REGISTER = "bench"
LENGTHS = (25, 200, 1_000)
TIMES, QUICK_TIMES = 60, 10
AGAIN = 4
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
        keys = KeyringPlace(keyring_dsn(dsn), Path(folder) / "register.key")
        keys.make()
        stock: Application[Any] = Application(stock_environment(dsn))
        with Book(dsn, REGISTER, keyring=keys.of(REGISTER)) as book:
            figures = [
                one for events in LENGTHS for one in measure(book, stock, events, QUICK_TIMES if quick else TIMES)
            ]
        stock.close()
        return figures


def measure(book: Book, stock: Application[Any], events: int, times: int) -> list[Figure]:
    """An episode of so many events in so many turns: cold, again, every fact asked for, what is sealed opened."""
    drafts = _episode(book, events)
    book.ledger.append(Submission(new_id(), b"bench", tuple(drafts)))
    stream, peer = drafts[0].stream_id, _peer(stock, drafts)
    ours = {
        "cold": _ours(book, stream, events),
        "every fact asked for too": _ours(book, stream, events, lambda entry: entry.fact),
        "all that is sealed opened too": _ours(book, stream, events, lambda entry: entry.fact.look_into()),
    }
    turns = [(_milliseconds(peer), *map(_milliseconds, ours.values())) for _ in range(times)]
    theirs, *mine = (statistics.median(column) for column in zip(*turns, strict=True))
    in_a_row = [(_again(peer), _again(ours["cold"])) for _ in range(times)]
    warm = [statistics.median(column) for column in zip(*in_a_row, strict=True)]
    figures = [_figure(events, how, took, theirs) for how, took in zip(ours, mine, strict=True)]
    return [figures[0], _figure(events, "again", warm[1], warm[0]), *figures[1:]]


def _figure(events: int, how: str, took: float, theirs: float) -> Figure:
    return {
        "bench": "load",
        "case": f"an episode of {events:,} events, {how}",
        "ours": took,
        "peers": {"stock repository": theirs},
        "limit": None,
        "unit": "ms",
    }


def _episode(book: Book, events: int) -> list[Draft]:
    """The beginning of an episode, and then meeting after meeting; what is sensitive is sealed for the client."""
    drawn, stream, place = random.Random(1), new_id(), Place("north", "instructor-1", FIRST_DAY)
    client = new_id()
    lived: list[Fact] = list(life_of_an_episode(drawn, client, place))[:-2]
    more = (meeting(drawn, client, place.worker, FIRST_DAY + dt.timedelta(days=number)) for number in count(70))
    facts = list(islice(chain(lived, more), events))
    whose = (Subject(client, "child_family"),)
    seal = book.safe.sealing(dict.fromkeys(range(1, events + 1), whose))
    return [draft_of(_entry(stream, version, fact), seal) for version, fact in enumerate(facts, 1)]


def _entry(stream: UUID, version: int, fact: Fact) -> Entry:
    occurred_at = fact.happened_at() or start_of_day(FIRST_DAY)
    return Entry(stream, version, fact, occurred_at, actor="instructor-1", correlation_id=stream)


def _ours(book: Book, stream: UUID, events: int, ask: Callable[[Entry], object] | None = None) -> Callable[[], None]:
    def load() -> None:
        state = book.state(stream, StreamKind.EPISODE)
        if not isinstance(state, EpisodeState) or len(state.entries) != events or not state.meetings:
            raise RuntimeError("not all events were loaded")
        if ask:
            for entry in state.entries:
                ask(entry)
        book.states.forget()

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


def _again(work: Callable[[], None]) -> float:
    """What it takes after it has just been done."""
    work()
    return statistics.median(_milliseconds(work) for _ in range(AGAIN))


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
