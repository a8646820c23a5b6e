"""What `jaksokirja destroy` and `jaksokirja restrict` share: two persons decide, a certificate is shown.

Never here: what is done to which keys; a reason among the words of a command, which others could read: it is asked for,
or read from standard input.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

import typer

from domain.commands import AnyCommand
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.ledger.orders import Order
from domain.register.state import RegisterState
from domain.register.undertaking import CertificateT, RequestT, Undertaking
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.labels import label
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Column, console, show

Actor = Annotated[str, typer.Option("--actor", metavar="ID", help="Who does this, such as a worker's id.")]
Row = tuple[str | int | UUID | None, ...]


def asked_reason() -> str:
    """The reason of a request, as it is typed or piped in."""
    reason: str = typer.prompt("Reason", err=True)
    return reason


def record(register: str | None, command: AnyCommand, actor: str) -> RegisterState:
    """Record it; how the register stands then."""
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        book.execute(Order(stream_id=book.register_id, command=command, command_id=new_id(), actor=actor))
        return book.register_state()


def tell_approved(one: Undertaking[RequestT, CertificateT], actor: str, verb: str) -> None:
    """Print that it is approved, and by whom where that was another one before."""
    whose = one.approved_by
    told = "Approved." if whose == actor else f"{whose} approved it before: that stands, and nothing was recorded."
    typer.echo(f"{told} `jaksokirja {verb} carry-out` does it, and cannot be undone.")


def tell_certificates(certificates: Sequence[Fact]) -> None:
    """Print certificates, each as JSON."""
    for certificate in certificates:
        typer.echo(certificate.model_dump_json(indent=2, exclude_none=True))


def tell_certificate(one: Undertaking[RequestT, CertificateT], verb: str) -> None:
    """Print the certificate as JSON. Raises CommandFault while there is none."""
    if one.certificate is None:
        raise CommandFault(
            f"It is not carried out yet: `jaksokirja {verb} status` tells how far it is.", "no_certificate"
        )
    tell_certificates([one.certificate])


def stage(one: Undertaking[RequestT, CertificateT], keys_stage: str | None) -> str:
    """How far it has come; `keys_stage`: what was done to the keys last, None: nothing yet."""
    if one.called_off:
        return "called_off"
    if one.certificate is not None:
        return "certified"
    if keys_stage is not None:
        return keys_stage
    return "requested" if one.approved_by is None else "approved"


def list_out(
    verb: str, columns: Sequence[str], rows: Sequence[Row], *, numbers: Collection[str], as_json: bool, lang: str
) -> None:
    """Print a row for each, the second column being the stage: as JSON by the columns' names, or as a table."""
    options.language(lang)
    if as_json:
        listed = [dict(zip(columns, row, strict=True)) for row in rows]
        typer.echo(json.dumps(listed, ensure_ascii=False, default=str, indent=2))
        return
    named = [(row[0], label(verb, str(row[1]), lang), *row[2:]) for row in rows]
    shown = [Column(label(verb, column, lang), number=column in numbers) for column in columns]
    show(console(), label(verb, "title", lang), shown, named)
