"""Writes docs/vocabulary.md: every command, fact, code and setting, from the code's own words.

Never here: words of its own. Run `python -m scripts.vocabulary` after a change; a test compares.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

import domain.amend.correct_entry  # noqa: F401 -- a refusal of its own stands there
from api.settings import PREFIX, Settings
from domain.commands import COMMANDS, ON_EVERY_STREAM
from domain.refusal import Refusal
from domain.registry import REGISTRY
from scripts.codes import codes_of_api, codes_of_command_line

PAGE = Path(__file__).resolve().parent.parent / "docs" / "vocabulary.md"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(
        [
            "# Vocabulary",
            "",
            "Written by `python -m scripts.vocabulary` from the docstrings of the code; a test keeps it true.",
            *_commands(),
            *_section("Facts", "stored name", _facts()),
            *_section("Refusals", "code", _refusals()),
            *_section("Problems that the API tells beside them", "code", codes_of_api().items()),
            *_section("Faults that the command line tells beside them", "code", codes_of_command_line().items()),
            *_section("Settings", "variable", _settings()),
            "",
        ]
    )


def _commands() -> Iterator[str]:
    for kind, commands in COMMANDS.items():
        rows = ((command.command_name(), _sentence(command)) for command in commands)
        yield from _section(f"Commands of the {kind} stream", "command", rows)
    rows = ((command.command_name(), _sentence(command)) for command in ON_EVERY_STREAM)
    yield from _section("Commands of every stream", "command", rows)


def _facts() -> Iterator[tuple[str, str]]:
    for name, fact in REGISTRY.facts.items():
        yield name, _sentence(fact)
    for name in REGISTRY.upcasters:
        yield name, "An earlier version, read as the one after it."


def _refusals() -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        found[refusal.code] = _sentence(refusal)
    return sorted(found.items())


def _settings() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        default = ".data in the project" if name == "data" else "none" if field.default is None else field.default
        yield f"{PREFIX}{name.upper()}", f"{field.description} Default: {default}."


def _section(title: str, heading: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from ("", f"## {title}", "", f"| {heading} | |", "|---|---|")
    yield from (f"| `{name}` | {text} |" for name, text in rows)


def _sentence(of: type) -> str:
    return " ".join((inspect.getdoc(of) or "").split("\n\n")[0].split())


if __name__ == "__main__":
    main()
