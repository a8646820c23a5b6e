"""The whole log hashed again every so often, slowly, beside everything else: what the sealer's own rounds do not see.

A finding stops the sealer, as any lasting refusal does; nothing is ever settled by it. Never here: what is signed.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import structlog

from domain.ledger.errors import LedgerError
from domain.ledger.sealing.files import make_folder, read_whole, write_whole
from domain.ledger.sealing.refusals import SealingRefused
from domain.ledger.sealing.sealer import now
from domain.ledger.sealing.state import load_refusal

if TYPE_CHECKING:
    from domain.ledger.sealing.working import Workshop

LOOKED = "looked-again.json"
TRY_AGAIN_SECONDS = 30.0

log = structlog.get_logger()


class Stopped(Exception):
    """The process ends before all was looked at."""


@dataclass(frozen=True, slots=True)
class Looked:
    """That all records were hashed again: when (UTC, ISO 8601), how many, the code of what was found ("": nothing)."""

    at: str
    size: int
    found: str = ""

    def due(self, moment: dt.datetime, every: dt.timedelta) -> bool:
        """Whether it is time again. A time that cannot be read is long ago."""
        try:
            return moment - dt.datetime.fromisoformat(self.at) >= every
        except (ValueError, TypeError):
            return True


def load_looked(folder: Path) -> Looked | None:
    """What the folder says of the last time; None: never, or nothing that can be read. Raises OSError."""
    data = read_whole(folder / LOOKED)
    try:
        told = json.loads(data or b"")
        return Looked(str(told["at"]), int(told["size"]), str(told["found"]))
    except (ValueError, KeyError, TypeError):
        return None


def save_looked(folder: Path, looked: Looked) -> None:
    """Note it. Raises OSError."""
    write_whole(make_folder(folder) / LOOKED, json.dumps(asdict(looked)).encode())


def keep_looking_again(workshop: Workshop, dsn: str, register: str, stop: threading.Event) -> None:
    """Look again whenever it is due, until the event is set; what is away is tried again. For 0 hours: never."""
    while workshop.verify_hours and not stop.is_set():
        try:
            _look_if_due(workshop, dsn, register, stop)
        except Stopped:
            return
        except (psycopg.Error, LedgerError, OSError) as fault:
            log.warning("looking_again_waits", register=register, cause=type(fault).__name__)
        stop.wait(TRY_AGAIN_SECONDS)


def _look_if_due(workshop: Workshop, dsn: str, register: str, stop: threading.Event) -> None:
    folder = workshop.folder(register)
    last = load_looked(folder)
    if last is not None and not last.due(now(), dt.timedelta(hours=workshop.verify_hours)):
        settled = last.found and load_refusal(folder) is None
        if not settled:
            return
    pace = Pace(workshop.verify_events_a_second, stop)
    with workshop.inspector(dsn, register) as sealer:
        if not sealer.state.size:
            return
        try:
            size = sealer.look_again(pace.wait)
        except SealingRefused as refusal:
            save_looked(folder, Looked(now().isoformat(), sealer.state.size, refusal.code))
            log.error("looking_again_found", register=register, code=refusal.code, found=refusal.message)
            return
    save_looked(folder, Looked(now().isoformat(), size))
    log.info("looked_again", register=register, size=size)


class Pace:
    """Waits, so that no more than so many events a second are gone through."""

    def __init__(self, events_a_second: float, stop: threading.Event) -> None:
        self._rate, self._stop = events_a_second, stop
        self._began, self._done = time.monotonic(), 0

    def wait(self, events: int) -> None:
        """So many more are done. Raises Stopped."""
        self._done += events
        ahead = self._done / self._rate - (time.monotonic() - self._began)
        if self._stop.wait(max(ahead, 0)):
            raise Stopped
