"""Reads service models from their TOML files and checks them, one file a version.

A fault names the file, the line where it can be told, and what is wrong in a service designer's words. Every fault
of a file is told at once. Frames are resolved here: the rules of a frame enter the models that name it.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.catalogue.acts import what_is_wrong, with_acts
from domain.catalogue.faults import CatalogueFault, Problem
from domain.catalogue.meetable import RuleFault, faults_of
from domain.catalogue.model import ServiceModel
from domain.catalogue.wording import line_in_rule, line_of, line_of_field, words_of
from domain.consequence import ModelReference
from domain.rules.kinds import Rule

MODELS = Path(__file__).parent / "models"


def load_model(path: Path) -> ServiceModel:
    """One model as its file says, frames not yet resolved. Raises CatalogueFault."""
    source = path.read_text("utf-8")
    try:
        raw: dict[str, Any] = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise CatalogueFault([Problem(path.name, line, f"not readable as TOML: {error}")]) from None
    try:
        model = ServiceModel.model_validate(raw)
    except ValidationError as error:
        problems = [
            Problem(path.name, line_of(source, raw, fault), words_of(raw, fault))
            for fault in error.errors(include_url=False)
        ]
        raise CatalogueFault(list(dict.fromkeys(problems))) from None
    if wrong := list(what_is_wrong(model)):
        raise CatalogueFault([Problem(path.name, line_of_field(source, *place), words) for *place, words in wrong])
    expected = f"{model.service}.{model.model_version}.toml"
    if path.name != expected and path.resolve().parent == MODELS.resolve():
        raise CatalogueFault([Problem(path.name, None, f"holds {expected}: the file should be named so")])
    return model


def load_catalogue(folder: Path = MODELS) -> tuple[ServiceModel, ...]:
    """Every model of a folder, frames resolved, by service and version; the project's own are read once a process.

    Raises CatalogueFault.
    """
    return _own_catalogue() if folder == MODELS else _catalogue(folder)


@cache
def _own_catalogue() -> tuple[ServiceModel, ...]:
    return _catalogue(MODELS)


def _catalogue(folder: Path) -> tuple[ServiceModel, ...]:
    problems: list[Problem] = []
    paths: dict[ModelReference, Path] = {}
    models: list[ServiceModel] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            models.append(load_model(path))
            paths[models[-1].reference] = path
        except CatalogueFault as fault:
            problems += fault.problems
    if problems:
        raise CatalogueFault(problems)
    if found := list(_overlaps(models)):
        raise CatalogueFault(found)
    resolved = [with_frames(model, models) for model in models]
    if found := [problem for model in resolved for problem in rule_problems(paths[model.reference], model)]:
        raise CatalogueFault(found)
    return tuple(sorted(resolved, key=lambda model: (model.service, model.model_version)))


def with_frames(model: ServiceModel, models: Iterable[ServiceModel]) -> ServiceModel:
    """The model with the rules and acts of its frames, those ids prefixed with the frame's code. Raises CatalogueFault.

    A frame's version is the one in force on the model's first day. What the model is without is left out.
    """
    rules: list[Rule] = []
    available, frames = list(models), []
    for service in model.frame:
        frame = model_in_force(available, service, model.valid_from)
        if frame is None:
            words = f'the frame "{service}" has no version in force on {model.valid_from}'
            raise CatalogueFault([Problem(_file_of(model), None, words)])
        frames.append(frame)
        rules += [rule.model_copy(update={"id": f"{service}.{rule.id}"}) for rule in frame.rules]
    if unknown := sorted(set(model.without) - {rule.id for rule in rules}):
        words = f"without names no rule of a frame: {', '.join(unknown)}"
        raise CatalogueFault([Problem(_file_of(model), None, words)])
    kept = (*model.rules, *(rule for rule in rules if rule.id not in model.without))
    return with_acts(model, frames).model_copy(update={"rules": kept})


def rule_problems(path: Path, model: ServiceModel) -> list[Problem]:
    """What no service could do by the rules of a model whose frames are resolved; told at the file that it came from.

    A fault of a frame's rule is told at the line that names the frame.
    """
    source = path.read_text("utf-8")
    return [
        Problem(path.name, _line_of_rule(source, fault), f'rule "{fault.rule_id}": {fault.words}')
        for fault in faults_of(model)
    ]


def _line_of_rule(source: str, fault: RuleFault) -> int | None:
    if "." in fault.rule_id:
        return line_of_field(source, "frame")
    return line_in_rule(source, fault.rule_id, fault.field, fault.fact)


def model_in_force(models: Iterable[ServiceModel], service: str, day: dt.date) -> ServiceModel | None:
    """The version of the service that is in force on `day`, if there is one."""
    return next((model for model in models if model.service == service and model.in_force_on(day)), None)


def clash_of(one: ServiceModel, later: ServiceModel) -> str | None:
    """Why two models of one service, in the order of their first days, cannot both be; None when they can."""
    if one.model_version == later.model_version:
        return f"version {one.model_version} of {one.service} is there twice"
    if one.in_force_on(later.valid_from):
        return f"in force from {later.valid_from}, while version {one.model_version} is in force still"
    return None


def _overlaps(models: Sequence[ServiceModel]) -> Iterable[Problem]:
    ordered = sorted(models, key=lambda model: (model.service, model.valid_from, model.model_version))
    for one, later in pairwise(ordered):
        words = clash_of(one, later) if one.service == later.service else None
        if words is not None:
            yield Problem(_file_of(later), None, words)


def _file_of(model: ServiceModel) -> str:
    return f"{model.service}.{model.model_version}.toml"
