"""`jaksokirja clock`: runs the ledger's clock once by hand, and tells what it opened.

Never here: what a day opens, and in which streams.
"""

from __future__ import annotations

import json

import typer

from api.clock import Reached, candidates, reach
from projections.queries import reading
from projections.rebuild import start_up
from scripts.commandline import options
from scripts.commandline.labels import label
from scripts.commandline.progress import bar
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Cell, Column, console, show

app = typer.Typer(add_completion=False)
COLUMNS = ("stream", "kind", "rule", "due_on", "key")


@app.command()
def clock(register: options.RegisterName = None, as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """Open the duties of every period that has begun, where no entry did; a second run on a day opens nothing."""
    options.language(lang)
    with database() as dsn:
        name = register_meant(dsn, register)
        start_up(dsn, name)
        with book_of(dsn, name) as book:
            with reading(dsn, name) as read:
                streams = candidates(book, read)
            with bar("Clock", "streams") as progress:
                reached = reach(book, streams, progress=progress)
            position = book.ledger.head()[0]
        start_up(dsn, name)
    if as_json:
        typer.echo(json.dumps(_as_json(name, len(streams), position, reached), ensure_ascii=False, indent=2))
        return
    columns = [Column(label("clock", column, lang)) for column in COLUMNS]
    footer = label("clock", "footer", lang).format(asked=len(streams), told=len(reached), position=position)
    show(console(), label("clock", "title", lang), columns, _rows(reached, lang), footer=footer)


def _rows(reached: list[Reached], lang: str) -> list[tuple[Cell, ...]]:
    duty, deviation = (label("clock", kind, lang) for kind in ("duty", "deviation"))
    rows: list[tuple[Cell, ...]] = []
    for one in reached:
        rows += [(one.stream_id, duty, fact.rule_id, fact.due_on, fact.duty_key) for fact in one.duties]
        rows += [(one.stream_id, deviation, fact.rule_id, None, fact.deviation_key) for fact in one.deviations]
    return rows


def _as_json(register: str, asked: int, position: int, reached: list[Reached]) -> dict[str, object]:
    return {
        "register": register,
        "position": position,
        "streams_asked": asked,
        "streams": [
            {
                "stream_id": str(one.stream_id),
                "duties": [fact.model_dump(mode="json", exclude_none=True) for fact in one.duties],
                "deviations": [fact.model_dump(mode="json", exclude_none=True) for fact in one.deviations],
            }
            for one in reached
        ],
    }
