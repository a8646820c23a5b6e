"""`jaksokirja audits`: audits as `report audits` tells them, and `audits draw`, which draws the sample of one.

Never here: how a sample is drawn (domain/quality/sampling.py), what a population is (projections/audits.sql).
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from domain.ledger.book import Order
from domain.ledger.identity import new_id
from domain.quality.commands.draw_audit_sample import MOST_DRAWN, DrawAuditSample
from domain.quality.facts import AuditSampleDrawn
from projections.queries import Reading
from scripts.commandline import audits, options
from scripts.commandline.faults import CommandFault
from scripts.commandline.figures import position_of, register_read
from scripts.commandline.session import book_of, database
from scripts.commandline.tables import Column, console, show

ACTOR = "command-line"

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command("list")(audits.audits)


@app.command()
def draw(
    audit: Annotated[UUID, typer.Argument(help="The audit's id, as `audits list` tells it.")],
    *,
    size: Annotated[int, typer.Option(min=1, max=MOST_DRAWN, help="How many episodes to draw.")],
    actor: Annotated[str, typer.Option(help="Who draws it, such as a worker's id.")] = ACTOR,
    as_of: options.AsOf = None,
    register: options.RegisterName = None,
) -> None:
    """Draw an audit's sample from its population as known at a position (now, without --as-of), and record it."""
    with register_read(register) as (name, read):
        file_id, command = drawing(read, audit, size, as_of)
    with database() as dsn, book_of(dsn, name) as book:
        order = Order(stream_id=file_id, command=command, command_id=new_id(), actor=actor)
        entries = book.execute(order).entries
    drawn = next(entry.fact for entry in entries if isinstance(entry.fact, AuditSampleDrawn))
    of = f"{len(drawn.episode_ids)} of {drawn.population_size}, as of position {drawn.population_position}"
    title = f"Sample of audit {audit}: {of}"
    show(console(), title, [Column("Episode")], [(one,) for one in drawn.episode_ids], footer=f"Seed: {drawn.seed}")


def drawing(read: Reading, audit_id: UUID, size: int, as_of: str | None) -> tuple[UUID, DrawAuditSample]:
    """The quality file and the command, with the audit's population at the position. Raises CommandFault."""
    today = options.today()
    audit = next((row for row in read.audits(on_day=today).rows if row.audit_id == audit_id), None)
    if audit is None:
        raise CommandFault("There is no such audit in this register; `report audits --json` lists them.", "no_audit")
    found = audits.population(read, audit, position_of(read, as_of))
    if not found.rows:
        raise CommandFault("The audit's population is empty: no episode of its service, place and days.", "no_episodes")
    command = DrawAuditSample(
        audit_id=audit_id,
        drawn_on=today,
        population_position=found.as_of,
        population=tuple(row.episode_id for row in found.rows),
        sample_size=size,
    )
    return audit.file_id, command
