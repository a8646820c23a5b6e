"""`jaksokirja replay --to … --into …`: every projection as known then, beside what the live ones say of then.

Never here: how that is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer

from projections.loading import RebuildStopped
from projections.queries import reading
from projections.rebuild import start_up
from projections.replaying import Replay, ReplayedTable, ReplayRefused, compare, drop_replay, replay
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.figures import position_of
from scripts.commandline.labels import label
from scripts.commandline.progress import bar
from scripts.commandline.session import database, register_meant
from scripts.commandline.tables import Column, console, show

COLUMNS = ("table", "rows", "live_rows", "verdict")
WORDS = "moments"
NUMBERS = frozenset({"rows", "live_rows"})


def replay_to(to: str, into: str, register: str | None, *, replace: bool, as_json: bool, lang: str) -> None:
    """Replay and compare; the exit status is 1 when the live rows tell another story of then."""
    with database() as dsn, _told():
        name = register_meant(dsn, register)
        start_up(dsn, name)
        with reading(dsn, name) as read:
            upto = position_of(read, to)
        assert upto is not None  # noqa: S101 -- only no --to means no position; tells the type checker
        with bar("Replaying", "events") as progress:
            made = replay(dsn, name, into, upto, replace=replace, progress=progress)
        tables = compare(dsn, made)
    if as_json:
        told: dict[str, Any] = {**asdict(made), "tables": [asdict(table) for table in tables]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    else:
        _print(made, tables, lang)
    if any(table.equal is False for table in tables):
        raise typer.Exit(FAILURE)


def drop_replayed(schema: str, *, as_json: bool, lang: str) -> None:
    """Drop a replay, and tell which it was."""
    with database() as dsn, _told():
        dropped = drop_replay(dsn, schema)
    if as_json:
        typer.echo(json.dumps({"dropped": asdict(dropped)}, ensure_ascii=False, indent=2, default=str))
    else:
        words = label("replay_into", "dropped", lang, page=WORDS)
        typer.echo(words.format(schema=schema, register=dropped.register, position=dropped.position))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ReplayRefused as refused:
        raise CommandFault(str(refused), refused.code) from None
    except RebuildStopped as stopped:
        message = f"An event cannot be folded, {stopped}. No schema was left."
        raise CommandFault(message, "replay_stopped", FAILURE) from None


def _print(made: Replay, tables: list[ReplayedTable], lang: str) -> None:
    rows = [(table.table, table.rows, table.live_rows, _verdict(table, lang)) for table in tables]
    columns = [Column(label("replay_into", name, lang, page=WORDS), number=name in NUMBERS) for name in COLUMNS]
    title = label("replay_into", "title", lang, page=WORDS).format(register=made.register, position=made.position)
    footer = label("replay_into", "footer", lang, page=WORDS).format(schema=made.schema)
    show(console(), title, columns, rows, footer=footer)


def _verdict(table: ReplayedTable, lang: str) -> str:
    word = {True: "equal", False: "differs", None: "not_compared"}[table.equal]
    return label("replay_into", word, lang, page=WORDS)
