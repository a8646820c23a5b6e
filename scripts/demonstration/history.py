"""Imports the demonstration history into a ledger that is still empty.

Never here: how the history was made.
"""

from __future__ import annotations

from pathlib import Path

from domain.ledger.book import Book
from scripts.legacy.importing import Progress, import_export
from scripts.legacy.report import Report

FOLDER = Path(__file__).parent / "kymenlaakso"
"""The export to import."""


def import_into_empty(book: Book, unfinished: Path, progress: Progress | None = None) -> Report | None:
    """Import it unless the register holds anything already: then None, and nothing is changed.

    The file `unfinished` is there while an import runs: one that was cut off half-way is taken up again.
    """
    if book.ledger.head()[0] > 0 and not unfinished.exists():
        return None
    unfinished.touch()
    report = import_export(FOLDER, book, progress)
    unfinished.unlink()
    return report
