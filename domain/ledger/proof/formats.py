"""What `verify` can be given as files, told apart by the manifest that stands in them; one line a format.

Never here: how a format is verified.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from domain.ledger.proof import bundle
from domain.ledger.proof.archive import Archive, archive_at
from domain.ledger.proof.bundle import Bundle
from domain.ledger.proof.bundle_checks import verify_bundle
from domain.ledger.proof.export import MANIFEST, Export
from domain.ledger.proof.faults import MalformedExport
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.report import Report
from domain.ledger.proof.verify import verify

Verifier = Callable[[Path, Archive, Trust, Options], Report]


def _export(path: Path, archive: Archive, trust: Trust, options: Options) -> Report:
    return verify(Export(path, archive), trust, options)


def _bundle(path: Path, archive: Archive, trust: Trust, options: Options) -> Report:
    return verify_bundle(Bundle(path, archive), trust, options)


VERIFIERS: dict[str, Verifier] = {MANIFEST: _export, bundle.MANIFEST: _bundle}
"""Each manifest's file name, and what verifies the files beside it."""


def verify_files(path: Path, trust: Trust, options: Options) -> Report:
    """Verify a folder or a zip of any format. Raises ProofFault when it is none, or what is brought is unsound."""
    archive = archive_at(path)
    found = [manifest for manifest in VERIFIERS if archive.has(manifest)]
    if len(found) == 1:
        return VERIFIERS[found[0]](path, archive, trust, options)
    if found:
        raise MalformedExport(f"{path.name} holds {' and '.join(found)}: it is one or the other")
    raise MalformedExport(f"{path.name} holds none of {', '.join(VERIFIERS)}: it is nothing that can be verified")
