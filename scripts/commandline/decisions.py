"""`jaksokirja decisions`: decisions, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import DecisionsBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "decisions",
    "grants",
    "refusals",
    "extensions",
    "exceptions",
    "moves",
    "ends",
    "clients_granted",
    "median_days_from_referral",
    "grants_before_referral",
)


@app.command()
def decisions(
    *,
    by: Annotated[DecisionsBy, typer.Option(help="What to count by.")] = "service",
    as_of: options.AsOf = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Decisions: granted, refused, extensions, exceptions, moves, ends."""
    asked = Asked(
        by=by,
        register=register,
        as_of=as_of,
        first=first,
        last=last,
        as_json=as_json,
        explain=explain,
        lang=lang,
    )
    from_on, to_on = asked.period
    show_figure(
        "decisions",
        asked,
        COLUMNS,
        lambda read, position: read.decisions(by, from_on=from_on, to_on=to_on, as_of=position),
    )
