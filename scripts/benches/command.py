"""Commands over HTTP, the whole path: token, load, decide, append; beside an endpoint that only validates and inserts.

Ours is `jaksokirja serve` as anybody starts it: one process that speaks HTTP, and writes its log, the scribe that takes
commands to their books, and one beside them that follows and seals; the peer is one process that is served in the same
way (`endpoint`). Meetings are posted to episodes in turn over 16 and over 64 connections, to each in turn, round after
round, medians. Each round of ours has episodes of its own, so that loading them is within. Rates go with how busy the
machine is; the processor time of an answer says the same in quieter words. Whatever was answered must have been
recorded, once. Never here: the posting.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg import sql
from pydantic_core import from_json

from api.identity import issue_token
from api.settings import Settings
from domain.ledger.book import Book
from domain.ledger.migrate import create_register, schema_of
from scripts.benches.endpoint import PATH, TABLE
from scripts.benches.opened import WORKER, open_episodes, open_register
from scripts.benches.posting import Errand, Posted
from scripts.benches.posting import posted as posted_by
from scripts.postgres import running

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

REGISTER = "bench"
CONNECTIONS = (16, 64)
SECONDS, ROUNDS, EPISODES = 8.0, 5, 1_000
WARM_UP_SECONDS = 6.0
QUICK_SECONDS, QUICK_ROUNDS, QUICK_EPISODES = 2.0, 2, 200
P99_LIMIT_MS = 100.0
_PATIENCE_SECONDS = 120.0
_ASKED_EVERY_SECONDS = 0.1
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that meetings can be posted to."""

    process: subprocess.Popen[bytes]
    host: str
    port: int
    path: str
    recorded: Callable[[], int]
    token: str = ""

    def post(self, episodes: Sequence[UUID], connections: int, seconds: float) -> Turn:
        """What came of it. Raises RuntimeError: an answer that was no success, or not as many recorded as answered."""
        spent, had = self._processor_seconds(), self.recorded()
        posted = posted_by(
            Errand(
                host=self.host,
                port=self.port,
                path=self.path,
                token=self.token,
                worker=WORKER,
                episodes=list(episodes),
                connections=connections,
                seconds=seconds,
            )
        )
        if posted.errors:
            raise RuntimeError(f"{posted.errors} of {posted.answers} answers were errors: {posted.first_error}")
        if not posted.answers:
            raise RuntimeError(f"nobody was answered within {seconds} seconds")
        own, beside = (
            (after - before) / posted.answers * 1000
            for before, after in zip(spent, self._processor_seconds(), strict=True)
        )
        under_way = self.recorded() - had - posted.answers
        if not 0 <= under_way <= connections:
            raise RuntimeError(f"{posted.answers} were answered, and {under_way} more than that recorded")
        return Turn(posted, own, beside)

    def _processor_seconds(self) -> tuple[float, float]:
        """Of the process that answers, and of those that it started."""
        told = [path.read_text().rpartition(")")[2].split() for path in _stats_of(self.process.pid)]
        own, *others = [(int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND for fields in told]
        return own, sum(others)


def _stats_of(pid: int) -> list[Path]:
    """Where the kernel tells of the process, and then of those that its threads started."""
    own = Path(f"/proc/{pid}")
    children = [int(child) for told in own.glob("task/*/children") for child in told.read_text().split()]
    return [own / "stat", *(path for child in children for path in _stats_of(child))]


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of posting, and the server's processor time an answer, in milliseconds: its own and that beside it."""

    posted: Posted
    own_ms: float
    beside_ms: float


def run(quick: bool) -> list[Figure]:
    """Figures by number of connections: answers a second, the 99th percentile, processor time an answer."""
    seconds, rounds, episodes = (QUICK_SECONDS, QUICK_ROUNDS, QUICK_EPISODES) if quick else (SECONDS, ROUNDS, EPISODES)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as dsn:
        settings = Settings(data=Path(folder) / "data", port=_free_port())
        place = settings.keyring(dsn)
        place.make()
        create_register(dsn, REGISTER)
        with psycopg.connect(dsn) as connection:
            connection.execute(TABLE)
        with Book(dsn, REGISTER, keyring=place.of(REGISTER)) as book:
            open_register(book)
            with _ours(settings, dsn) as ours, _peer(dsn) as peer:
                more = partial(_more_episodes, book, settings, episodes)
                return [
                    figure
                    for connections in CONNECTIONS
                    for figure in measure(ours, peer, more, connections, seconds, rounds)
                ]


def measure(  # noqa: PLR0917 -- a bench's case has as many sides
    ours: Server, peer: Server, more: Callable[[], Sequence[UUID]], connections: int, seconds: float, rounds: int
) -> list[Figure]:
    """The figures of one number of connections. `more` gives the episodes of a round."""
    mine: list[Turn] = []
    theirs: list[Turn] = []
    for number in range(rounds + 1):
        episodes = more()
        long = seconds if number else max(seconds, WARM_UP_SECONDS)
        turn = ours.post(episodes, connections, long), peer.post(episodes, connections, long)
        if number:  # the first is for connections, plans and caches to come to be
            mine.append(turn[0])
            theirs.append(turn[1])
    case = f"{connections} connections"
    rate, p99 = _of_rate, _of_p99
    return [
        _figure(f"{case}, answers", mine, theirs, rate, "1/s", limit=_median(theirs, rate)),
        _figure(f"{case}, median", mine, theirs, _of_p50, "ms"),
        _figure(f"{case}, 99th percentile", mine, theirs, p99, "ms", limit=P99_LIMIT_MS),
        _figure(f"{case}, processor time an answer, who answers", mine, theirs, _of_own, "ms"),
        _figure(f"{case}, processor time an answer, all of the server", mine, theirs, _of_all, "ms"),
    ]


def _figure(
    case: str,
    mine: Sequence[Turn],
    theirs: Sequence[Turn],
    of: Callable[[Turn], float],
    unit: str,
    *,
    limit: float | None = None,
) -> Figure:
    peers = {"validate and insert": _median(theirs, of)}
    return {"bench": "command", "case": case, "ours": _median(mine, of), "peers": peers, "limit": limit, "unit": unit}


def _median(turns: Sequence[Turn], of: Callable[[Turn], float]) -> float:
    return statistics.median(map(of, turns))


def _of_rate(turn: Turn) -> float:
    return turn.posted.per_second


def _of_p50(turn: Turn) -> float:
    return turn.posted.p50_ms


def _of_p99(turn: Turn) -> float:
    return turn.posted.p99_ms


def _of_own(turn: Turn) -> float:
    return turn.own_ms


def _of_all(turn: Turn) -> float:
    return turn.own_ms + turn.beside_ms


def _more_episodes(book: Book, settings: Settings, count: int) -> list[UUID]:
    """New episodes, once the server has shown them in its projections: it has nothing else to do then."""
    episodes = open_episodes(book, count)
    began = time.perf_counter()
    while _lag(settings):
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise RuntimeError("the server's projections do not come up to the episodes")
        time.sleep(_ASKED_EVERY_SECONDS)
    return episodes


def _lag(settings: Settings) -> int:
    with urllib.request.urlopen(f"http://{settings.host}:{settings.port}/health", timeout=30) as answer:
        (told,) = from_json(answer.read())["registers"]
    return max((one["lag_events"] for one in told["projections"]), default=1)


@contextmanager
def _ours(settings: Settings, dsn: str) -> Iterator[Server]:
    token = issue_token(settings, WORKER, [REGISTER])
    command = (sys.executable, "-c", "from scripts.commandline.main import main; main()", "serve")
    told = {"JAKSOKIRJA_DATA": str(settings.data), "JAKSOKIRJA_PORT": str(settings.port)}
    path = f"/v1/registers/{REGISTER}/episodes/{{stream_id}}/record-meeting"
    with _served(command, settings.port, told, f"http://{settings.host}:{settings.port}/health") as process:
        yield Server(process, settings.host, settings.port, path, partial(_meetings, dsn), token)


@contextmanager
def _peer(dsn: str) -> Iterator[Server]:
    settings = Settings(port=_free_port())
    command = (sys.executable, "-m", "scripts.benches.endpoint", dsn, str(settings.port))
    with _served(command, settings.port, {}, f"http://{settings.host}:{settings.port}/openapi.json") as process:
        yield Server(process, settings.host, settings.port, PATH, partial(_rows, dsn))


def _meetings(dsn: str) -> int:
    """How many the register has."""
    events = sql.Identifier(schema_of(REGISTER), "events")
    return _counted(dsn, sql.SQL("SELECT count(*) FROM {} WHERE name = 'meeting_held.1'").format(events))


def _rows(dsn: str) -> int:
    """How many the peer's table has."""
    return _counted(dsn, sql.SQL("SELECT count(*) FROM meetings"))


def _counted(dsn: str, question: sql.SQL | sql.Composed) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _served(command: Sequence[str], port: int, told: dict[str, str], asked: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the command, once it answers at the address. Raises RuntimeError with the end of its log."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=os.environ | told, stdout=log, stderr=log)
        try:
            began = time.perf_counter()
            while not _answers(asked):
                if process.poll() is not None or time.perf_counter() - began > _PATIENCE_SECONDS:
                    log.seek(0)
                    raise RuntimeError(f"no server at port {port}: {log.read()[-2000:]}")
                time.sleep(_ASKED_EVERY_SECONDS)
            yield process
        finally:
            process.terminate()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- our own server
            return bool(answer.read())
    except urllib.error.HTTPError as fault:
        return fault.code != 404
    except urllib.error.URLError:
        return False


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
