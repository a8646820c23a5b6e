"""`jaksokirja history`: one episode as a readable trail. Struck and corrected entries stay visible as such.

Never here: what a fact says (`api.texts`), anything sensitive.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.history import History, Told
from api.history import history as trail_of
from api.texts import Language
from domain.calendar import HELSINKI
from domain.fact import StreamKind
from domain.ledger.book import Book
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.figures import Asked, footer, position_of, position_within, register_read
from scripts.commandline.labels import label
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Column, cell, console, show
from scripts.legacy.naming import episode_of

app = typer.Typer(add_completion=False)


@app.command()
def history(
    episode: Annotated[str, typer.Argument(help="The episode's id, or its legacy row such as J00001.")],
    *,
    as_of: options.AsOf = None,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
    line: Annotated[
        bool, typer.Option("--line", help="Where it was and under which service, also before and after it.")
    ] = False,
    lang: options.Lang = "fi",
) -> None:
    """Tell one episode as a trail, struck and corrected entries visible as such."""
    language = Language(options.language(lang))
    if line:
        _print_line(episode, Asked(by="", register=register, as_of=as_of, as_json=as_json, lang=lang))
        return
    with database() as dsn:
        name = register_meant(dsn, register)
        with book_of(dsn, name) as book:
            position = position_meant(book, as_of)
            told = trail_of(book, episode_meant(name, episode), StreamKind.EPISODE, as_of=position, language=language)
            head = book.ledger.head()[0]
    if as_json:
        typer.echo(to_json(asdict(told), indent=2).decode())
    else:
        _print(console(), told, episode, head, lang)


def _print_line(episode: str, asked: Asked) -> None:
    """One line of history: a row for each stretch of days in one area and unit, under one service."""
    with register_read(asked.register) as (register, read):
        episode_id = episode_meant(register, episode)
        answer = read.line_of_episode(episode_id, as_of=position_of(read, asked.as_of))
    if not answer.rows:
        raise CommandFault(f"There is no episode {episode} in {register}.", "unknown_episode")
    if asked.as_json:
        typer.echo(answer.model_dump_json(indent=2))
        return
    names = ("since_on", "until_on", "service", "area", "unit_id", "episode_id", "closure_reason", "event_positions")
    columns = [Column(label("column", name, asked.lang)) for name in names]
    rows = [tuple(getattr(row, name) for name in names) for row in answer.rows]
    title = f"{label('title', 'line', asked.lang)}: {episode}"
    show(console(), title, columns, rows, footer=footer(answer, asked.lang))


def episode_meant(register: str, named: str) -> UUID:
    """The episode of that id, or of that row of a legacy export; whether it exists is not looked at."""
    try:
        return UUID(named)
    except ValueError:
        return episode_of(register, named.strip().upper())


def position_meant(book: Book, as_of: str | None) -> int:
    """The position that --as-of means; that of the last event without it. Raises CommandFault."""
    head = book.ledger.head()[0]
    if as_of is None:
        return head
    if as_of.isdecimal() and len(as_of) <= 18:
        return position_within(int(as_of), head)
    return book.ledger.position_at(options.moment_of(as_of, "--as-of"))


def _print(to: Console, told: History, named: str, head: int, lang: str) -> None:
    to.print(Text(f"{label('title', 'history', lang)} {named} ({told.stream_id})", style="bold"))
    lines = Table.grid(padding=(0, 2))
    lines.add_column(justify="right")
    lines.add_column(justify="right", no_wrap=True)
    lines.add_column()
    for entry in told.entries:
        day = cell(entry.occurred_at.astimezone(HELSINKI).date())
        lines.add_row(str(entry.version), day, Text("\n").join([_sentence(entry), *_remarks(entry, lang)]))
    to.print(lines)
    footer = label("footer", "as_of", lang).format(as_of=told.as_of, head=head)
    to.print(Text(f"{footer}{label('footer', 'no_lag', lang)}", style="dim"))


def _sentence(entry: Told) -> Text:
    style = "strike" if entry.struck_by else "italic" if entry.caused_by else ""
    mark = "↳ " if entry.caused_by else ""
    return Text(f"{mark}{entry.sentence}", style)


def _remarks(entry: Told, lang: str) -> list[Text]:
    """What became of the entry, where it came from, and what of it is not shown."""
    remarks = []
    if entry.struck_by is not None:
        remarks.append(label("footer", "struck", lang).format(entry=entry.struck_by))
    if entry.corrected_by is not None and entry.reads_now is not None:
        now = {name: value for name, value in entry.reads_now.items() if entry.fact.get(name) != value}
        changes = ", ".join(f"{name} = {value}" for name, value in now.items())
        remarks.append(label("footer", "corrected", lang).format(entry=entry.corrected_by, changes=changes or "–"))
    source = entry.provenance
    if source is not None and source.entered_at is not None:
        time = cell(source.entered_at.astimezone(HELSINKI))
        remarks.append(label("footer", "entered", lang).format(system=f"{source.system} {source.row_id}", time=time))
    return [Text(remark, "dim") for remark in remarks]
