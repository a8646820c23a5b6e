"""Posts meetings to an API over kept connections for some seconds: each waits for its answer, and then sends anew.

By wrk where it is installed: it takes a tenth of the processor time, on a machine that the server needs for itself.
Else by a process of our own: `python -m scripts.benches.posting`, an `Errand` as JSON on its standard input, a `Posted`
as JSON on its output. Never here: which server it is.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_json

from scripts.benches.opened import FIRST_DAY

MOST_A_SECOND = 4_000
"""So many requests are made ready for wrk, which stops the run when they are not enough."""
TIMEOUT_SECONDS = 60
_SCRIPT = Path(__file__).with_name("posting.lua")
_BODY_FOLLOWS = b"\r\n\r\n"
_CREATED = f"HTTP/1.1 {HTTPStatus.CREATED.value} ".encode()


class Errand(BaseModel):
    """Where to post meetings: `path` with a place for the episode; `worker` met in all of them."""

    host: str
    port: int
    path: str
    token: str
    worker: str
    episodes: list[UUID]
    connections: int
    seconds: float


class Posted(BaseModel):
    """What came of it: answers a second, milliseconds that they took (percentiles), and how many were not "created"."""

    per_second: float
    p50_ms: float
    p99_ms: float
    answers: int
    errors: int
    first_error: str = ""


class _Poster:
    """All connections' errand and tally."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.times: list[float] = []
        self.errors: list[str] = []
        self.until = 0.0
        self._requests = requests(errand)

    async def run(self) -> Posted:
        """Post over all connections until the time is over."""
        opened = [
            await asyncio.open_connection(self.errand.host, self.errand.port) for _ in range(self.errand.connections)
        ]
        began = time.perf_counter()
        self.until = began + self.errand.seconds
        await asyncio.gather(*(self._one(*connection) for connection in opened))
        took = time.perf_counter() - began
        self.times.sort()
        return Posted(
            per_second=len(self.times) / took,
            p50_ms=self._percentile(0.50),
            p99_ms=self._percentile(0.99),
            answers=len(self.times),
            errors=len(self.errors),
            first_error=self.errors[0] if self.errors else "",
        )

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (began := time.perf_counter()) < self.until:
                writer.write(next(self._requests))
                head = await reader.readuntil(_BODY_FOLLOWS)
                body = await reader.readexactly(_length(head))
                self.times.append(time.perf_counter() - began)
                if not head.startswith(_CREATED):
                    self.errors.append((head[:40] + body[:400]).decode(errors="replace"))
        except (ConnectionError, asyncio.IncompleteReadError) as fault:
            self.errors.append(f"the connection was lost: {fault}")
        writer.close()

    def _percentile(self, share: float) -> float:
        if not self.times:
            return math.inf
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))] * 1000


def requests(errand: Errand) -> Iterator[bytes]:
    """The requests, without end: a meeting of each episode in turn with a key of its own, a day after its last."""
    drawn = random.Random(errand.episodes[0].int)
    for number in itertools.count():
        episode = errand.episodes[number % len(errand.episodes)]
        day = FIRST_DAY.replace(day=2 + number // len(errand.episodes) % 28)
        yield _request(errand, episode, _meeting(errand, drawn, day.isoformat()), UUID(int=drawn.getrandbits(128)))


def _meeting(errand: Errand, drawn: random.Random, day: str) -> bytes:
    return to_json(
        {
            "meeting_id": UUID(int=drawn.getrandbits(128), version=4),
            "worker_ids": [errand.worker],
            "started_at": f"{day}T10:00:00+02:00",
            "ended_at": f"{day}T11:30:00+02:00",
            "mode": "home",
            "note": "talked about the week, and about what helps in the evenings",
        }
    )


def _request(errand: Errand, episode: UUID, body: bytes, key: UUID) -> bytes:
    lines = (
        f"POST {errand.path.format(stream_id=episode)} HTTP/1.1",
        f"Host: {errand.host}:{errand.port}",
        f"Authorization: Bearer {errand.token}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(lines).encode() + _BODY_FOLLOWS + body


def posted(errand: Errand) -> Posted:
    """What came of it, by wrk or by ourselves. Raises RuntimeError when nothing could be posted."""
    return by_wrk(errand) if shutil.which("wrk") else by_ourselves(errand)


def by_wrk(errand: Errand) -> Posted:
    """By wrk, for whole seconds. Raises RuntimeError."""
    seconds = max(1, round(errand.seconds))
    with tempfile.NamedTemporaryFile() as file:
        for one in itertools.islice(requests(errand), seconds * MOST_A_SECOND):
            file.write(b"%d\n" % len(one) + one)
        file.flush()
        told = _told(
            *("wrk", "--threads", "1", "--connections", str(errand.connections), "--duration", f"{seconds}s"),
            *("--timeout", f"{TIMEOUT_SECONDS}s", "--script", str(_SCRIPT)),
            *(f"http://{errand.host}:{errand.port}/", "--", file.name),
        )
    return Posted.model_validate_json(told.splitlines()[-1])


def by_ourselves(errand: Errand) -> Posted:
    """By a process of our own. Raises RuntimeError."""
    told = _told(sys.executable, "-m", "scripts.benches.posting", given=errand.model_dump_json())
    return Posted.model_validate_json(told)


def _told(*command: str, given: str | None = None) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.endswith("}\n"):
        raise RuntimeError(f"nothing could be posted: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"content-length:")
    return int(after.partition(b"\r\n")[0])


if __name__ == "__main__":
    print(asyncio.run(_Poster(Errand.model_validate_json(sys.stdin.read())).run()).model_dump_json())
