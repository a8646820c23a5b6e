"""`jaksokirja contacts`: contacts and their waiting times, counted."""

from __future__ import annotations

from typing import Annotated

import typer

from projections.queries import ContactsBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, show_figure

app = typer.Typer(add_completion=False)
COLUMNS = (
    "contacts",
    "answered_contacts",
    "waiting_contacts",
    "closed_contacts",
    "contacts_not_to_be_made",
    "contacts_without_consent",
    "median_waiting_minutes",
    "mean_waiting_minutes",
    "longest_waiting_minutes",
)


@app.command()
def contacts(
    *,
    by: Annotated[ContactsBy, typer.Option(help="What to count by.")] = "area",
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Contacts and how long they waited for an answer."""
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
        "contacts",
        asked,
        COLUMNS,
        lambda read, position: read.contacts(by, on_day=asked.on_day, from_on=from_on, to_on=to_on, as_of=position),
    )
