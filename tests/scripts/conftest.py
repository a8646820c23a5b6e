"""Registers into which a whole history has been imported once, and the command line run on them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.settings import PROJECT
from domain.ledger.book import Book
from domain.ledger.migrate import create_register
from projections.rebuild import start_up
from scripts.commandline.main import app
from scripts.commandline.session import keyring_of
from scripts.demonstration.history import FOLDER
from scripts.legacy.importing import import_export
from scripts.legacy.report import Report

RunCommand = Callable[..., Result]


@dataclass(frozen=True, slots=True)
class Imported:
    """A register with a history in it, and what its import reported."""

    dsn: str
    register: str
    folder: Path
    report: Report
    book: Book


@pytest.fixture
def book(register: tuple[str, str]) -> Iterator[Book]:
    """The book of an empty register."""
    book = Book(*register, keyring=keyring_of(*register))
    yield book
    book.close()


def _imported(dsn: str, register: str, folder: Path) -> Iterator[Imported]:
    create_register(dsn, register)
    book = Book(dsn, register, keyring=keyring_of(dsn, register))
    report = import_export(folder, book)
    start_up(dsn, register)
    yield Imported(dsn, register, folder, report, book)
    book.close()


@pytest.fixture(scope="session")
def demonstration(postgres: str) -> Iterator[Imported]:
    """The demonstration history, imported once. Tests may not write into it."""
    yield from _imported(postgres, f"demonstration-{os.getpid()}", FOLDER)


@pytest.fixture(scope="session")
def kymenlaakso(postgres: str) -> Iterator[Imported]:
    """The area's own export, imported once; it is not part of the project."""
    folder = Path(os.environ.get("JAKSOKIRJA_LEGACY_DATA") or PROJECT.parent / "shared" / "data" / "kymenlaakso")
    if not folder.is_dir():
        pytest.skip("the area's own export is not here: JAKSOKIRJA_LEGACY_DATA may name its folder")
    yield from _imported(postgres, f"kymenlaakso-{os.getpid()}", folder)


@pytest.fixture
def jaksokirja(postgres: str, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs the command line on the tests' server."""
    monkeypatch.setenv("JAKSOKIRJA_DSN", postgres)
    monkeypatch.setenv("COLUMNS", "100")
    runner = CliRunner()

    def run(*words: str | Path) -> Result:
        return runner.invoke(app, [str(word) for word in words])

    return run
