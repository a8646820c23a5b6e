"""Checks files of service models as their designer has them, also beside the catalogue, before anything is published.

Never here: what is right for one service only; anything that a register holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.catalogue.faults import CatalogueFault, Problem
from domain.catalogue.loader import MODELS, clash_of, load_model, rule_problems, with_frames
from domain.catalogue.model import ServiceModel

Placed = tuple[Path, ServiceModel]


def check_files(paths: Sequence[Path], folder: Path = MODELS) -> tuple[list[ServiceModel], list[Problem]]:
    """The models of the files that are in order, frames resolved, and all that is wrong with the others.

    A file is checked together with the catalogue: for a version that stands there already it takes its place.
    """
    folder = folder.resolve()
    given, problems = _read(paths)
    checked = {path.resolve() for path in paths}
    drafts = [model.reference for path, model in given if path.resolve().parent != folder]
    there = [placed for placed in _readable(folder, checked) if placed[1].reference not in drafts]
    sound: list[ServiceModel] = []
    for number, (path, model) in enumerate(given):
        others = [*there, *given[:number], *given[number + 1 :]]
        found = list(_clashes(path, model, others))
        try:
            resolved = with_frames(model, [model, *(other for _, other in others)])
        except CatalogueFault as fault:
            found += [Problem(str(path), _line_of(path, "frame"), problem.words) for problem in fault.problems]
        else:
            found += [Problem(str(path), problem.line, problem.words) for problem in rule_problems(path, resolved)]
            sound += [] if found else [resolved]
        problems += found
    return sound, problems


def _read(paths: Sequence[Path]) -> tuple[list[Placed], list[Problem]]:
    given: list[Placed] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            given.append((path, load_model(path)))
        except CatalogueFault as fault:
            problems += [Problem(str(path), problem.line, problem.words) for problem in fault.problems]
        except OSError as error:
            problems.append(Problem(str(path), None, f"the file cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            problems.append(Problem(str(path), None, "the file is not text in UTF-8"))
    return given, problems


def _readable(folder: Path, checked: set[Path]) -> Iterator[Placed]:
    """The other files of the catalogue that can be read; the faults of the rest are told when those are checked."""
    for path in sorted(path for path in folder.glob("*.toml") if path.resolve() not in checked):
        try:
            yield path, load_model(path)
        except CatalogueFault:
            continue


def _clashes(path: Path, model: ServiceModel, others: Sequence[Placed]) -> Iterator[Problem]:
    for place, other in others:
        if model.service != other.service:
            continue
        first, second = sorted((model, other), key=lambda one: (one.valid_from, one.model_version))
        words = clash_of(first, second)
        if words is not None:
            field = "model_version" if model.reference == other.reference else "valid_to" if first is model else ""
            line = _line_of(path, field) or _line_of(path, "valid_from")
            yield Problem(str(path), line, words if second is model else f"{place.name}: {words}")


def _line_of(path: Path, field: str) -> int | None:
    """The line of the file's head that gives the field."""
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if field and re.match(rf"{field}\s*=", line)), None)
