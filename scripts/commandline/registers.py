"""`jaksokirja registers`: which registers there are, and where they stand."""

from __future__ import annotations

import json

import typer

from domain.ledger.migrate import registers as names_of
from scripts.commandline import options
from scripts.commandline.session import book_of, database
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)
NONE_YET = "None yet: `jaksokirja migrate NAME` makes one. Were there some? See JAKSOKIRJA_DSN and JAKSOKIRJA_DATA."


@app.command()
def registers(as_json: options.AsJson = False) -> None:
    """List the registers and where they stand."""
    rows = []
    with database() as dsn:
        for name in names_of(dsn):
            with book_of(dsn, name) as book:
                state = book.register_state()
                position, recorded_at = book.ledger.head()
                rows.append(
                    (name, state.controller or None, len(state.workers), len(state.models), position, recorded_at)
                )
    keys = ("register", "controller", "workers", "service_models", "position", "last_recorded_at")
    if as_json:
        typer.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], ensure_ascii=False, default=str))
        return
    headers = ("Register", "Controller", "Workers", "Service models", "Position", "Last recorded")
    columns = [Column(header, number=number in (2, 3, 4)) for number, header in enumerate(headers)]
    show(console(), "Registers", columns, rows, footer="" if rows else NONE_YET)
