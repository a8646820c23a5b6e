"""A register with a sealer, and what its office hands out: checkpoints, keys, bundles; and what may be done to those.

Never here: assertions about what a bundle should hold.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from api.evidence import Asked, made_again, make_bundle
from domain.ledger.identity import new_id
from domain.ledger.proof.bundle import MANIFEST, BundleManifest, Listed
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.note import SignerKey, VerifierKey
from domain.ledger.proof.report import Report
from domain.ledger.sealing.keyfiles import file_name, new_key, write_key
from domain.ledger.sealing.working import Workshop
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.facts import LogKeyPurpose
from domain.registry import REGISTRY
from tests.domain.desk import Desk

NAMES = frozenset([*REGISTRY.facts, *REGISTRY.upcasters])
Files = dict[str, bytes]


class Office:
    """An open register that is sealed when it is told to be."""

    def __init__(self, dsn: str, register: str, folder: Path) -> None:
        self.desk = Desk(dsn, register)
        self.desk.open()
        self.dsn, self.register, self.folder = dsn, register, folder
        self.workshop = Workshop(state=folder / "sealer", keys=folder / "keys")
        self.origin = f"jaksokirja/{register}"
        self.notes: dict[int, bytes] = {}

    def key(self) -> SignerKey:
        """A new key that signs checkpoints from here on."""
        key = new_key("checkpoints", self.origin)
        write_key(self.workshop.keys / file_name("checkpoints", key), key)
        at = self.desk.last_position() + 1
        told = AdoptLogKey(verifier_key=str(key.verifier()), purpose=LogKeyPurpose.CHECKPOINTS, from_size=at)
        self.desk.do(self.desk.register_id, told)
        return key

    def seal(self) -> Checkpoint:
        """Sign what is new; the note is kept."""
        with self.workshop.sealer(self.dsn, self.register) as sealer:
            checkpoint = sealer.seal()
            assert checkpoint is not None
            self.notes[checkpoint.size] = sealer._store.last_note() or b""
        return checkpoint

    def bundle(self, episode: UUID, **asked: Any) -> Path:
        """A bundle of the episode, in English and as of now unless asked otherwise."""
        path = self.folder / f"{new_id()}.zip"
        told = {"as_of": self.desk.last_position(), "language": "en", "with_words": True, **asked}
        make_bundle(self.desk.book, self.dsn, Asked(episode=episode, **told), path)
        return path


@dataclass(frozen=True, slots=True)
class Auditor:
    """Somebody who holds keys and checkpoints."""

    keys: tuple[VerifierKey, ...] = ()
    checkpoints: tuple[bytes, ...] = ()

    def verify(self, path: Path) -> Report:
        """What the verifier says of the bundle. Raises ProofFault."""
        return verify_files(path, Trust(self.keys, self.checkpoints), Options(names=NAMES, made_again=made_again()))

    def code(self, path: Path) -> str:
        """What is wrong with it, by its code, whether it was refused or verified; "sound" when nothing is."""
        try:
            finding = self.verify(path).finding
        except ProofFault as fault:
            return fault.code
        return finding.code if finding else "sound"


def files_of(path: Path) -> Files:
    """The files of a zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, path: Path) -> Path:
    """The files in a new zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def relisted(files: Files, **changes: Any) -> None:
    """Have the manifest list the files as they are now, and say what else is wanted: as a careful forger does it."""
    manifest = BundleManifest.parse(files[MANIFEST])
    told = {name: getattr(manifest, name) for name in BundleManifest.__slots__} | changes
    told["files"] = {name: Listed.of(data) for name, data in files.items() if name != MANIFEST}
    files[MANIFEST] = BundleManifest(**told).to_bytes()


def names_like(files: Files, folder: str) -> list[str]:
    """The names of the files in a folder, in order."""
    return sorted(name for name in files if name.startswith(f"{folder}/"))


Forging = Callable[[Files], None]


def forged(path: Path, into: Path, forge: Forging, **manifest: Any) -> Iterator[Path]:
    """The bundle with its files changed, once as its manifest then lies, once with the manifest made to fit."""
    files = files_of(path)
    forge(files)
    yield zipped(files, into / "unlisted.zip")
    relisted(files, **manifest)
    yield zipped(files, into / "relisted.zip")
