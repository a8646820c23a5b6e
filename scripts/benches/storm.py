"""Sixteen writers in four processes, and what befalls them: killed, cut off, refused, rolled back; and a follower.

The same storm passes over our recorder and over the library's. Never here: a verdict, figures.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Protocol
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

PROCESSES, THREADS = 4, 4
PAUSE_SECONDS = 0.05
"""At least so long between two blows."""
KILLS = 0.3
"""So many of the blows kill a writer; the others cut a connection."""
READ = 200
"""So many events are followed at a time."""
SHARED = UUID("01900000-0000-7000-8000-000000000001")
"""The stream that all writers race for."""

Event = tuple[int, UUID, int]
"""Position, stream, version."""


class Refused(Exception):
    """The recorder would not have it: somebody else was first."""


class CutOff(Exception):
    """The recorder cannot tell whether it has it."""


class Side(Protocol):
    """One recorder in the storm. It is carried to the writers' processes: plain fields only."""

    @property
    def dsn(self) -> str:
        """Its database's, as a superuser."""

    def opened(self, dsn: str) -> Recorder:
        """A recorder of its own for a process."""

    def committed(self) -> list[Event]:
        """What is in the table, by position, asked for directly."""


class Recorder(Protocol):
    """What a writer or a follower uses."""

    def append(self, stream: UUID, version: int, count: int) -> None:
        """So many events to the stream from that version on. Raises Refused, CutOff."""

    def undo(self) -> None:
        """Append in a transaction that is rolled back. Raises CutOff."""

    def last_shared(self) -> int:
        """The last version of the shared stream, 0 if none. Raises CutOff."""

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """The next events of the feed. Raises CutOff."""

    def close(self) -> None:
        """Let go."""


@dataclass(slots=True)
class Passed:
    """What the storm left: `committed` by position, `followed` in the order of following, what writers were told."""

    committed: list[Event]
    followed: list[Event]
    acknowledged: set[tuple[UUID, int]]
    counted: Counter[str] = field(default_factory=Counter)
    """Writers killed, connections cut, commands refused, rolled back."""

    @property
    def missed(self) -> list[Event]:
        """Committed, and never followed."""
        seen = set(self.followed)
        return [event for event in self.committed if event not in seen]

    @property
    def lost(self) -> set[tuple[UUID, int]]:
        """Acknowledged, and not there."""
        return self.acknowledged - {(stream, version) for _, stream, version in self.committed}


class Storm:
    """One storm over one side, until so many events were committed and so many blows were dealt."""

    def __init__(self, side: Side, folder: Path, *, events: int, blows: int, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._side, self._folder, self._events, self._blows = side, folder, events, blows
        self._name = f"storm-{os.getpid()}-{folder.name}"[:60]
        self._drawn = Random(seed)
        self._writers: list[BaseProcess] = []
        self._begun = 0
        self._counted: Counter[str] = Counter()
        self._over = threading.Event()

    def passes(self) -> Passed:
        """Let it pass. Raises RuntimeError when writers end by themselves."""
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(follow, self._side, make_conninfo(self._side.dsn, application_name=self._name),
                                    self._over)  # fmt: skip
            try:
                for _ in range(PROCESSES):
                    self._begin_writer()
                self._rage()
            finally:
                (self._folder / "stop").touch()
                for writer in self._writers:
                    writer.join()
                self._over.set()
            followed = following.result()
        return Passed(self._side.committed(), followed, self._acknowledged(), self._counted)

    def _begin_writer(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._begun += 1
        arguments = (self._side, str(self._folder), self._begun, self._name, self._drawn.getrandbits(32))
        writer = spawn.Process(target=write, args=arguments, name=f"writer-{self._begun}")
        writer.start()
        self._writers.append(writer)

    def _rage(self) -> None:
        size, dealt = 0, 0
        with psycopg.connect(self._side.dsn, autocommit=True) as connection:
            while size < self._events or dealt < self._blows:
                time.sleep(PAUSE_SECONDS)
                size = self._written()
                if (
                    dealt < self._blows and size * self._blows >= dealt * self._events
                ):  # evenly over the events, however fast they come
                    dealt += self._kill() if self._drawn.random() < KILLS else self._cut(connection)
                if not any(writer.is_alive() for writer in self._writers):
                    raise RuntimeError("all writers have ended by themselves")

    def _kill(self) -> int:
        """Kill a writer that has begun to write, and begin another in its place."""
        at_work = [each for each in self._writers if each.is_alive() and self._log(each.name).exists()]
        if not at_work:
            return 0
        killed = self._drawn.choice(at_work)
        os.kill(killed.pid or 0, signal.SIGKILL)
        killed.join()
        self._counted["killed"] += 1
        self._begin_writer()
        return 1

    def _cut(self, connection: psycopg.Connection) -> int:
        """Terminate one of the connections, a writer's or the follower's."""
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (self._name,))
        pids = sorted(pid for (pid,) in found)
        if not pids:
            return 0
        connection.execute("SELECT pg_terminate_backend(%s)", (self._drawn.choice(pids),))
        self._counted["cut off"] += 1
        return 1

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _written(self) -> int:
        return sum(log.read_bytes().count(b"\nok ") for log in self._folder.glob("*.log"))

    def _acknowledged(self) -> set[tuple[UUID, int]]:
        told = set()
        for log in self._folder.glob("*.log"):
            for line in log.read_text().splitlines():
                match line.split():
                    case ["ok", stream, version]:
                        told.add((UUID(stream), int(version)))
                    case ["refused" | "rolled_back" | "unknown" as what]:
                        self._counted[what.replace("_", " ")] += 1
        return told


def write(side: Side, folder: str, number: int, name: str, seed: int) -> None:
    """A writer's process: four threads that append until they are told to stop, or are killed."""
    os.environ["PGAPPNAME"] = name  # of whatever connections a recorder makes: they are known by it, and cut
    recorder = side.opened(make_conninfo(side.dsn, application_name=name))
    stop = Path(folder) / "stop"
    log = os.open(Path(folder) / f"writer-{number}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def work(thread: int) -> None:
        drawn = Random(f"{seed} {thread}")
        while not stop.exists():
            os.write(log, f"\n{_deed(recorder, drawn)}\n".encode())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    recorder.close()
    os.close(log)


def _deed(recorder: Recorder, drawn: Random) -> str:
    """Do one thing; what is to be logged of it: a line an event that was acknowledged."""
    stream, version, count = UUID(int=drawn.getrandbits(128), version=4), 1, drawn.randrange(1, 4)
    try:
        match drawn.random():
            case chance if chance < 0.03:
                recorder.undo()
                return "rolled_back"
            case chance if chance < 0.2:
                stream, version = SHARED, recorder.last_shared() + 1
        recorder.append(stream, version, count)
    except Refused:
        return "refused"
    except CutOff:
        return "unknown"
    return "\n".join(f"ok {stream} {each}" for each in range(version, version + count))


def follow(side: Side, dsn: str, over: threading.Event) -> list[Event]:
    """Follow the feed from its beginning until the storm is over and nothing more comes."""
    followed: list[Event] = []
    recorder = side.opened(dsn)
    try:
        while True:
            last_look = over.is_set()
            with contextlib.suppress(CutOff):
                found = recorder.read(followed[-1][0] if followed else 0, READ)
                followed += found
                if not found and last_look:
                    return followed
                if not found:
                    time.sleep(0.002)
    finally:
        recorder.close()
