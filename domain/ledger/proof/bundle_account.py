"""What people read in a bundle, compared byte for byte with what its records make.

Never here: how it is made (the auditor's own release brings that), the records' own soundness.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.ledger.proof.bundle import WORDS, Bundle
from domain.ledger.proof.findings import Finding, Refuted
from domain.ledger.proof.given import MadeAgain, ToldBundle
from domain.ledger.submission import StoredRecord


def compare(bundle: Bundle, records: Sequence[StoredRecord], again: MadeAgain | None) -> None:
    """Raises Refuted at a file that is not what is made again; nothing is compared where nothing can make it."""
    if again is None:
        return
    for name, data in again.make(ToldBundle(bundle.manifest, tuple(records), bundle.read(WORDS))).items():
        if bundle.read(name) != data:
            words = f"{name} is not what the records make: {_why(bundle.manifest.made_with, again.made_with)}."
            raise Refuted(Finding("account_differs", words))


def _why(made: str, this: str) -> str:
    if made == this:
        return "it was changed"
    return f"it was changed, or this is another release ({this}) than the one that made it ({made[:80]!r})"
