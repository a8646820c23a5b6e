"""`jaksokirja witness`: a witness of other people's logs, or of ours on another machine; it needs no database.

Never here: what is cosigned and when not; anything of registers.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from api.serving import server_of
from api.settings import Settings
from api.witness import create_witness_app
from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.faults import MalformedKey
from domain.ledger.proof.note import NOTE_LIMIT_BYTES, VerifierKey
from domain.ledger.sealing.files import FolderBusy, held
from domain.ledger.sealing.keyfiles import file_name, new_key, read_key, write_key
from domain.ledger.sealing.refusals import KeyFileRefused, SealerBusy
from domain.ledger.sealing.witness import Witness
from domain.ledger.sealing.witness_restore import accept, stated_for

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Run a witness, which cosigns what extends what it saw last of a log.",
)


@app.command("new-key")
def making(
    name: Annotated[str, typer.Argument(help="The witness' name, such as witness.example/w1.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The folder for the key file.")],
) -> None:
    """Make the witness' key; prints its public half, which the logs' owners are given."""
    key = new_key("witness", name)
    path = into / file_name("witness", key)
    write_key(path, key)
    typer.echo(f"{key.verifier()}\n{path}")


@app.command("serve")
def serving(
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The witness' key file.")],
    logs: Annotated[Path, typer.Option("--logs", metavar="FILE", help="The logs' keys: a vkey a line.")],
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="Where it keeps what it saw last.")],
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen at.")] = 8766,
) -> None:
    """Serve add-checkpoint until Ctrl-C (C2SP tlog-witness)."""
    signer = read_key(key)
    if not isinstance(signer, WitnessSigner):
        raise KeyFileRefused(f"{key} holds a log's key, not a witness'.")
    followed = logs_in(logs)
    try:
        with held(state):
            typer.echo(f"http://{host}:{port}/add-checkpoint  {signer.verifier()}  (stop with Ctrl-C)", err=True)
            settings = Settings(host=host, port=port)
            with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
                server_of(create_witness_app(Witness(state, signer, followed)), settings).run()
    except FolderBusy:
        raise SealerBusy(f"Another witness holds {state}.") from None


@app.command("accept-restore")
def accepting(
    statement: Annotated[
        Path, typer.Argument(metavar="FILE", help="The signed statement, as the log's owner gives it.")
    ],
    second_key: Annotated[
        str, typer.Option("--second-key", metavar="VKEY", help="The log's key for restores, as you know it.")
    ],
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="Where the witness keeps what it saw last.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Accept it without being asked.")] = False,
) -> None:
    """Go back with a log that was restored, after reading why and who signed. Stop the witness first."""
    try:
        with held(state):
            note = statement.read_bytes()[: NOTE_LIMIT_BYTES + 1]
            told, seen = stated_for(state, note, [VerifierKey.parse(second_key)])
            typer.echo(f"{told.text}\nThis witness saw {seen.size} events last. It would cosign again from", nl=False)
            typer.echo(f" {told.restored.size} events on, and keep what it saw beside.")
            if not yes:
                typer.confirm("Accept this restore?", abort=True)
            typer.echo(f"Accepted. What was seen before is kept in {accept(state, note, told)}.")
    except FolderBusy:
        raise SealerBusy(f"A witness is at work in {state}: stop it first.") from None


def logs_in(path: Path) -> dict[str, list[VerifierKey]]:
    """The logs' keys of a file by origin, which is the keys' name. Raises KeyFileRefused, OSError."""
    found: dict[str, list[VerifierKey]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                key = VerifierKey.parse(line.strip())
            except MalformedKey:
                raise KeyFileRefused(f"{path}, line {number}: write a log's vkey, and nothing else.") from None
            found.setdefault(key.name, []).append(key)
    return found
