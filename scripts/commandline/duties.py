"""`jaksokirja duties`: duties, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import DutiesBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "duties",
    "due_duties",
    "met_in_time_duties",
    "met_late_duties",
    "waived_duties",
    "open_duties",
    "open_late_duties",
    "next_due_on",
)


@app.command()
def duties(
    *,
    by: Annotated[DutiesBy, typer.Option(help="What to count by.")] = "rule",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Duties: met in time, met late, open, late."""
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
    from_on, to_on = asked.period_if_named
    show_figure(
        "duties",
        asked,
        COLUMNS,
        lambda read, position: read.duties(by, on_day=asked.on_day, from_on=from_on, to_on=to_on, as_of=position),
    )
