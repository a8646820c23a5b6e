"""Companions: processes that the API's process starts, starts anew when they die, and takes with it when it ends.

A companion ends when its standard input is closed: with the API's process, however that ends. What it is to do is told
over that input: arguments can be read by whoever is on the machine. It works in the folder that the API's process works
in, so that relative paths of the settings mean the same to both. Over its standard output it says once that it is at
work.
Never here: what a companion does (`beside`, `scribe`), HTTP.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Literal, Self, TypeVar

import structlog
from pydantic import BaseModel

from api.logging import configure_logging, where_of
from api.settings import Settings

AGAIN_SECONDS = 1.0
"""How long after its end it is started anew: one that cannot run must not take the machine."""
GRACE_SECONDS = 30.0
AT_WORK = b"at work\n"
"""What it says over its standard output, once."""
Standing = Literal["down", "starting", "up"]

log = structlog.get_logger()


class Told(BaseModel):
    """What a companion is told when it starts."""

    dsn: str
    settings: Settings


ToldT = TypeVar("ToldT", bound=Told)


class Companion:
    """A companion, from `with` to the end of it. `written_to`: its log; else standard error."""

    name: ClassVar[str]
    """As the log and health name it."""
    module: ClassVar[str]
    """Whose `main` it runs."""

    def __init__(self, settings: Settings, dsn: str, written_to: IO[str] | None = None) -> None:
        self._settings, self._dsn = settings, dsn
        self._written_to = written_to
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._at_work: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._keeper = threading.Thread(target=self._keep, name=self.name)

    def __enter__(self) -> Self:
        self._process = self._started()
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._let_go(self._process)
        self._keeper.join(GRACE_SECONDS)
        if self._process is not None and self._keeper.is_alive():
            log.error(f"{self.name}_killed")
            self._process.kill()
        self._keeper.join()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def health(self) -> dict[str, Any]:
        """How it stands, and how often it had to be started anew. `starting`: until it has told that it is at work."""
        return {"status": self._standing(), "restarts": self._restarts}

    def _standing(self) -> Standing:
        process = self._process
        if process is None or process.poll() is not None:
            return "down"
        return "up" if process is self._at_work else "starting"

    def _started(self) -> subprocess.Popen[bytes]:
        """Raises OSError."""
        return self._started_with(Told(dsn=self._dsn, settings=self._settings), ())

    def _started_with(self, told: Told, handed_over: Sequence[int]) -> subprocess.Popen[bytes]:
        """`handed_over`: the files that it has of this process. Raises OSError.

        `-P`: what lies in the folder that it works in is never imported.
        """
        folder = str(Path(__file__).resolve().parent.parent)
        begin = f"import sys; sys.path.insert(0, {folder!r}); from {self.module} import main; main()"
        process = subprocess.Popen(  # noqa: S603 -- our own
            (sys.executable, "-P", "-c", begin),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._written_to,
            pass_fds=handed_over,
        )
        assert process.stdin is not None  # noqa: S101 -- it was asked for
        with contextlib.suppress(BrokenPipeError):  # it has ended already, which the keeper sees
            process.stdin.write(told.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        return process

    def _keep(self) -> None:
        """Start it anew whenever it has ended, until it is to end."""
        while (process := self._process) is not None:
            self._listen(process)
            status = process.wait()
            if self._stop.is_set():
                return
            log.error(f"{self.name}_ended", exit_status=status)
            self._let_go(process)
            self._process = self._started_anew()
            if self._stop.is_set():  # it was to end while it started
                self._let_go(self._process)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Hear whether it comes to work, until it ends."""
        assert process.stdout is not None  # noqa: S101 -- it was asked for
        with process.stdout:
            for line in process.stdout:
                if line == AT_WORK:
                    self._at_work = process

    def _started_anew(self) -> subprocess.Popen[bytes] | None:
        """The next one, as soon as one can be started; none when it is to end."""
        while not self._stop.wait(AGAIN_SECONDS):
            try:
                process = self._started()
            except OSError as fault:
                log.error(f"{self.name}_not_started", **where_of(fault))
            else:
                self._restarts += 1
                return process
        return None

    def _let_go(self, process: subprocess.Popen[bytes] | None) -> None:
        """Close its input, which tells it to end."""
        if process is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def say_at_work() -> None:
    """Tell the process that started this one."""
    with contextlib.suppress(BrokenPipeError):  # who was to hear it is gone: the input ends then too
        os.write(sys.stdout.fileno(), AT_WORK)


def run_companion(name: str, kind: type[ToldT], run: Callable[[ToldT], None]) -> None:
    """The whole of a companion's process: it is told over its standard input, and runs.

    It ends with status 1 after a fault, which is logged without what it says.
    """
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # the API's process lets go of this one
        signal.signal(number, signal.SIG_IGN)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return  # who began to tell it is gone
    told = kind.model_validate_json(line)
    configure_logging(told.settings)
    try:
        run(told)
    except Exception as fault:
        log.error(f"{name}_failed", **where_of(fault))
        sys.exit(1)
