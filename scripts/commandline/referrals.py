"""`jaksokirja referrals`: who asked, and what came of it."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import ReferralsBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "referrals",
    "clients",
    "granted_referrals",
    "refused_referrals",
    "waiting_referrals",
    "median_days_to_decision",
    "longest_days_to_decision",
    "referrals_after_decision",
)


@app.command()
def referrals(
    *,
    by: Annotated[ReferralsBy, typer.Option(help="What to count by.")] = "source",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Referrals by source, channel, area, unit, service or month, and how long they waited for a decision."""
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
        "referrals",
        asked,
        COLUMNS,
        lambda read, at: read.referrals(by, on_day=asked.on_day, from_on=from_on, to_on=to_on, as_of=at),
    )
