"""`jaksokirja report audits`: audits, and whether the sample of each comes out the same when it is drawn again.

Never here: how a sample is drawn (domain/quality/sampling.py) or what a population is (projections/audits.sql).
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from domain.quality.sampling import draw, population_sha256
from projections.answers import Answer, AuditRow, PopulationRow
from projections.queries import Reading
from scripts.commandline import options
from scripts.commandline.figures import Asked, footer, position_of, register_read
from scripts.commandline.labels import label
from scripts.commandline.tables import Column, console, show

OneService = Annotated[str | None, typer.Option("--service", metavar="CODE", help="Only audits of this service.")]
COLUMNS = (
    "service", "audit_kind", "status", "planned_on", "held_on", "sampled", "drawn_again", "findings", "actions",
    "late_actions", "audit_id",
)  # fmt: skip
NUMBERS = frozenset({"sampled", "findings", "actions", "late_actions"})


def audits(
    *,
    service: OneService = None,
    register: options.RegisterName = None,
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Audits with their findings and actions; each sample is drawn again from what was known at its position."""
    asked = Asked(by="", register=register, as_of=as_of, on=on, lang=options.language(lang))
    with register_read(register) as (name, read):
        answer = read.audits(service=service, on_day=asked.on_day, as_of=position_of(read, as_of))
        again = {row.audit_id: drawn_again(read, row) for row in answer.rows}
    if as_json:
        told = answer.model_dump(mode="json")
        rows = [{**row, "drawn_again": again[one.audit_id]} for row, one in zip(told["rows"], answer.rows, strict=True)]
        typer.echo(json.dumps({"register": name, **told, "rows": rows}, ensure_ascii=False, indent=2))
        return
    heads = [Column(label("column", column, lang), number=column in NUMBERS) for column in COLUMNS]
    cells = [
        [
            row.service, label("word", row.audit_kind, lang), label("word", row.status, lang), row.planned_on,
            row.held_on, len(row.sampled_episodes), label("word", again[row.audit_id], lang), row.findings,
            row.actions, row.late_actions, row.audit_id,
        ]
        for row in answer.rows
    ]  # fmt: skip
    show(console(), f"{label('title', 'audits', lang)}: {name}", heads, cells, footer=footer(answer, lang))


def drawn_again(read: Reading, audit: AuditRow) -> str:
    """`same`, `other_sample` or `other_population` as the draw is repeated; `not_drawn` while there is no sample."""
    if audit.population_position is None:
        return "not_drawn"
    known = [row.episode_id for row in population(read, audit, audit.population_position).rows]
    if population_sha256(known) != audit.population_sha256:
        return "other_population"
    same = draw(audit.seed, known, len(audit.sampled_episodes)) == tuple(audit.sampled_episodes)
    return "same" if same else "other_sample"


def population(read: Reading, audit: AuditRow, position: int | None) -> Answer[PopulationRow]:
    """The episodes that the audit may draw, as known at the position; now without one."""
    place = {"unit": audit.unit_id} if audit.unit_id else {"area": audit.area}
    return read.audit_population(audit.service, audit.covers_from, audit.covers_to, **place, as_of=position)
