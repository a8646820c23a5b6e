"""`jaksokirja keys`: the keys that sign a register's log: made and adopted, listed, used to sign a restore.

Never here: a private key on the screen.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from api.settings import Settings
from domain.ledger.proof.cosignature import WitnessKey
from domain.ledger.proof.note import sign
from domain.ledger.proof.statement import Statement
from domain.ledger.sealing import rota
from domain.ledger.sealing.files import write_whole
from domain.ledger.sealing.keyfiles import keys_in, read_key
from domain.ledger.sealing.refusals import KeyFileRefused, NoLogKey
from domain.register.facts import LogKeyAdopted, LogKeyPurpose
from domain.register.state import RegisterState
from scripts.commandline import options
from scripts.commandline.keymaking import adopt_key, adopt_new_key
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Column, console, show

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Keys that sign a register's log: make, list, sign a restore."
)


@app.command("new")
def making(
    purpose: Annotated[
        LogKeyPurpose,
        typer.Argument(help="What it signs: the log's checkpoints, or the restores of an older backup."),
    ],
    register: options.RegisterName = None,
    overlap_to: Annotated[
        str | None,
        typer.Option("--overlap-to", metavar="DATE", help="The last day on which the key before signs as well."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="The folder for the key file; needed for restores: kept apart."),
    ] = None,
) -> None:
    """Make a key, and let the register adopt its public half. The private half goes into a file of mode 0600."""
    settings = Settings.from_environment()
    if purpose is LogKeyPurpose.RESTORES and into is None:
        raise typer.BadParameter("a key for restores is kept apart from the sealer's: say where with --into")
    day = options.day_of(overlap_to, "--overlap-to") if overlap_to else None
    with database(settings) as dsn:
        name = register_meant(dsn, register)
        key, path = adopt_new_key(dsn, name, purpose, into or settings.keys_folder, overlap_to=day)
    typer.echo(f"{key}\n{path}")


@app.command("adopt")
def adopting(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of a key for checkpoints.")],
    register: options.RegisterName = None,
) -> None:
    """Let a key whose file is here sign checkpoints (again), in place of one that was adopted falsely."""
    settings = Settings.from_environment()
    key = read_key(file).verifier()
    if isinstance(key, WitnessKey):
        raise KeyFileRefused(f"{file} holds a witness' key, not a log's.")
    if file.resolve().parent != settings.keys_folder.resolve():
        raise KeyFileRefused(f"{file} is not in the folder that the sealer takes keys from: {settings.keys_folder}.")
    with database(settings) as dsn:
        name = register_meant(dsn, register)
        adopt_key(dsn, name, LogKeyPurpose.CHECKPOINTS, key)
    typer.echo(str(key))


@app.command("list")
def listing(register: options.RegisterName = None, as_json: options.AsJson = False) -> None:
    """List the keys that the register has adopted: for what, from which size on, whether they sign, what is here."""
    settings = Settings.from_environment()
    with database(settings) as dsn:
        name = register_meant(dsn, register)
        with book_of(dsn, name) as book:
            state, (size, _) = book.register_state(), book.ledger.head()
    signing, here = _signing(state, size), {str(key) for key in keys_in(settings.keys_folder)}
    rows = [
        (
            key.purpose.value,
            key.verifier_key,
            key.from_size,
            key.overlap_to,
            _does(key, signing),
            key.verifier_key in here,
        )
        for key in state.log_keys
    ]
    if as_json:
        names = ("purpose", "verifier_key", "from_size", "overlap_to", "signs", "file_here")
        told = [dict(zip(names, row, strict=True)) for row in rows]
        typer.echo(json.dumps(told, ensure_ascii=False, default=str, indent=2))
        return
    headers = ("Purpose", "Verifier key", "From size", "Overlap to", "Signs", "File here")
    columns = [Column(header, number=header == "From size") for header in headers]
    show(console(), f"Keys of {name}", columns, rows)


def _signing(state: RegisterState, size: int) -> set[str]:
    try:
        return {str(key) for key in rota.signing(state.log_keys, size, dt.datetime.now(dt.UTC))}
    except NoLogKey:
        return set()


def _does(key: LogKeyAdopted, signing: set[str]) -> bool:
    """Whether it signs now: checkpoints by their rota; a key for restores is never taken back."""
    return key.purpose is LogKeyPurpose.RESTORES or key.verifier_key in signing


@app.command("sign")
def signing(
    statement: Annotated[Path, typer.Argument(metavar="FILE", help="The statement of seal --prepare-restore.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The file of a key for restores.")],
    into: Annotated[Path, typer.Option("--into", metavar="FILE", help="Where to write the signed statement.")],
) -> None:
    """Sign the statement of a restore, after reading it. Needs no database: for whoever keeps the second key."""
    text = statement.read_text("utf-8")
    Statement.parse(text)  # nothing else is ever signed by this key
    typer.echo(text, nl=False)
    write_whole(into, sign(text, [read_key(key)]).to_bytes())
    typer.echo(f"Signed, in {into}.")
