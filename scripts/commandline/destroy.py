"""`jaksokirja destroy`: what is known of a client is destroyed, by two persons, with a certificate.

Never here: keys; what the decisions of both kinds share (`undertakings`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from api.settings import Settings
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.secrecy.destruction import Destroyer
from domain.ledger.secrecy.destruction_keys import Standing
from domain.ledger.secrecy.examining import destructions_of, examined
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.call_off_destruction import CallOffDestruction
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.destruction import Destruction, DestructionGround
from scripts.commandline import options
from scripts.commandline.faults import FAILURE
from scripts.commandline.progress import bar
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.undertakings import (
    Actor,
    Row,
    asked_reason,
    list_out,
    record,
    stage,
    tell_approved,
    tell_certificate,
    tell_certificates,
)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What is known of a client destroyed, by two persons."
)
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
    destruction_id = new_id()
    command = RequestDestruction(
        destruction_id=destruction_id, client_id=client, task=task, ground=ground, reason=asked_reason()
    )
    record(register, command, actor)
    typer.echo(str(destruction_id))


@app.command()
def approve(destruction: DestructionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Approve a destruction that somebody else asked for."""
    state = record(register, ApproveDestruction(destruction_id=destruction), actor)
    tell_approved(state.destructions[destruction], actor, "destroy")


@app.command("call-off")
def call_off(destruction: DestructionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Give up a destruction that nobody has approved yet."""
    record(register, CallOffDestruction(destruction_id=destruction), actor)
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
    tell_certificates(certificates)


@app.command()
def status(register: options.RegisterName = None, as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List the destructions and how far each has come."""
    with _destroyer(register) as (book, destroyer):
        known = book.register_state().destructions
        told = [(one, known[one], destroyer.standing(one)) for one in known]
    rows = [_row(*one) for one in told]
    list_out("destroy", COLUMNS, rows, numbers={"keys"}, as_json=as_json, lang=lang)


@app.command()
def certificate(destruction: DestructionId, register: options.RegisterName = None) -> None:
    """Print the certificate of a destruction, as JSON."""
    with _destroyer(register) as (_, destroyer):
        tell_certificate(destroyer.destruction(destruction), "destroy")


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


def _row(destruction_id: UUID, one: Destruction, standing: Standing | None) -> Row:
    asked = one.request
    keys = len(standing.key_ids) if standing else None
    reached = stage(one, standing.stage if standing else None)
    who = (one.requested_by, one.approved_by)
    return (destruction_id, reached, asked.client_id, asked.task, asked.ground.value, *who, keys)


@contextmanager
def _destroyer(register: str | None) -> Iterator[tuple[Book, Destroyer]]:
    settings = Settings.from_environment()
    with (
        database(settings) as dsn,
        book_of(dsn, register_meant(dsn, register)) as book,
        Destroyer(book, dsn, settings.keyring(dsn).dsn) as destroyer,
    ):
        yield book, destroyer
