"""The options that commands share, and how dates and times are written on the command line.

Never here: what a command does with them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import typer

from domain.calendar import HELSINKI, day_in_helsinki
from scripts.commandline.faults import CommandFault

RegisterName = Annotated[
    str | None,
    typer.Option("--register", "-r", metavar="NAME", help="The register; kymenlaakso, or the only one there is."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME|POSITION",
        help="As the ledger knew it then: a position, a time, or a date (the end of that day). Without it: now.",
    ),
]
OnDay = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="As it was in the world on that day. Without it: today."),
]
FromDay = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day counted.")]
ToDay = Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day counted.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Explain = Annotated[bool, typer.Option("--explain", help="List the episodes and events that the figure stands on.")]
Lang = Annotated[str, typer.Option("--lang", metavar="fi|sv|en", help="The language of what is told.")]

_FINNISH = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def day_of(text: str, option: str) -> dt.date:
    """A date written 2022-02-01 or 1.2.2022."""
    found = _FINNISH.fullmatch(text)
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1])) if found else dt.date.fromisoformat(text)
    except ValueError:
        raise CommandFault(f"{option}: {text} is no date; write 2022-02-01 or 1.2.2022.", "bad_date") from None


def today() -> dt.date:
    """The day in Finland."""
    return day_in_helsinki(dt.datetime.now(dt.UTC))


def moment_of(text: str, option: str) -> dt.datetime:
    """A time; without a zone it is Finland's. A date alone is the end of that day in Finland."""
    if _FINNISH.fullmatch(text) or re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        after = day_of(text, option) + dt.timedelta(days=1)
        return dt.datetime.combine(after, dt.time(), HELSINKI) - dt.timedelta(microseconds=1)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        message = f"{option}: {text} is no time; write a position, 2022-02-01 or 2022-02-01T12:00."
        raise CommandFault(message, "bad_time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)


def language(text: str) -> str:
    """fi, sv or en. Raises CommandFault."""
    if text not in ("fi", "sv", "en"):
        raise CommandFault(f"--lang: {text} is none of fi, sv, en.", "bad_language")
    return text
