"""`jaksokirja restrict`: what a struck entry told of a wrong client is read by the few alone, decided by two persons.

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
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.secrecy.restriction import Restricter
from domain.ledger.secrecy.restriction_keys import RestrictionStanding
from domain.register.commands.approve_restriction import ApproveRestriction
from domain.register.commands.call_off_restriction import CallOffRestriction
from domain.register.commands.request_restriction import RequestRestriction
from domain.register.restriction import Restriction
from domain.registry import REGISTRY
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
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
    add_completion=False,
    no_args_is_help=True,
    help="What a struck entry told, read by the few alone, decided by two persons.",
)
RestrictionId = Annotated[UUID, typer.Argument(metavar="RESTRICTION", help="The id that `restrict request` printed.")]
StreamId = Annotated[
    UUID, typer.Argument(metavar="STREAM", help="The id of the client, contact, episode… of the entry.")
]
EntryNumber = Annotated[int, typer.Argument(metavar="ENTRY", help="The number of the struck entry there.")]
COLUMNS = ("restriction", "stage", "stream", "entry", "requested_by", "approved_by", "keys")


@app.command()
def request(stream: StreamId, entry: EntryNumber, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Ask that what a wrong client's entry told, struck out, be read by the few alone. The reason is asked for."""
    restriction_id = new_id()
    command = RequestRestriction(restriction_id=restriction_id, stream_id=stream, entry=entry, reason=asked_reason())
    record(register, command, actor)
    typer.echo(str(restriction_id))


@app.command()
def approve(restriction: RestrictionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Approve a restriction that somebody else asked for."""
    state = record(register, ApproveRestriction(restriction_id=restriction), actor)
    tell_approved(state.restrictions[restriction], actor, "restrict")


@app.command("call-off")
def call_off(restriction: RestrictionId, *, actor: Actor, register: options.RegisterName = None) -> None:
    """Give up a restriction that nobody has approved yet."""
    record(register, CallOffRestriction(restriction_id=restriction), actor)
    typer.echo("Called off.")


@app.command("carry-out")
def carry_out(
    restrictions: Annotated[list[UUID], typer.Argument(metavar="RESTRICTION...", help="Those that are approved.")],
    *,
    actor: Actor,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="End where others may use the keys for two minutes yet; twice.")
    ] = False,
    register: options.RegisterName = None,
) -> None:
    """Take the keys apart, clean what remains of them, record the certificate. Stopped, it goes on when run again."""
    with _restricter(register) as (_, restricter), bar("Restriction", "") as progress:
        certificates = restricter.carry_out_many(restrictions, actor, wait=not no_wait, progress=progress)
    tell_certificates(certificates)


@app.command()
def status(register: options.RegisterName = None, as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List the restrictions and how far each has come."""
    with _restricter(register) as (book, restricter):
        known = book.register_state().restrictions
        rows = [_row(one, known[one], restricter.standing(one)) for one in known]
    list_out("restrict", COLUMNS, rows, numbers={"entry", "keys"}, as_json=as_json, lang=lang)


@app.command()
def certificate(restriction: RestrictionId, register: options.RegisterName = None) -> None:
    """Print the certificate of a restriction, as JSON."""
    with _restricter(register) as (_, restricter):
        tell_certificate(restricter.restriction(restriction), "restrict")


@app.command()
def read(stream: StreamId, entry: EntryNumber, register: options.RegisterName = None) -> None:
    """Print what an entry says, as JSON, restricted or not: for the few, whose login of the keyring may read it."""
    with database() as dsn:
        name = register_meant(dsn, register)
        keyring = Settings.from_environment().keyring(dsn).of(name, restricted=True)
        with Book(dsn, name, keyring=keyring) as book:
            entries = book.state(stream, StreamKind.EPISODE).entries
            found = next((one for one in entries if one.version == entry), None)
            if found is None:
                raise CommandFault(f"That stream has no entry {entry}.", "unknown_entry")
            state, hidden = REGISTRY.parts(found)  # what is sealed opens only while the keyring does
    told = {"entry": entry, "name": found.fact.stored_name(), **state, "sensitive": hidden}
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


def _row(restriction_id: UUID, one: Restriction, standing: RestrictionStanding | None) -> Row:
    asked = one.request
    keys = len(standing.key_ids) if standing else None
    reached = stage(one, standing.stage if standing else None)
    who = (one.requested_by, one.approved_by)
    return (restriction_id, reached, asked.stream_id, asked.entry, *who, keys)


@contextmanager
def _restricter(register: str | None) -> Iterator[tuple[Book, Restricter]]:
    settings = Settings.from_environment()
    with (
        database(settings) as dsn,
        book_of(dsn, register_meant(dsn, register)) as book,
        Restricter(book, dsn, settings.keyring(dsn)) as restricter,
    ):
        yield book, restricter
