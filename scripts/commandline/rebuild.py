"""`jaksokirja rebuild`: projections made anew beside the live ones, compared, and swapped.

Never here: how that is done.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from projections.rebuild import TableResult
from projections.rebuild import rebuild as rebuild_projections
from scripts.commandline import options
from scripts.commandline.faults import FAILURE
from scripts.commandline.progress import bar
from scripts.commandline.session import database, register_meant
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)


@app.command()
def rebuild(
    register: options.RegisterName = None,
    force: Annotated[bool, typer.Option("--force", help="Swap also where live and rebuilt differ.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Rebuild the projections beside the live ones, compare, and swap; fails when they differ."""
    with database() as dsn:
        name = register_meant(dsn, register)
        with bar("Rebuilding", "events") as progress:
            results = rebuild_projections(dsn, name, force=force, progress=progress)
    if as_json:
        tables = [{**asdict(result), "equal": result.equal, "failed": result.failed} for result in results]
        typer.echo(json.dumps({"register": name, "tables": tables}, ensure_ascii=False, indent=2))
    else:
        _print(name, results)
    if any(result.failed for result in results):
        raise typer.Exit(FAILURE)


def _print(register: str, results: list[TableResult]) -> None:
    rows = [
        (r.table, r.live_rows, r.rebuilt_rows, r.live_fingerprint[:16], r.rebuilt_fingerprint[:16], _verdict(r))
        for r in results
    ]
    headers = ("Table", "Live rows", "Rebuilt rows", "Live fingerprint", "Rebuilt fingerprint", "")
    position = max((result.position for result in results), default=0)
    columns = [Column(header, number="rows" in header) for header in headers]
    show(console(), f"Projections of {register}", columns, rows, footer=f"At position {position}.")


def _verdict(result: TableResult) -> str:
    if result.failed:
        return "DIFFER, swapped" if result.swapped else "DIFFER, live kept"
    return "equal, swapped" if result.equal else "made anew, swapped"
