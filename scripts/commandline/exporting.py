"""`jaksokirja export`: a whole register as files, to be kept and verified elsewhere.

Never here: the format (domain/ledger/proof/export.py), verification.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from domain.ledger.live import export_register
from scripts.commandline import options
from scripts.commandline.progress import bar
from scripts.commandline.session import database, register_meant

app = typer.Typer(add_completion=False)


@app.command("export")
def export(
    into: Annotated[Path, typer.Option("--into", metavar="FILE.zip|DIR", help="What to make: a zip, or a folder.")],
    register: options.RegisterName = None,
    to: Annotated[int | None, typer.Option("--to", metavar="POSITION", min=0, help="Only up to it.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a register's records as they are stored, its checkpoints and its public keys into new files."""
    with database() as dsn:
        name = register_meant(dsn, register)
        with bar("Exporting", "events") as progress:
            manifest = export_register(dsn, name, into, to_position=to, progress=progress)
    if as_json:
        told = {"register": name, "origin": manifest.origin, "size": manifest.size, "into": str(into)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"{manifest.size:,} events of {manifest.origin} written to {into}.")
    typer.echo(f"Verify it anywhere: jaksokirja verify {into} --checkpoint FILE --key VKEY")
