"""`jaksokirja catalogue`: the service models of the catalogue, as their files say."""

from __future__ import annotations

import json
from collections import Counter

import typer

from domain.catalogue.loader import load_catalogue
from scripts.commandline import options
from scripts.commandline.tables import Column, console, show

app = typer.Typer()


@app.command()
def catalogue(as_json: options.AsJson = False, lang: options.Lang = "fi") -> None:
    """List the service models of the catalogue."""
    models = load_catalogue()
    if as_json:
        told = [{**model.content(), "content_sha256": model.content_sha256()} for model in models]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    rows = []
    for model in models:
        name = getattr(model.names, options.language(lang))
        strengths = Counter(rule.strength.value for rule in model.rules)
        counts = (strengths["must"], strengths["norm"], strengths["info"])
        rows.append((model.service, model.model_version, name, model.area, model.valid_from, model.valid_to, *counts))
    headers = ("Service", "Version", "Name", "Area", "From", "To", "Must", "Norm", "Info")
    numbers = {"Version", "Must", "Norm", "Info"}
    show(console(), "Service models; rules by strength", [Column(h, number=h in numbers) for h in headers], rows)
