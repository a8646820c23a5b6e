"""`jaksokirja serve`: the API on the registers of this machine or of an outer database.

Never here: routes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from api.app import create_app
from api.beside import Beside
from api.logging import configure_logging
from api.scribe import Scribe
from api.serving import keep_from_collector, server_of
from api.settings import Settings
from domain.ledger.connections import may_work_as
from domain.ledger.migrate import registers, require_migrated
from domain.ledger.secrecy.opening import require_sealed
from projections.rebuild import start_up
from scripts.commandline.session import database, require_port

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; else JAKSOKIRJA_PORT.")] = None,
) -> None:
    """Serve the API until Ctrl-C; in processes beside it, keep the books, follow and seal the registers."""
    settings = Settings.from_environment()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    require_port(settings)
    configure_logging(settings)
    with database(settings, kept=True) as dsn:
        make_ready(settings, dsn)
        # Ctrl-C is how it is meant to end
        with suppress(KeyboardInterrupt), Beside(settings, dsn) as beside, Scribe(settings, dsn) as scribe:
            server = server_of(create_app(settings, dsn=dsn, beside=beside, scribe=scribe), settings)
            keep_from_collector()
            typer.echo(f"http://{settings.host}:{settings.port}  (stop with Ctrl-C)", err=True)
            server.run()


def make_ready(settings: Settings, dsn: str) -> None:
    """Have the keyring and each register's projections as this release needs them, made by whoever may make them.

    A login that is no migrator, as one that serves should be, finds them so, or it is told what is to be migrated:
    raises RegisterNotMigrated, KeyringNotMigrated, NotOfThisRelease. Raises RegisterKeyFault when the register key is
    another than the one that the keyring was made with.
    """
    keyring = settings.keyring(dsn)
    keyring.make()
    may_migrate = may_work_as(dsn, "migrator")
    for register in registers(dsn):
        if not may_migrate:
            require_migrated(dsn, register)
        keyring.require_opening(register)
        require_sealed(dsn, register)
        start_up(dsn, register)
