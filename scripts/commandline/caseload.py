"""`jaksokirja caseload`: open episodes, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import CaseloadBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "open_episodes",
    "referred_episodes",
    "decided_episodes",
    "active_episodes",
    "longest_days_open",
    "last_meeting_on",
    "open_duties",
    "late_duties",
    "next_duty_due_on",
)


@app.command()
def caseload(
    *,
    by: Annotated[CaseloadBy, typer.Option(help="What to count by.")] = "worker",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Open episodes, by worker, area, unit, service, phase or month."""
    asked = Asked(
        by=by,
        register=register,
        as_of=as_of,
        on=on,
        as_json=as_json,
        explain=explain,
        lang=lang,
    )
    show_figure(
        "caseload", asked, COLUMNS, lambda read, position: read.caseload(by, on_day=asked.on_day, as_of=position)
    )
