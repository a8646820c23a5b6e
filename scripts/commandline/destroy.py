"""`jaksokirja destroy`: what is known of a client is destroyed, by two persons, with a certificate.

Never here: a reason among the words of a command, which others could read: it is asked for, or read from standard
input; keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from api.settings import Settings
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.secrecy.destruction import Destroyer
from domain.ledger.secrecy.destruction_keys import Standing
from domain.ledger.secrecy.examining import destructions_of, examined
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.call_off_destruction import CallOffDestruction
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.destruction import Destruction, DestructionCertified, DestructionGround
from domain.register.state import RegisterState
from scripts.commandline import options
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.labels import label
from scripts.commandline.progress import bar
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Column, console, show

app = typer.Typer(no_args_is_help=True, help="What is known of a client destroyed, by two persons.")
Actor = Annotated[str, typer.Option("--actor", metavar="ID", help="Who does this, such as a worker's id.")]
DestructionId = Annotated[UUID, typer.Argument(metavar="DESTRUCTION", help="The id that `destroy request` printed.")]
COLUMNS = ("destruction", "stage", "client", "task", "ground", "requested_by", "approved_by", "keys")


@app.command()
def request(
    client: Annotated[UUID, typer.Argument(help="The client's id.")],
    *,
    actor: Actor,
    ground: Annotated[DestructionGround, typer.Option(help="On what ground.")],
    task: Annotated[
        str | None,
        typer.Option(help="One service task, such as child_welfare, or unassigned; without it: all of the client's."),
    ] = None,
    register: options.RegisterName = None,
) -> None:
    """Ask that what is known of a client be destroyed. The reason is asked for. Another person approves."""
    reason = typer.prompt("Reason", err=True)
    destruction_id = new_id()
    command = RequestDestruction(
        destruction_id=destruction_id, client_id=client, task=task, ground=ground, reason=reason
    )
    _record(register, command, actor)
    typer.echo(str(destruction_id))


@app.command()
def approve(destruction: DestructionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Approve a destruction that somebody else asked for."""
    state = _record(register, ApproveDestruction(destruction_id=destruction), actor)
    whose = state.destructions[destruction].approved_by
    told = "Approved." if whose == actor else f"{whose} approved it before: that stands, and nothing was recorded."
    typer.echo(f"{told} `jaksokirja destroy carry-out` does it, and cannot be undone.")


@app.command("call-off")
def call_off(destruction: DestructionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Give up a destruction that nobody has approved yet."""
    _record(register, CallOffDestruction(destruction_id=destruction), actor)
    typer.echo("Called off.")


@app.command("carry-out")
def carry_out(
    destructions: Annotated[list[UUID], typer.Argument(metavar="DESTRUCTION...", help="Those that are approved.")],
    *,
    actor: Actor,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Fence the keys and end where others may use them for two minutes yet.")
    ] = False,
    register: options.RegisterName = None,
) -> None:
    """Destroy the keys, clean what remains of them, and record the certificate. Stopped, it goes on when run again."""
    with _destroyer(register) as (_, destroyer), bar("Destruction", "") as progress:
        certificates = destroyer.carry_out_many(destructions, actor, wait=not no_wait, progress=progress)
    for certificate in certificates:
        typer.echo(_told(certificate))


@app.command()
def status(register: options.RegisterName = None, as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List the destructions and how far each has come."""
    options.language(lang)
    with _destroyer(register) as (book, destroyer):
        known = book.register_state().destructions
        told = [(one, known[one], destroyer.standing(one)) for one in known]
    rows = [_row(*one) for one in told]
    if as_json:
        listed = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        typer.echo(json.dumps(listed, ensure_ascii=False, default=str, indent=2))
        return
    named = [(row[0], label("destroy", str(row[1]), lang), *row[2:]) for row in rows]
    columns = [Column(label("destroy", column, lang), number=column == "keys") for column in COLUMNS]
    show(console(), label("destroy", "title", lang), columns, named)


@app.command()
def certificate(destruction: DestructionId, register: options.RegisterName = None) -> None:
    """Print the certificate of a destruction, as JSON."""
    with _destroyer(register) as (_, destroyer):
        found = destroyer.destruction(destruction).certificate
    if found is None:
        raise CommandFault(
            "It is not carried out yet: `jaksokirja destroy status` tells how far it is.", "no_certificate"
        )
    typer.echo(_told(found))


@app.command()
def check(register: options.RegisterName = None, as_json: options.AsJson = False) -> None:
    """Look whether the keyring has just the keys that the entries ask for; exit status 1 when it has not.

    A key that is missing or destroyed without a certificate, and one that is back although a certificate says that it
    was destroyed, leave no trace elsewhere.
    """
    with _destroyer(register) as (book, destroyer), bar("Looking at keys", "events") as progress:
        known = destructions_of(book)
        standing = [destroyer.standing(one) for one, destruction in known.items() if destruction.under_way]
        condemned = {key_id for one in standing if one is not None for key_id in one.key_ids}
        count, faulty = examined(book, condemned, progress)
    if as_json:
        told = [{"key_id": str(one.key_id), "fault": one.fault.value, "position": one.position} for one in faulty]
        typer.echo(json.dumps({"keys": count, "faulty": told}))
    else:
        for one in faulty:
            where = f", first named at position {one.position}" if one.position else ""
            typer.echo(f"{one.key_id}: {one.fault.value}{where}")
        typer.echo(f"{count} keys are named by entries; {len(faulty)} are not as they must be.")
    if faulty:
        raise typer.Exit(FAILURE)


def _told(certificate: DestructionCertified) -> str:
    return certificate.model_dump_json(indent=2, exclude_none=True)


def _row(destruction_id: UUID, one: Destruction, standing: Standing | None) -> tuple[str | int | UUID | None, ...]:
    asked = one.request
    keys = len(standing.key_ids) if standing else None
    who = (one.requested_by, one.approved_by)
    return (destruction_id, _stage(one, standing), asked.client_id, asked.task, asked.ground.value, *who, keys)


def _stage(one: Destruction, standing: Standing | None) -> str:
    if one.called_off:
        return "called_off"
    if one.certificate is not None:
        return "certified"
    if standing is None:
        return "requested" if one.approved_by is None else "approved"
    if standing.cleaned_at is not None:
        return "cleaned"
    return "fenced" if standing.overwritten_at is None else "overwritten"


def _record(register: str | None, command: AnyCommand, actor: str) -> RegisterState:
    """Record it; how the register stands then."""
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        book.execute(Order(stream_id=book.register_id, command=command, command_id=new_id(), actor=actor))
        return book.register_state()


@contextmanager
def _destroyer(register: str | None) -> Iterator[tuple[Book, Destroyer]]:
    settings = Settings.from_environment()
    with (
        database(settings) as dsn,
        book_of(dsn, register_meant(dsn, register)) as book,
        Destroyer(book, dsn, settings.keyring(dsn).dsn) as destroyer,
    ):
        yield book, destroyer
