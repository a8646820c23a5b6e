"""`jaksokirja catalogue`: the service models as their files say: listed, shown, checked, published to a register.

Never here: what a model must be (`domain.catalogue`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from domain.catalogue.checking import check_files
from domain.catalogue.loader import load_catalogue, model_in_force
from domain.catalogue.model import ServiceModel
from domain.fact import JsonObject
from scripts.commandline import options
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.commandline.limits import words_in
from scripts.commandline.model_page import print_model
from scripts.commandline.publishing import Published, models_named, publish
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Column, console, show

app = typer.Typer(add_completion=False)
NUMBERS = frozenset({"Version", "Must", "Norm", "Info"})


@app.callback(invoke_without_command=True)
def catalogue(context: typer.Context, as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List, show, check and publish the service models of the catalogue. Alone, it lists them."""
    if context.invoked_subcommand is None:
        _list(as_json, lang)


@app.command("list")
def listing(as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List every version of every service model."""
    _list(as_json, lang)


@app.command("show")
def showing(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="The service's code, such as P8.")],
    version: Annotated[int | None, typer.Option("--version", metavar="N", help="That version.")] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="The version in force on that day; else today, or the last."),
    ] = None,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Print a service model as a readable page: its card, and its rules with their sources."""
    options.language(lang)
    models = load_catalogue()
    day = options.day_of(on, "--on") if on else None
    model = _meant(models_named([service], models), version, day)
    if as_json:
        typer.echo(json.dumps(_as_json(model), ensure_ascii=False, indent=2))
    else:
        print_model(console(), model, models, lang)


@app.command("check")
def checking(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of service models, in TOML.")],
) -> None:
    """Tell what is wrong with files of service models, by file and line. Writes nothing."""
    sound, problems = check_files(files)
    for model in sound:
        typer.echo(f"{model.service} version {model.model_version}: in order, {len(model.rules)} rules.")
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(FAILURE)


@app.command("publish")
def publishing(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE[.VERSION]]…", help="Which; else the whole catalogue.")
    ] = None,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
) -> None:
    """Publish to a register what is not published there yet. What is published never changes."""
    models = models_named(names or [], load_catalogue())
    with database() as dsn:
        name = register_meant(dsn, register)
        with book_of(dsn, name) as book:
            done = list(publish(book, models))
    if as_json:
        told = [{"service": one.service, "model_version": one.model_version, "done": one.done} for one in done]
        typer.echo(json.dumps({"register": name, "models": told}, ensure_ascii=False, indent=2))
    else:
        _tell(name, done)
    if any(one.done == "differs" for one in done):
        raise typer.Exit(FAILURE)


def _meant(versions: Sequence[ServiceModel], version: int | None, day: dt.date | None) -> ServiceModel:
    """Of a service's versions the one asked for; without asking, that of today, else the last. Raises CommandFault."""
    service = versions[0].service
    if version is not None:
        found = next((model for model in versions if model.model_version == version), None)
        asked = f"version {version}"
    else:
        found = model_in_force(versions, service, day or options.today())
        found = found or (versions[-1] if day is None else None)
        asked = f"version in force on {day}"
    if found is None:
        there = ", ".join(f"{model.model_version} ({_validity(model)})" for model in versions)
        raise CommandFault(f"{service} has no {asked}. It has: {there}.", "unknown_model")
    return found


def _validity(model: ServiceModel) -> str:
    return f"from {model.valid_from}" + (f" to {model.valid_to}" if model.valid_to else "")


def _as_json(model: ServiceModel) -> JsonObject:
    return {**model.content(), "content_sha256": model.content_sha256()}


def _list(as_json: bool, lang: str) -> None:
    options.language(lang)
    models = load_catalogue()
    if as_json:
        typer.echo(json.dumps([_as_json(model) for model in models], ensure_ascii=False, indent=2))
        return
    word = words_in(lang)
    rows = []
    for model in models:
        strengths = Counter(rule.strength.value for rule in model.rules)
        counts = (strengths["must"], strengths["norm"], strengths["info"])
        card = (model.service, model.model_version, getattr(model.names, lang), word("area", model.area))
        rows.append((*card, model.valid_from, model.valid_to, *counts))
    headers = ("Service", "Version", "Name", "Area", "From", "To", "Must", "Norm", "Info")
    columns = [Column(header, number=header in NUMBERS) for header in headers]
    show(console(), "Service models; rules by strength", columns, rows)


def _tell(register: str, done: Sequence[Published]) -> None:
    for title, what in (("Published", "published"), ("Published earlier", "published_earlier")):
        told = ", ".join(f"{one.service}.{one.model_version}" for one in done if one.done == what)
        typer.echo(f"{title} in {register}: {told or 'nothing'}.")
    for one in done:
        version = f"{one.service}.{one.model_version}"
        if one.done == "without_end":
            typer.echo(
                f"{version} stands in {register} without a last day: it is in force until a later version begins."
            )
        elif one.done == "differs":
            what = f"publish the new content as version {one.model_version + 1}"
            typer.echo(f"{version} stands in {register} with other content, and was left so: {what}.", err=True)
