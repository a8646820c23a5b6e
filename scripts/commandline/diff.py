"""`jaksokirja diff`: what changed in any figure between two moments, and which events changed it.

Never here: how that is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from pydantic_core import to_jsonable_python

from projections.comparing.attribution import EventKind
from projections.comparing.difference import (
    FIGURES,
    Difference,
    FigureChange,
    GroupChange,
    Moment,
    Progress,
    Wanted,
    difference,
    moment_of,
    told,
)
from projections.queries import Reading, UnknownGrouping
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.figures import Asked, position_within, register_read
from scripts.commandline.labels import label
from scripts.commandline.progress import bar
from scripts.commandline.tables import Cell, Column, cell, console, show

app = typer.Typer(add_completion=False)
COLUMNS = ("group", "what", "before", "after", "events")
NUMBERS = frozenset({"before", "after"})
POSITIONS_SHOWN = 8

Since = Annotated[str, typer.Option("--from", metavar="TIME|POSITION", help="The earlier moment: what was known then.")]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME|POSITION", help="The later one. Without it: now.")]
Figures = Annotated[
    list[str] | None, typer.Option("--figure", metavar="NAME", help=f"Only these: {', '.join(FIGURES)}.")
]
By = Annotated[str | None, typer.Option("--by", help="What the one --figure is counted by.")]
OnDay = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="As it was in the world on that day, both times. Else: each on its own."),
]
First = Annotated[str | None, typer.Option("--counted-from", metavar="DATE", help="The first day that is counted.")]
Last = Annotated[str | None, typer.Option("--counted-to", metavar="DATE", help="The last day that is counted.")]
Service = Annotated[str | None, typer.Option("--service", metavar="CODE", help="Quality, scores, audits: only of it.")]


@app.command()
def diff(
    *,
    since: Since,
    until: Until = None,
    figure: Figures = None,
    by: By = None,
    on: OnDay = None,
    counted_from: First = None,
    counted_to: Last = None,
    service: Service = None,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Tell what changed in any figure between two moments, and by which events: entered late, corrected, struck out,
    new, or the clock's. --json lists every row that changed, as it was and as it is."""
    options.language(lang)
    asked = Asked(by="", first=counted_from, last=counted_to)
    first, last = asked.period_if_named
    wanted = Wanted(figures=_figures(figure), by=by, first=first, last=last, service=service)
    if by is not None and len(wanted.figures) != 1:
        raise CommandFault("--by: say of which one figure, with --figure.", "bad_grouping")
    with register_read(register) as (name, read):
        moments = _moments(read, since, until, on)
        with bar("Comparing", "figures") as progress:
            found = _difference(read, moments, wanted, progress)
    if as_json:
        told_all = {"register": name, **told(found)}
        typer.echo(json.dumps(to_jsonable_python(told_all), ensure_ascii=False, indent=2))
    else:
        _print(name, found, lang)


def word(section: str, name: str, lang: str) -> str:
    """The words that figures share, else this command's own."""
    shared = name if section == "diff" else label(section, name, lang)
    return shared if shared != name else label(section, name, lang, page="moments")


def _figures(named: Sequence[str] | None) -> Sequence[str]:
    unknown = [name for name in named or () if name not in FIGURES]
    if unknown:
        raise CommandFault(f"--figure: there is no {unknown[0]}. There is: {', '.join(FIGURES)}.", "unknown_figure")
    return tuple(named or ())


def _moments(read: Reading, since: str, until: str | None, on: str | None) -> tuple[Moment, Moment]:
    """Raises CommandFault when the later moment is the earlier one."""
    head = read.reflected().head
    moments = [_moment(read, since, "--from"), _moment(read, until or str(head), "--to")]
    if until is not None and moments[0].is_after(moments[1]):
        raise CommandFault("--to lies before --from.", "bad_time")
    if on is not None:
        moments = [replace(moment, on_day=options.day_of(on, "--on")) for moment in moments]
    elif until is None:
        moments[1] = replace(moments[1], on_day=options.today())
    return moments[0], moments[1]


def _moment(read: Reading, text: str, option: str) -> Moment:
    if text.isdecimal() and len(text) <= 18:
        position = position_within(int(text), read.reflected().head, remedy="Without --to it is compared with now.")
        return moment_of(read, position, options.today())
    return moment_of(read, options.moment_of(text, option), options.today())


def _difference(read: Reading, moments: tuple[Moment, Moment], wanted: Wanted, progress: Progress) -> Difference:
    try:
        return difference(read, *moments, wanted, progress=progress)
    except UnknownGrouping:
        there = ", ".join(filter(None, FIGURES[wanted.figures[0]].by)) or "nothing"
        message = f"--by: {wanted.figures[0]} is not counted by {wanted.by}; by {there}."
        raise CommandFault(message, "bad_grouping") from None


def _print(register: str, found: Difference, lang: str) -> None:
    period = " → ".join(f"{moment.position}, {cell(moment.on_day)}" for moment in (found.since, found.until))
    to = console()
    to.print(word("diff", "title", lang).format(register=register, period=period), style="bold", markup=False)
    columns = [Column(word("diff", name, lang), number=name in NUMBERS) for name in COLUMNS]
    for change in found.figures:
        if change.groups:
            grouped = f" ({word('group', change.by, lang)})" if change.by else ""
            title = f"{word('title', change.figure.replace('-', '_'), lang)}{grouped}"
            show(to, title, columns, list(_lines(change, lang)))
    same = [one.figure for one in found.figures if not one.groups]
    if same:
        to.print(word("diff", "same", lang).format(figures=", ".join(same)), style="dim", markup=False)


def _lines(change: FigureChange, lang: str) -> Iterator[tuple[Cell, ...]]:
    """A line for each column that changed in a group; the first says which group, and which events changed it."""
    for group in change.groups:
        named: tuple[Cell, Cell] = (_group(group, lang), _events(group, lang))
        for name in _changed(group):
            before, after = ((side or {}).get(name) for side in (group.before, group.after))
            yield named[0], word("column", name, lang), before, after, named[1]
            named = ("", "")


def _changed(group: GroupChange) -> list[str]:
    columns = group.after or group.before or {}
    before, after = group.before or {}, group.after or {}
    skipped = {*group.group, "event_positions"}
    return [name for name in columns if name not in skipped and before.get(name) != after.get(name)]


def _group(group: GroupChange, lang: str) -> str:
    return " · ".join(cell(value) for value in group.group.values()) or word("group", "all", lang)


def _events(group: GroupChange, lang: str) -> str:
    """The kinds of events, and their positions, the first few of each."""
    said = []
    for kind in EventKind:
        positions = [event.position for event in group.events if event.kind is kind]
        more = f" +{len(positions) - POSITIONS_SHOWN}" if len(positions) > POSITIONS_SHOWN else ""
        if positions:
            listed = ", ".join(map(str, positions[:POSITIONS_SHOWN]))
            said.append(f"{word('diff', kind.value, lang)} {listed}{more}")
    return "; ".join(said)
