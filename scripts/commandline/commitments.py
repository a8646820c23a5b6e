"""`jaksokirja commitments`: what purchasers committed themselves to pay, and what was used."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import CommitmentsBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "commitments",
    "episodes",
    "amount_cents",
    "committed_units",
    "used_meetings",
    "used_minutes",
)


@app.command()
def commitments(
    *,
    by: Annotated[CommitmentsBy, typer.Option(help="What to count by.")] = "cost_centre",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Payment commitments by cost centre, payer service, service, issuer or month: committed and used."""
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
        "commitments",
        asked,
        COLUMNS,
        lambda read, at: read.commitments(by, on_day=asked.on_day, from_on=from_on, to_on=to_on, as_of=at),
    )
