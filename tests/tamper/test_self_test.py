"""`jaksokirja verify --self-test`: the trials as anybody can run them, on a server of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.commandline import self_test
from scripts.commandline.main import app
from scripts.tampering import table, trials
from scripts.tampering.scratch import Scratch
from scripts.tampering.table import HEADERS
from scripts.tampering.trials import WAYS


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three of the ways: all of them are tried elsewhere. The installation's database is out of reach."""
    monkeypatch.setattr(trials, "WAYS", WAYS[:3])
    monkeypatch.setenv("JAKSOKIRJA_DSN", "host=/nowhere")
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path / "data"))


@contextmanager
def _given(given: object, *_: object, **__: object) -> Iterator[object]:
    yield given


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", "--self-test", "--times", "1", "--seed", "7", *arguments])


@pytest.mark.usefixtures("few")
def test_tampers_with_a_register_of_its_own_and_prints_what_was_found() -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert all(way.told in done.output for way in WAYS[:3])
    assert "All that a checkpoint covers was found: 3 ways, 3 trials, seed 7." in done.output
    assert HEADERS[2].split()[0] in done.output


@pytest.mark.usefixtures("few")
def test_fails_and_says_what_was_missed(monkeypatch: pytest.MonkeyPatch, scratch: Scratch) -> None:
    for name, given in {"running": scratch.dsn, "create_register": None, "scratch_register": scratch}.items():
        monkeypatch.setattr(self_test, name, partial(_given, given))  # another server would tell nothing more
    monkeypatch.setattr(table, "failures", lambda tried: [f"{len(list(tried))} ways missed"])
    done = run("--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["sound"], told["seed"], told["wrong"]) == (False, 7, ["3 ways missed"])
    assert [way["way"] for way in told["ways"]] == [way.name for way in WAYS[:3]]
