"""`jaksokirja verify`: an export, a bundle, or a live register, tried against checkpoints that the auditor brings.

Never here: the verification itself (domain/ledger/proof).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.evidence import made_again
from domain.ledger.live import LiveRegister
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Progress, Trust
from domain.ledger.proof.note import NOTE_LIMIT_BYTES
from domain.ledger.proof.report import Report
from domain.ledger.proof.tiles import TileReader, TileWriter, tiles_size
from domain.ledger.proof.verify import verify
from domain.registry import REGISTRY
from scripts.commandline import options
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.progress import bar
from scripts.commandline.self_test import self_test
from scripts.commandline.session import database, register_meant

app = typer.Typer(add_completion=False)
RESTORED = 4
"""The exit status when nothing but a signed restore was found."""


@app.command("verify")
def verify_command(
    files: Annotated[
        Path | None, typer.Argument(metavar="FILE|DIR", help="An export or a bundle. Without it: the live register.")
    ] = None,
    *,
    register: options.RegisterName = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that you kept; can be many.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", metavar="VKEY|FILE", help="A log's or witness' key that you trust.")
    ] = None,
    tiles: Annotated[Path | None, typer.Option("--tiles", metavar="DIR", help="Tiles kept from before.")] = None,
    keep_tiles: Annotated[
        Path | None, typer.Option("--keep-tiles", metavar="DIR", help="Keep the hashes, for the next time.")
    ] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Parse every state as well.")] = False,
    names_of_source: Annotated[
        bool, typer.Option("--its-names", help="Take the names of facts that the source lists: of another release.")
    ] = False,
    records_only: Annotated[
        bool, typer.Option("--records-only", help="Leave out what people read in a bundle: of another release.")
    ] = False,
    try_itself: Annotated[
        bool, typer.Option("--self-test", help="Tamper with a register made for it, in every way: what is found?")
    ] = False,
    times: Annotated[int | None, typer.Option(help="How often each way is tried by --self-test (5).", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="From which --self-test draws places; else one is made up.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The --self-test's table, as a page has it.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Verify that no recorded event was changed, dropped, added, moved or backdated. Exit status 1: it was.

    Exit status 4: all that was found is that a signed restore replaced what had been sealed.
    """
    if try_itself:
        self_test(times=times, seed=seed, as_json=as_json, as_markdown=markdown)
        return
    trust = Trust([verifier_key(_text(each)) for each in key or ()], [_note(each) for each in checkpoint or ()])
    if tiles is not None:
        trust = Trust(trust.keys, trust.checkpoints, TileReader(tiles, tiles_size(tiles)))
    names = None if names_of_source else [*REGISTRY.facts, *REGISTRY.upcasters]
    keep = TileWriter(keep_tiles) if keep_tiles else None
    again = None if records_only else made_again()

    def opted(progress: Progress) -> Options:
        return Options(names=names, thorough=thorough, keep=keep, made_again=again, progress=progress)

    with bar("Verifying", "events") as progress:
        if files is not None:
            report = verify_files(files, trust, opted(progress))
        else:
            with database() as dsn, LiveRegister(dsn, register_meant(dsn, register)) as live:
                report = verify(live, trust, opted(progress))
    _print(report, as_json=as_json)
    if not report.sound:
        raise typer.Exit(RESTORED if report.restored else FAILURE)


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    verdict = "Sound" if report.sound else "HISTORY REPLACED BY A SIGNED RESTORE" if report.restored else "NOT SOUND"
    typer.echo(f"{verdict}: {report.origin}, {report.events:,} events read from {report.source}")
    if report.finding is not None:
        typer.echo(f"  First: {report.finding}")
    typer.echo(f"  Root {report.root.hex()}; {report.checkpoints} checkpoints hold")
    sealed = f" at {report.sealed_at.isoformat()}" if report.sealed_at else ""
    typer.echo(f"  Proved to position {report.proved_to} by what you brought; sealed to {report.sealed_to}{sealed}")
    for told in (*report.adoptions, *report.restores):
        typer.echo(f"  {told}")
    for note in report.notes:
        typer.echo(f"  Note: {note}")


def _note(path: Path) -> bytes:
    if not path.is_file():
        raise CommandFault(f"--checkpoint: {path} is not there.", "file_missing")
    with path.open("rb") as opened:
        return opened.read(NOTE_LIMIT_BYTES + 1)


def _text(key: str) -> str:
    """The vkey itself, or what a file of that name holds."""
    path = Path(key)
    if len(key) < 250 and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(2_000).strip()
    return key
