"""JSON logs: what the engine and the libraries have to tell. Whatever runs without HTTP logs with no more than this.

Never in a log: names, free text, identity codes, messages of unexpected errors.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
import sys
import traceback
from pathlib import PurePath
from typing import Any, TextIO, cast

import msgspec
import structlog

from api.settings import Settings

log = structlog.get_logger()


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Write JSON lines of `settings.log_level` and above to the stream (standard error), from libraries too."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    target = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Lines(target))),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(level, logging.WARNING))


class Lines:
    """Where lines are logged to: one that cannot be written, as on a full disk, keeps nobody from their work.

    How many were lost is the first that is told once there is room again. Lines go to the file itself: what a buffer
    kept of a line that could not be written would be written after all, when it had been told as lost.
    """

    def __init__(self, target: TextIO) -> None:
        self._target = target
        self._lost = 0

    def write(self, line: str) -> None:
        """Write the line, or count it as lost. The logger calls it once at a time."""
        if self._lost:
            at = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
            told = {"event": "log_lines_lost", "lines": self._lost, "level": "error", "timestamp": at}
            line = f"\n{_as_json(told)}\n{line}"  # what was cut off before has no end of line
        try:
            self._write(line)
        except (OSError, ValueError):  # full, or closed: there is nobody to tell but the log
            self._lost += 1
        else:
            self._lost = 0

    def _write(self, line: str) -> None:
        """Raises OSError, ValueError."""
        try:
            number = self._target.fileno()
        except io.UnsupportedOperation:  # no file
            self._target.write(line)
            return
        left = memoryview(line.encode())
        while left:
            left = left[os.write(number, left) :]

    def flush(self) -> None:
        """Nothing is left to be written: each line is at once."""


def _as_json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


class _Bridge(logging.Handler):
    """Passes on what libraries log: the sentence without its values, which may be anybody's."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        told = where_of(fault) if fault else {}
        log.log(record.levelno, "library", logger=record.name, sentence=str(record.msg)[:200], **told)


class FailedElsewhere(Exception):
    """A fault that came up in another thread or process, as `where_of` told it there: nothing else of it goes on."""

    def __init__(self, where: dict[str, str]) -> None:
        super().__init__(where.get("fault", ""))
        self.where = where


def where_of(fault: BaseException) -> dict[str, str]:
    """What kind of fault it was and where in the code, without what it says."""
    if isinstance(fault, FailedElsewhere):
        return fault.where
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno} ({frame.name})" for frame in frames]
    return {"fault": type(fault).__name__, "where": " < ".join(reversed(places))}
