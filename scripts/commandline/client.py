"""`jaksokirja client find`: the client of a register who has an identity code; `check`, `reindex`: whether the index
of codes says what the log tells, and that mended.

Never here: an identity code among the words of a command, which others could read: it is asked for, or read from
standard input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from api.finding import IndexAstray, client_with
from domain.ledger.book import Book
from domain.ledger.secrecy.identities import AstrayClient, examined, mended
from scripts.commandline import options
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.progress import bar
from scripts.commandline.session import book_of, database, register_meant

app = typer.Typer(add_completion=False, no_args_is_help=True)
Register = Annotated[str | None, typer.Option(help="The register; else kymenlaakso, or the only one.")]


@app.command()
def find(register: Register = None) -> None:
    """Find a client by identity code, which is asked for and not shown."""
    code = typer.prompt("Identity code", hide_input=True, err=True) if sys.stdin.isatty() else _read_line()
    with _book(register) as book:
        try:
            client_id = client_with(book, code)
        except IndexAstray as astray:
            raise CommandFault(f"{astray.message} {astray.remedy}", astray.code, FAILURE) from None
    if client_id is None:
        raise CommandFault("No client of this register has that identity code.", "unknown_client")
    typer.echo(str(client_id))


@app.command()
def check(register: Register = None, as_json: options.AsJson = False) -> None:
    """Look whether the index leads from just the identity codes that the log tells; exit status 1 when it does not.

    A code that is not found could be registered a second time. `client reindex` mends it.
    """
    with _book(register) as book, bar("Looking at clients", "events") as progress:
        found, astray = examined(book, progress)
    _tell(found, astray, as_json=as_json)


@app.command()
def reindex(register: Register = None, as_json: options.AsJson = False) -> None:
    """Make the index of identity codes say what the log tells, as after a restored keyring; commands go on meanwhile.

    Exit status 1 when something is left that no index can mend: two clients with one code.
    """
    with _book(register) as book, bar("Looking at clients", "events") as progress:
        found, astray = mended(book, progress)
    _tell(found, astray, as_json=as_json)


@contextmanager
def _book(register: str | None) -> Iterator[Book]:
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        yield book


def _tell(found: int, astray: Sequence[AstrayClient], *, as_json: bool) -> None:
    if as_json:
        told = [{"client_id": str(one.client_id), "fault": one.fault.value} for one in astray]
        typer.echo(json.dumps({"clients": found, "astray": told}))
    else:
        for one in astray:
            typer.echo(f"{one.client_id}: {one.fault.value}")
        wrong = len({one.client_id for one in astray})
        typer.echo(f"{found} clients have an identity code; the index is wrong about {wrong} of them.")
    if astray:
        raise typer.Exit(FAILURE)


def _read_line() -> str:
    """The first line of standard input, which is no terminal: nothing is asked, and the answer stands alone."""
    return sys.stdin.readline().strip()
