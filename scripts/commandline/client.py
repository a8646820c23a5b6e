"""`jaksokirja client find`: the client of a register who has an identity code; `reindex`: that index made anew.

Never here: an identity code among the words of a command, which others could read: it is asked for, or read from
standard input.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import typer

from api.finding import IndexAstray, client_with
from domain.client.facts import ClientRegistered
from domain.client.state import ClientState
from domain.fact import StreamKind
from domain.ledger.book import Book
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.session import book_of, database, register_meant

app = typer.Typer(no_args_is_help=True)
Register = Annotated[str | None, typer.Option(help="The register; else kymenlaakso, or the only one.")]
PAGE_EVENTS = 5000


@app.command()
def find(register: Register = None) -> None:
    """Find a client by identity code, which is asked for and not shown."""
    code = typer.prompt("Identity code", hide_input=True, err=True) if sys.stdin.isatty() else _read_line()
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        try:
            client_id = client_with(book, code)
        except IndexAstray as astray:
            raise CommandFault(f"{astray.message} {astray.remedy}", astray.code, FAILURE) from None
    if client_id is None:
        raise CommandFault("No client of this register has that identity code.", "unknown_client")
    typer.echo(str(client_id))


@app.command()
def reindex(register: Register = None) -> None:
    """Make the index of identity codes anew from the events, as after a crash or a restored keyring."""
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        count = book.clients.made_anew(_codes(book))
    typer.echo(f"{count} clients can be found by identity code.")


def _read_line() -> str:
    """The first line of standard input, which is no terminal: nothing is asked, and the answer stands alone."""
    return sys.stdin.readline().strip()


def _codes(book: Book) -> Iterator[tuple[UUID, str]]:
    for client_id in _clients(book):
        state = book.state(client_id, StreamKind.CLIENT)
        if isinstance(state, ClientState) and state.identity_code is not None:
            yield client_id, state.identity_code


def _clients(book: Book) -> Iterator[UUID]:
    position, name = 0, ClientRegistered.stored_name()
    while records := book.ledger.read_feed(position, PAGE_EVENTS):
        yield from dict.fromkeys(record.stream_id for record in records if record.name == name and record.version == 1)
        position = records[-1].position
