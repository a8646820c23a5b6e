"""`jaksokirja outcomes`: closed episodes by reason, moves to heavier and lighter services, and who returned."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from projections.answers import Answer
from projections.reviews import OutcomesBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, footer, position_of, register_read, show_explained
from scripts.commandline.labels import label
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)
COLUMNS = (
    "closed_episodes",
    "clients",
    "goals_met",
    "long_term",
    "other_service",
    "family_withdrew",
    "moved_heavier",
    "moved_lighter",
    "clients_followed",
    "clients_returned",
)


@app.command()
def outcomes(
    *,
    by: Annotated[OutcomesBy, typer.Option(help="What to count by.")] = "service",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
    lang: options.Lang = "fi",
) -> None:
    """Closed episodes by reason, moves to heavier and lighter services, and clients who returned within 12 months."""
    asked = Asked(by=by, register=register, as_of=as_of, on=on, first=first, last=last, lang=options.language(lang))
    with register_read(register) as (name, read):
        ask: Callable[..., Answer[Any]] = read.outcomes_explain if explain else read.outcomes
        answer = ask(by, *asked.period, on_day=asked.on_day, as_of=position_of(read, as_of))
    if as_json:
        told = {"register": name, "figure": "outcomes", "by": by, **answer.model_dump(mode="json")}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif explain:
        show_explained(answer, asked.lang)
    else:
        heads = [Column(label("group", by, asked.lang))]
        heads += [Column(label("column", column, asked.lang), number=True) for column in COLUMNS]
        rows = [(row.group_key, *(getattr(row, column) for column in COLUMNS)) for row in answer.rows]
        title = f"{label('title', 'outcomes', asked.lang)}: {name}"
        show(console(), title, heads, rows, footer=footer(answer, asked.lang))
