"""What runs beside the API: followers, sealers and the ledger's clock, in a process of their own.

So they take no turn at the interpreter that commands wait for. The API's process starts it, starts it anew when it
dies, and ends it by letting go of its standard input: it ends with the API's process, however that ends. What it is to
do is told over that input: arguments can be read by whoever is on the machine. It works in the folder that the API's
process works in, so that relative paths of the settings mean the same to both.
Never here: what following, sealing and keeping time are (`registers`), HTTP.
"""

from __future__ import annotations

import contextlib
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import structlog
from pydantic import BaseModel

from api.logging import configure_logging
from api.registers import Registers
from api.sealing import workshop_of
from api.settings import Settings

AGAIN_SECONDS = 1.0
"""How long after its end it is started anew: one that cannot run must not take the machine."""
GRACE_SECONDS = 30.0
LOOK_SECONDS = 2.0
"""How often it looks for registers that were made meanwhile."""

log = structlog.get_logger()


class Told(BaseModel):
    """What the process beside is told when it starts."""

    dsn: str
    settings: Settings


class Beside:
    """The process beside, from `with` to the end of it. `written_to`: its log; else standard error."""

    def __init__(self, settings: Settings, dsn: str, written_to: IO[str] | None = None) -> None:
        self._told = Told(dsn=dsn, settings=settings)
        self._written_to = written_to
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._keeper = threading.Thread(target=self._keep, name="beside")

    def __enter__(self) -> Self:
        self._process = self._started()
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        _let_go(self._process)
        self._keeper.join(GRACE_SECONDS)
        if self._process is not None and self._keeper.is_alive():
            log.error("beside_killed")
            self._process.kill()
        self._keeper.join()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def health(self) -> dict[str, Any]:
        """Whether it runs, and how often it had to be started anew."""
        return {"status": "down" if self.pid is None else "up", "restarts": self._restarts}

    def _started(self) -> subprocess.Popen[bytes]:
        """Raises OSError. `-P`: what lies in the folder that it works in is never imported."""
        folder = str(Path(__file__).resolve().parent.parent)
        begin = f"import sys; sys.path.insert(0, {folder!r}); from {__name__} import main; main()"
        command = (sys.executable, "-P", "-c", begin)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=self._written_to)  # noqa: S603 -- our own
        assert process.stdin is not None  # noqa: S101 -- it was asked for
        with contextlib.suppress(BrokenPipeError):  # it has ended already, which the keeper sees
            process.stdin.write(self._told.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        return process

    def _keep(self) -> None:
        """Start it anew whenever it has ended, until it is to end."""
        while self._process is not None:
            status = self._process.wait()
            if self._stop.is_set():
                return
            log.error("beside_ended", exit_status=status)
            _let_go(self._process)
            if self._stop.wait(AGAIN_SECONDS):
                return
            self._restarts += 1
            self._process = self._started()
            if self._stop.is_set():  # it was to end while it started
                _let_go(self._process)


def _let_go(process: subprocess.Popen[bytes] | None) -> None:
    """Close its input, which tells it to end."""
    if process is not None and process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def run(told: Told, ended: threading.Event) -> None:
    """Follow, seal and keep time in all registers, those that are made meanwhile too, until it is to end."""
    settings = told.settings
    registers = Registers(
        told.dsn,
        patience_seconds=settings.patience_seconds,
        keyring=settings.keyring(told.dsn),
        following=True,
        workshop=workshop_of(settings),
        sealing=True,
    )
    try:
        while not ended.is_set():
            registers.open_all()
            ended.wait(LOOK_SECONDS)
    finally:
        registers.close()


def main() -> None:
    """The process beside: told over its standard input, it runs until that is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the API's process, which then lets go of this one
    told = Told.model_validate_json(sys.stdin.buffer.readline())
    configure_logging(told.settings)
    ended = threading.Event()

    def wait_for_the_end() -> None:
        select.select([sys.stdin.fileno()], [], [])
        ended.set()

    threading.Thread(target=wait_for_the_end, name="input", daemon=True).start()
    run(told, ended)
