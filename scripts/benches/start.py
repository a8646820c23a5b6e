"""How long it takes to start: the API from nothing to its first answer, on a register that is there, and `--help`.

From nothing: a process of `jaksokirja serve` starts the embedded PostgreSQL, installs what changed, catches up, and is
asked for one worker's open episodes until it answers. Wall time, medians; there is no peer: the limits are ours. Of
`--help` also the processor time, which a busy machine changes less.
`--events`: the register's size. Never here: making the demonstration, importing.
"""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from api.identity import issue_token
from api.settings import Settings
from scripts.benches.grown import grown
from scripts.benches.query import QUICK_SIZES, SIZES

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

START_LIMIT_SECONDS, HELP_LIMIT_SECONDS = 5.0, 0.4
STARTS, QUICK_STARTS = 3, 1
HELPS, QUICK_HELPS = 15, 5
_PATIENCE_SECONDS = 120.0
_ASKED_EVERY_SECONDS = 0.02
Spent = tuple[float, float]
"""Seconds on the wall, and of processor time."""
COMMAND = (sys.executable, "-c", "from scripts.commandline.main import main; main()")


def run(quick: bool, events: int | None = None, keep: Path | None = None) -> list[Figure]:
    """Figures in seconds."""
    size = events or max(QUICK_SIZES if quick else SIZES)
    helps = [_seconds_of_help() for _ in range(QUICK_HELPS if quick else HELPS)]
    with tempfile.TemporaryDirectory() as folder:
        data = keep or Path(folder) / "data"
        with grown((size,), data) as (_, (made,)):
            pass  # the server has stopped when this ends: whoever starts now starts it too
        starts = statistics.median(
            _seconds_of_start(data, made.register) for _ in range(QUICK_STARTS if quick else STARTS)
        )
    wall, processor = (statistics.median(column) for column in zip(*helps, strict=True))
    return [
        _figure(f"from nothing to the first answer, {size:,} events", starts, START_LIMIT_SECONDS),
        _figure("command line, --help", wall, HELP_LIMIT_SECONDS),
        _figure("command line, --help, processor", processor, None),
    ]


def _figure(case: str, ours: float, limit: float | None) -> Figure:
    return {"bench": "start", "case": case, "ours": ours, "peers": {}, "limit": limit, "unit": "s"}


def _processor_seconds() -> float:
    """Of all child processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _seconds_of_help() -> Spent:
    began, spent = time.perf_counter(), _processor_seconds()
    subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, _processor_seconds() - spent


def _seconds_of_start(data: Path, register: str) -> float:
    settings = Settings(data=data, port=_free_port(), log_level="error")
    token = issue_token(settings, "bench", [register])
    address = f"http://{settings.host}:{settings.port}/v1/registers/{register}/caseload/episodes?worker=instructor-1"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    told = {"JAKSOKIRJA_DATA": str(data), "JAKSOKIRJA_PORT": str(settings.port), "JAKSOKIRJA_LOG_LEVEL": "error"}
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen([*COMMAND, "serve"], env=os.environ | told, stdout=errors, stderr=errors)
        try:
            while not _answers(request):
                if process.poll() is not None or time.perf_counter() - began > _PATIENCE_SECONDS:
                    errors.seek(0)
                    raise RuntimeError(f"the API did not start: {errors.read()[-2000:]}")
                time.sleep(_ASKED_EVERY_SECONDS)
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait()


def _answers(request: urllib.request.Request) -> bool:
    """Whether the question was answered; False while nobody listens. Raises HTTPError for any other answer than 200."""
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- our own server
            return bool(answer.read())
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError:
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
