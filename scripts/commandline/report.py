"""`jaksokirja report`: figures that are published, reproduced from events; a service's quality review; its audits.

Never here: how they are counted (domain book, Kymenlaakso: the definition).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from projections.answers import Answer, EarlySupportFigures, Explained
from projections.queries import Reading
from scripts.commandline import options
from scripts.commandline.audits import audits
from scripts.commandline.figures import Asked, footer, position_of, register_read
from scripts.commandline.labels import label
from scripts.commandline.quality import quality
from scripts.commandline.tables import Column, cell, console, show

app = typer.Typer(add_completion=False, no_args_is_help=True)
FirstDay = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day counted.")]
LastDay = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day counted.")]
MOST_EVENTS = 1000


@app.callback()
def report() -> None:
    """The figures that are published, and the quality review of a service."""


app.command()(quality)
app.command()(audits)


@app.command("early-support")
def early_support(
    *,
    first: FirstDay,
    last: LastDay,
    register: options.RegisterName = None,
    as_of: options.AsOf = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Clients granted early-support family work in the period, and of them those who moved on to long-term."""
    asked = Asked(by="", register=register, as_of=as_of, first=first, last=last, lang=options.language(lang))
    with register_read(register) as (name, read):
        position = position_of(read, as_of)
        figures = read.early_support(*asked.period, as_of=position)
        episodes = _episodes(read, asked, position) if explain else None
    if as_json:
        typer.echo(json.dumps(_as_json(name, asked, figures, episodes), ensure_ascii=False, indent=2, default=str))
    else:
        _print(name, asked, figures, episodes)


Episode = tuple[Explained, list[Mapping[str, Any]]]
"""An episode that a figure stands on, and the events of it that count."""


def _episodes(read: Reading, asked: Asked, position: int | None) -> list[Episode]:
    first, last = asked.period
    found = read.explain("early_support", from_on=first, to_on=last, as_of=position).rows
    return [(row, _events(read, row.stream_id, set(row.event_positions), position)) for row in found]


def _events(read: Reading, stream_id: UUID, positions: set[int], as_of: int | None) -> list[Mapping[str, Any]]:
    rows = read.rows("trail", filters={"stream_id": stream_id}, as_of=as_of, limit=MOST_EVENTS).rows
    return [row for row in rows if row["position"] in positions]


def _as_json(
    register: str, asked: Asked, figures: Answer[EarlySupportFigures], episodes: list[Episode] | None
) -> dict[str, Any]:
    first, last = asked.period
    said = {"register": register, "from": first.isoformat(), "to": last.isoformat(), **figures.rows[0].model_dump()}
    about = figures.model_dump(mode="json", include={"as_of", "head", "lag_events", "lag_seconds", "stopped"})
    told = {} if episodes is None else {"episodes": [_episode_as_json(*episode) for episode in episodes]}
    return {**said, **about, **told}


def _episode_as_json(row: Explained, events: list[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("position", "version", "name", "occurred_on", "source_file", "source_row_id")
    return {
        "episode_id": row.stream_id,
        "client_id": row.client_id,
        "service": row.item,
        "decided_on": row.happened_on,
        "moved_on": row.moved_on,
        "event_positions": row.event_positions,
        "events": [{name: event[name] for name in names} for event in events],
    }


def _print(register: str, asked: Asked, figures: Answer[EarlySupportFigures], episodes: list[Episode] | None) -> None:
    lang, to = asked.lang, console()
    if episodes is not None:
        names = ("row_id", "stream_id", "happened_on", "moved_on", "event_positions")
        rows = [
            (_source(events), row.stream_id, row.happened_on, row.moved_on, [str(p) for p in row.event_positions])
            for row, events in episodes
        ]
        show(to, label("title", "explained", lang), [Column(label("column", name, lang)) for name in names], rows)
    counted = ("clients_granted", "clients_moved_on")
    columns = [Column(label("column", "period", lang))]
    columns += [Column(label("column", name, lang), number=True) for name in counted]
    period = "–".join(map(cell, asked.period))
    row = (period, *(getattr(figures.rows[0], name) for name in counted))
    title = f"{label('title', 'early_support', lang)}: {register}"
    show(to, title, columns, [row], footer=footer(figures, lang))


def _source(events: list[Mapping[str, Any]]) -> str | None:
    """The legacy row of the episode, where it came from one."""
    return next((event["source_row_id"] for event in events if event["source_row_id"]), None)
