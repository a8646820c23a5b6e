"""Every command has a test in which it is recorded and one in which it is refused.

The marks are kept honest by the desk: a mark whose command was not recorded (or refused) fails its own test.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.commands import COMMANDS, ON_EVERY_STREAM, AnyCommand

EVERY_COMMAND = sorted((*ON_EVERY_STREAM, *(c for each in COMMANDS.values() for c in each)), key=lambda c: c.__name__)


def marked(mark: str) -> Iterator[type[AnyCommand]]:
    """The commands that tests of this folder are marked with."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.domain.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_"):
                for marker in getattr(test, "pytestmark", []):
                    if marker.name == mark:
                        yield from marker.args


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: command.__name__)
def test_every_command_has_a_test_in_which_it_is_recorded(command: type[AnyCommand]) -> None:
    assert command in set(marked("covers")), (
        f"{command.__name__} is recorded in no test of this folder that says so: one is to be marked"
        f" @covers({command.__name__}), of tests/domain/marks.py"
    )


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: command.__name__)
def test_every_command_has_a_test_in_which_it_is_refused(command: type[AnyCommand]) -> None:
    assert command in set(marked("refuses")), (
        f"{command.__name__} is refused in no test of this folder that says so: one is to be marked"
        f" @refuses({command.__name__}), of tests/domain/marks.py"
    )
