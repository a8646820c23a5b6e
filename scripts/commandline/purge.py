"""`jaksokirja purge`: which evidence bundles among files tell in words what the ledger can no longer read.

They were made by us and lie where nobody but their owner can destroy them. Nothing is deleted here. Exports hold
ciphertext alone, and are not looked at. Never here: what a bundle says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.account_words import Words
from domain.ledger.book import Book
from domain.ledger.proof.archive import archive_at
from domain.ledger.proof.bundle import MANIFEST, WORDS, Bundle, record_name
from domain.ledger.proof.faults import ProofFault
from domain.ledger.record import unpack
from scripts.commandline import options
from scripts.commandline.session import book_of, database, register_meant

app = typer.Typer(add_completion=False)
FOUND = 1


@app.command("purge")
def purge(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Bundles, and folders to search for them.")],
    register: options.RegisterName = None,
) -> None:
    """List the bundles to be destroyed by hand: they tell what was destroyed or restricted. Exit status 1 if any.

    A file that looks like a bundle and cannot be read is listed too, and why.
    """
    with database() as dsn, book_of(dsn, register_meant(dsn, register)) as book:
        found = [line for path in _bundles(paths) if (line := _told(book, path)) is not None]
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(FOUND)
    typer.echo("None of them tells what was destroyed or restricted.")


def _bundles(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir() and not (path / MANIFEST).exists():
            yield from sorted(path.rglob("*.zip"))
            yield from sorted(manifest.parent for manifest in path.rglob(MANIFEST))
        else:
            yield path


def _told(book: Book, path: Path) -> str | None:
    try:
        archive = archive_at(path)
        if not archive.has(MANIFEST):
            return None  # an export, or nothing of ours
        bundle = Bundle(path, archive)
        count = sum(1 for _ in _no_longer_read(book, bundle))
    except (ProofFault, ValueError) as fault:
        return f"{path}: cannot be read ({fault}); look at it yourself"
    return f"{path}: {count} entries whose content is read no more; destroy it, and every copy" if count else None


def _no_longer_read(book: Book, bundle: Bundle) -> Iterator[int]:
    """The positions whose words are told there, and withheld here. Raises ProofFault, ValueError."""
    if bundle.manifest.origin != book.ledger.origin() or not bundle.has(WORDS):
        return
    records = [unpack(bundle.read(record_name(position)))[1] for position in bundle.positions()]
    words = Words.parse(bundle.read(WORDS), records)
    for record in records:
        told = {name for name, word in words.of(record.position).items() if word.text is not None}
        if told and told & book.safe.entries([record])[0].fact.withheld.keys():
            yield record.position
