"""`jaksokirja feedback`: feedback and what became of it; with --scores, the scores of surveys and feedback over time.

Never here: comments.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from projections.answers import Answer
from projections.queries import Reading
from projections.reviews import FeedbackBy
from scripts.commandline import options
from scripts.commandline.figures import Asked, footer, position_of, register_read, show_explained
from scripts.commandline.labels import label
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)
COLUMNS = ("feedback", "handled_feedback", "handled_in_team", "led_to_change", "median_days_to_handling")
SCORES = ("service", "unit_id", "area", "question", "period", "given", "answers", "mean_score")
NUMBERS = frozenset({*COLUMNS, "answers", "mean_score"})


@app.command()
def feedback(
    *,
    by: Annotated[FeedbackBy, typer.Option(help="What to count by.")] = "service",
    scores: Annotated[bool, typer.Option("--scores", help="Scores by question and quarter instead.")] = False,
    as_of: options.AsOf = None,
    on: options.OnDay = None,
    first: options.FromDay = None,
    last: options.ToDay = None,
    register: options.RegisterName = None,
    explain: options.Explain = False,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Feedback: how much was handled and led to a change; with --scores, scores over time and their events."""
    asked = Asked(
        by=by, register=register, as_of=as_of, on=on, first=first, last=last, as_json=as_json, explain=explain,
        lang=options.language(lang),
    )  # fmt: skip
    with register_read(register) as (name, read):
        answer = _answer(read, asked, by, scores=scores)
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    elif explain and not scores:
        show_explained(answer, lang)
    elif scores:
        _print(
            asked,
            answer,
            SCORES + (("event_positions",) if explain else ()),
            f"{label('title', 'scores', lang)}: {name}",
        )
    else:
        _print(asked, answer, ("group_key", *COLUMNS), f"{label('title', 'feedback', lang)}: {name}")


def _answer(read: Reading, asked: Asked, by: FeedbackBy, *, scores: bool) -> Answer[Any]:
    world: dict[str, Any] = {"on_day": asked.on_day, "as_of": position_of(read, asked.as_of)}
    if scores:
        return read.scores(*asked.period, **world)
    return (
        read.feedback_explain(by, *asked.period, **world)
        if asked.explain
        else read.feedback(by, *asked.period, **world)
    )


def _print(asked: Asked, answer: Answer[Any], names: tuple[str, ...], title: str) -> None:
    heads = [
        Column(
            label("group", asked.by, asked.lang) if name == "group_key" else label("column", name, asked.lang),
            number=name in NUMBERS,
        )
        for name in names
    ]
    rows = [[getattr(row, name) for name in names] for row in answer.rows]
    show(console(), title, heads, rows, footer=footer(answer, asked.lang))
