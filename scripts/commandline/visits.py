"""`jaksokirja visits`: meetings and their minutes, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import VisitsBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "planned_meetings",
    "held_client_meetings",
    "cancelled_meetings",
    "missed_meetings",
    "in_person_meetings",
    "phone_meetings",
    "video_meetings",
    "held_minutes",
    "remote_minutes",
    "clients_met",
)


@app.command()
def visits(
    *,
    by: Annotated[VisitsBy, typer.Option(help="What to count by.")] = "worker",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Meetings held, cancelled and missed, and their minutes."""
    asked = Asked(
        by=by,
        register=register,
        as_of=as_of,
        on=on,
        first=first,
        last=last,
        as_json=as_json,
        explain=explain,
        lang=lang,
    )
    from_on, to_on = asked.period
    show_figure(
        "visits",
        asked,
        COLUMNS,
        lambda read, position: read.visits(by, on_day=asked.on_day, from_on=from_on, to_on=to_on, as_of=position),
    )
