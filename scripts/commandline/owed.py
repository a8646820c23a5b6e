"""`jaksokirja owed`: what is still to be done, one by one, what is due first above."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from api.owed import require_known, with_words
from projections.answers import Answer, OpenDuty
from scripts.commandline import options
from scripts.commandline.figures import Asked, footer, position_of, register_read
from scripts.commandline.labels import label
from scripts.commandline.session import book_of, database
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)
COLUMNS = ("due_on", "days_late", "service", "worker_ids", "stream_id", "client_id", "rule")


@app.command()
def owed(
    *,
    worker: Annotated[str | None, typer.Option(metavar="ID", help="By this worker.")] = None,
    unit: Annotated[str | None, typer.Option(metavar="ID", help="In this unit.")] = None,
    area: Annotated[str | None, typer.Option(metavar="NAME", help="In this area.")] = None,
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """What is still to be done, what is due first above: by when, by which rule, for which episode and client."""
    language = options.language(lang)
    asked = Asked(by="", register=register, as_of=as_of, on=on, as_json=as_json, lang=language)
    with register_read(asked.register) as (name, read):
        position = position_of(read, asked.as_of)
        answer = read.open_duties(on_day=asked.on_day, as_of=position, worker=worker, unit=unit, area=area)
    told = _with_words(name, answer, worker, unit)
    if as_json:
        typer.echo(json.dumps({"register": name, **told}, ensure_ascii=False, indent=2))
    else:
        _print(name, answer, told["rows"], language)


def _with_words(register: str, answer: Answer[OpenDuty], worker: str | None, unit: str | None) -> dict[str, Any]:
    with database() as dsn, book_of(dsn, register) as book:
        state = book.register_state()
        if not answer.rows:
            require_known(state, worker, unit)
        told: dict[str, Any] = to_jsonable_python(with_words(answer, state))
        return told


def _print(register: str, answer: Answer[OpenDuty], told: list[dict[str, Any]], lang: str) -> None:
    of_a_client = any(row.client_id for row in answer.rows)
    names = [name for name in COLUMNS if name != "client_id" or of_a_client]
    columns = [Column(label("column", name, lang), number=name == "days_late") for name in names]
    rows = [
        [words["rule"]["texts"][lang] if name == "rule" else getattr(row, name) or None for name in names]
        for row, words in zip(answer.rows, told, strict=True)
    ]
    show(console(), f"{label('title', 'owed', lang)}: {register}", columns, rows, footer=footer(answer, lang))
