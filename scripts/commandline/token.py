"""`jaksokirja token`: a bearer token for the API, until access control lands.

Never here: how it is signed.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from api.identity import issue_token
from api.settings import Settings
from scripts.commandline.faults import CommandFault
from scripts.commandline.session import DEFAULT_REGISTER

app = typer.Typer(add_completion=False)


@app.command()
def token(
    actor: Annotated[str, typer.Argument(help="Who it is for, such as a worker's id: O1.")],
    register: Annotated[list[str] | None, typer.Option("--register", "-r", help="May be given more than once.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="May be given more than once.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="How long it is good for, in hours.")] = 12.0,
) -> None:
    """Make a bearer token for the API, signed with this machine's development key."""
    settings = Settings.from_environment()
    try:
        made = issue_token(settings, actor, register or [DEFAULT_REGISTER], role or [], dt.timedelta(hours=hours))
    except ValueError as error:
        raise CommandFault(f"{error}.", "bad_actor") from None
    typer.echo(made)
