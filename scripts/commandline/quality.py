"""`jaksokirja report quality`: the quality review of one service and period, and what each figure stands on.

Never here: what a measure counts (projections/quality_review.sql).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from projections.answers import Answer, QualityReviewCase, QualityReviewRow
from scripts.commandline import options
from scripts.commandline.figures import Asked, footer, position_of, register_read
from scripts.commandline.labels import label
from scripts.commandline.tables import Column, cell, console, show

ServiceCode = Annotated[str, typer.Option("--service", metavar="CODE", help="The service, for example K2.")]
FirstDay = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day counted.")]
LastDay = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day counted.")]
FIGURES = ("cases", "kept_cases", "kept_percent", "median_days", "percentile_90_days")
BENEATH = ("measure", "stream_id", "item", "happened_on", "kept", "days", "event_positions")


def quality(
    *,
    service: ServiceCode,
    first: FirstDay,
    last: LastDay,
    register: options.RegisterName = None,
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """The quality review of a service: what was kept of what should be, how long each step took, areas and units."""
    asked = Asked(by="", register=register, as_of=as_of, on=on, first=first, last=last, lang=options.language(lang))
    with register_read(register) as (name, read):
        world: dict[str, Any] = {"as_of": position_of(read, as_of), "on_day": asked.on_day}
        review = read.quality_review(service, *asked.period, **world)
        cases = read.quality_review_explain(service, *asked.period, **world) if explain else None
    if as_json:
        typer.echo(json.dumps(_as_json(name, service, asked, review, cases), ensure_ascii=False, indent=2))
        return
    if cases is not None:
        _print_cases(asked, cases)
    _print(name, service, asked, review)


def _as_json(
    register: str,
    service: str,
    asked: Asked,
    review: Answer[QualityReviewRow],
    cases: Answer[QualityReviewCase] | None,
) -> dict[str, Any]:
    first, last = asked.period
    said = {"register": register, "service": service, "from": first.isoformat(), "to": last.isoformat()}
    told = {} if cases is None else {"cases": cases.model_dump(mode="json")["rows"]}
    return {**said, **review.model_dump(mode="json"), **told}


def _print(register: str, service: str, asked: Asked, review: Answer[QualityReviewRow]) -> None:
    lang = asked.lang
    columns = [Column(label("column", name, lang)) for name in ("measure", "group")]
    columns += [Column(label("column", name, lang), number=True) for name in FIGURES]
    rows = [
        (label("measure", row.measure, lang), _group(row, lang), *(getattr(row, name) for name in FIGURES))
        for row in review.rows
    ]
    period = "–".join(map(cell, asked.period))
    title = f"{label('title', 'quality', lang)}: {service}, {period}, {register}"
    show(console(), title, columns, rows, footer=footer(review, lang))


def _group(row: QualityReviewRow, lang: str) -> str:
    if row.grouped_by == "all":
        return label("group", "all", lang)
    return f"{label('group', row.grouped_by, lang)}: {cell(row.group_key)}"


def _print_cases(asked: Asked, cases: Answer[QualityReviewCase]) -> None:
    lang = asked.lang
    rows = [
        (label("measure", row.measure, lang), *(getattr(row, name) for name in BENEATH[1:-1]),
         [str(position) for position in row.event_positions])
        for row in cases.rows
    ]  # fmt: skip
    columns = [Column(label("column", name, lang)) for name in BENEATH]
    show(console(), label("title", "explained", lang), columns, rows)
