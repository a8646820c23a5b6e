"""`jaksokirja seal`: the sealer in a process of its own, how it stands, and what settles what it refused.

Never here: what is signed and when not.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.logging import configure_logging
from api.sealing import sealing_health, workshop_of
from api.settings import Settings
from domain.calendar import HELSINKI
from domain.ledger.proof.note import SignedNote
from domain.ledger.sealing.files import write_whole
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.looking_again import Looked, keep_looking_again, save_looked
from domain.ledger.sealing.sealer import now
from domain.ledger.sealing.status import sealing_status
from domain.ledger.sealing.working import Workshop, keep_sealing, keep_submitting
from scripts.commandline import options
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.restoring import begin_from, prepare_restore, restored
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Cell, Column, console, show

app = typer.Typer(add_completion=False)
SMALLEST_WAIT_SECONDS = 0.5

Out = Annotated[Path | None, typer.Option("--prepare-restore", metavar="FILE", help="Write what is to be signed.")]
Restored = Annotated[
    Path | None, typer.Option("--restored", metavar="FILE", help="Go on from an older backup, by a signed statement.")
]
Begin = Annotated[
    Path | None,
    typer.Option("--begin-from", metavar="FILE", help="Begin from a checkpoint kept elsewhere: the state is lost."),
]

HandOut = Annotated[
    Path | None, typer.Option("--hand-out", metavar="FILE", help="Write the last checkpoint, for an auditor to keep.")
]


@app.command()
def seal(
    register: options.RegisterName = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Sign what is new now, print the signed note, stop.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Tell how sealing stands.")] = False,
    verify_all: Annotated[bool, typer.Option("--verify-all", help="Hash every sealed record again.")] = False,
    prepare: Out = None,
    statement: Restored = None,
    checkpoint: Begin = None,
    hand_out: HandOut = None,
    as_json: options.AsJson = False,
) -> None:
    """Seal a register until Ctrl-C: a signed checkpoint of its log whenever there is something new."""
    settings = Settings.from_environment()
    workshop = workshop_of(settings)
    with database(settings) as dsn:
        name = register_meant(dsn, register)
        if status:
            _status(workshop, dsn, name, as_json)
        elif hand_out is not None:
            _hand_out(dsn, name, hand_out)
        elif verify_all:
            _verify_all(workshop, dsn, name)
        elif prepare is not None:
            told = prepare_restore(workshop, dsn, name)
            write_whole(prepare, told.text.encode())
            typer.echo(f"{told.text}\nTo be signed by the second key: jaksokirja keys sign {prepare} --key … --into …")
        elif statement is not None:
            told = restored(workshop, dsn, name, statement.read_bytes())
            typer.echo(f"The log goes on from {told.restored.size}; {told.sealed.size} had been sealed.")
        elif checkpoint is not None:
            typer.echo(f"Begun from {begin_from(workshop, dsn, name, checkpoint.read_bytes())}.")
        elif once:
            _once(workshop, dsn, name)
        else:
            configure_logging(settings)
            _until_stopped(workshop, dsn, name)


def _hand_out(dsn: str, register: str, path: Path) -> None:
    """As the database has it: with the cosignatures of the witnesses."""
    with LogStore(dsn, register) as store:
        note = store.last_note()
    if note is None:
        raise CommandFault(f"Nothing of {register} is sealed yet: jaksokirja seal --once.", "nothing_sealed", FAILURE)
    write_whole(path, note)
    typer.echo(note.decode(), nl=False)


def _verify_all(workshop: Workshop, dsn: str, register: str) -> None:
    with workshop.inspector(dsn, register) as sealer:
        size = sealer.verify_all()
    save_looked(workshop.folder(register), Looked(now().isoformat(), size))
    typer.echo(f"{size} records are as they were sealed.")


def _once(workshop: Workshop, dsn: str, register: str) -> None:
    """On standard output the last checkpoint as it was signed, for an auditor to keep, and nothing else."""
    with workshop.sealer(dsn, register) as sealer:
        sealed = sealer.seal()
        note = sealer.state.note
    if sealed is None:
        typer.echo("Nothing is new." if note else "Nothing is recorded yet.", err=True)
    for witness, fault in workshop.submit(dsn, register).items():
        typer.echo(f"{witness.partition('+')[0]}: {fault or 'cosigned'}", err=True)
    if note is not None:
        typer.echo(_with_cosignatures(dsn, register, note).decode(), nl=False)


def _with_cosignatures(dsn: str, register: str, note: bytes) -> bytes:
    """The note as the database has it, with what witnesses added, when it is the same checkpoint there."""
    with LogStore(dsn, register) as store:
        stored = store.last_note()
    same = stored is not None and SignedNote.parse(stored).text == SignedNote.parse(note).text
    return stored if same and stored is not None else note


def _until_stopped(workshop: Workshop, dsn: str, register: str) -> None:
    stop = threading.Event()
    work = [
        partial(each, workshop, dsn, register, stop) for each in (keep_sealing, keep_submitting, keep_looking_again)
    ]
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    try:
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
            while threads[0].is_alive():
                threads[0].join(SMALLEST_WAIT_SECONDS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _status(workshop: Workshop, dsn: str, register: str, as_json: bool) -> None:
    with book_of(dsn, register) as book:
        head, _ = book.ledger.head()
    told = {"register": register, "head": head, **sealing_health(workshop, register, head)}
    kept = sealing_status(workshop.folder(register)).refusal
    told["found"], told["remedy"] = (kept.message, kept.remedy) if kept else (None, None)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, default=str, indent=2))
    else:
        _print(told)
    if kept is not None:
        raise typer.Exit(FAILURE)


def _print(told: dict[str, Any]) -> None:
    at = told["sealed_at"].astimezone(HELSINKI) if told["sealed_at"] else None
    words = {"sealed": "Sealed", "unsealed": "Not sealed yet", "refused": "Refused"}
    again = told["looked_again"]
    looked = dt.datetime.fromisoformat(again["at"]).astimezone(HELSINKI) if again else None
    row: list[Cell] = [words[told["status"]], told["head"], told["size"], told["lag_events"], at, looked]
    headers = ("Standing", "Recorded", "Sealed", "Not sealed", "Sealed at", "All hashed again at")
    columns = [Column(header, number=number in (1, 2, 3)) for number, header in enumerate(headers)]
    found = f"{told['found']} {told['remedy']} [{told['refused']}]" if told["refused"] else ""
    show(console(), f"Sealing of {told['register']}", columns, [row], footer=found)
    if told["witnesses"]:
        rows = [(one["witness"], one["size"], one["cosigned_at"], one["fault"]) for one in told["witnesses"]]
        titles = ("Witness", "Cosigned", "At", "Last attempt")
        show(console(), "Witnesses", [Column(title, number=title == "Cosigned") for title in titles], rows)
