"""`jaksokirja migrate`: registers created, or their schema brought up to date.

Never here: the schema.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from api.settings import Settings
from domain.ledger.migrate import create_register, create_roles, registers
from domain.ledger.secrecy.keyring import create_keyring_roles
from projections.install import indexes_waiting, install, views_waiting
from projections.releases import claim, require_newest
from scripts.commandline.session import DEFAULT_REGISTER, database

AGAIN = "to be migrated again when the transactions are over that are open in this database now"
WAITING = f"{AGAIN}; indexes that wait"
VIEWS_WAITING = f"{AGAIN}; what analysts see waits"

app = typer.Typer(add_completion=False)


@app.command()
def migrate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="New or known registers; else all that there are.")
    ] = None,
    roles_only: Annotated[
        bool, typer.Option("--roles-only", help="Only the roles, and the keyring's database, to restore a backup into.")
    ] = False,
) -> None:
    """Create registers, or bring their schema up to date."""
    settings = Settings.from_environment()
    with database(settings) as dsn:
        if roles_only:
            create_roles(dsn)
            create_keyring_roles(settings.keyring(dsn).dsn)
            return
        settings.keyring(dsn).make()
        for name in names or registers(dsn) or [DEFAULT_REGISTER]:
            require_newest(dsn, name)
            create_register(dsn, name)
            stale = install(dsn, name, before=partial(claim, register=name))
            typer.echo(f"{name}: up to date" + (f"; to be rebuilt: {', '.join(stale)}" if stale else ""))
            if waiting := indexes_waiting(dsn, name):
                typer.echo(f"{name}: {WAITING}: {', '.join(waiting)}")
            if waiting := views_waiting(dsn, name):
                typer.echo(f"{name}: {VIEWS_WAITING}: {', '.join(waiting)}")
