"""`jaksokirja verify --self-test`: the verifier tried on a register made for it, in a server of its own.

Nothing of the installation is read or touched. Never here: the ways of tampering, the trials (scripts/tampering).
"""

from __future__ import annotations

import json
import secrets
import tempfile
from pathlib import Path

import typer

from domain.ledger.migrate import create_register
from scripts.commandline.faults import FAILURE
from scripts.commandline.progress import bar
from scripts.commandline.tables import Column, console, show
from scripts.postgres import running
from scripts.tampering import table
from scripts.tampering.scratch import scratch_register
from scripts.tampering.trials import Tried, clean, try_all

REGISTER = "self-test"
TIMES = 5
UNSAFE_BUT_QUICK = {"fsync": "off", "full_page_writes": "off"}
"""Losing the scratch register in a power cut is no loss."""


def self_test(*, times: int | None, seed: int | None, as_json: bool, as_markdown: bool) -> None:
    """Tamper in every way, so many times each, print what was found. Exit status 1 when the verifier missed any."""
    drawn_from = secrets.randbelow(10**9) if seed is None else seed
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server's account, which is another when root runs this, must come through
        with running(Path(folder) / "data", settings=UNSAFE_BUT_QUICK) as dsn:
            create_register(dsn, REGISTER)
            with scratch_register(dsn, REGISTER, Path(folder)) as scratch, bar("Tampering", "ways") as progress:
                wrong = [f"nobody tampered, but: {each}" for each in clean(scratch)]
                tried = list(try_all(scratch, times=times or TIMES, seed=drawn_from, progress=progress))
                scratch.put_back()
                wrong += [f"put back, but: {each}" for each in clean(scratch)]
    wrong += table.failures(tried)
    _print(tried, wrong, drawn_from, as_json=as_json, as_markdown=as_markdown)
    if wrong:
        raise typer.Exit(FAILURE)


def _print(tried: list[Tried], wrong: list[str], seed: int, *, as_json: bool, as_markdown: bool) -> None:
    if as_json:
        told = {"seed": seed, "sound": not wrong, "wrong": wrong, "ways": [table.as_json(each) for each in tried]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if as_markdown:
        typer.echo(table.markdown(tried))
    else:
        show(console(), "Tampering, and what finds it", [Column(each) for each in table.HEADERS], map(table.row, tried))
    trials = sum(each.times for each in tried)
    verdict = "All that a checkpoint covers was found" if not wrong else "NOT AS IT SHOULD BE"
    typer.echo(f"{verdict}: {len(tried)} ways, {trials} trials, seed {seed}.", err=as_markdown)
    for each in wrong:
        typer.echo(f"  {each}", err=as_markdown)
