"""The evidence bundle of one episode: its records verbatim, a proof for each, checkpoints, and what people read.

    bundle.json                          what is here: every other file with its length and SHA-256
    records/P.record                     the record at position P (12 digits), its stored bytes and nothing else
    proofs/P.tlog-proof                  its proof (C2SP tlog-proof) under the first checkpoint here that covers it
    checkpoints/S.checkpoint             the signed note of the checkpoint of S events, with all cosignatures
    consistency/S-N.hashes               that the log of N events extends that of S: hashes in base64, one a line
    keys/log.vkeys, keys/witnesses.vkeys public keys: to be compared with those that the reader holds
    models/K2.1.json                     a service model as it was published, cut out of its record
    account/…                            the readable account, and the words of sealed parts that its maker could read
    README.txt, verify.py                how to verify it without the software that made it, and a script that does

docs/formats.md is the page about it. Never here: what makes a bundle sound (bundle_checks.py), a database.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.ledger.proof.archive import Archive, ArchiveWriter
from domain.ledger.proof.bundle_lists import hashes_of
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.export import manifest_of
from domain.ledger.proof.faults import MalformedBundle, MalformedExport
from domain.ledger.proof.note import VerifierKey
from domain.ledger.proof.records import RECORD_LIMIT_BYTES
from domain.ledger.proof.tree import SIZE_LIMIT

FORMAT = "jaksokirja-bundle/1"
MANIFEST = "bundle.json"
LOG_KEYS, WITNESS_KEYS = "keys/log.vkeys", "keys/witnesses.vkeys"
WORDS = "account/words.json"
LANGUAGES = ("fi", "sv", "en")
MANIFEST_LIMIT_BYTES = 8 * 2**20
FILE_LIMIT = 30_000
TOTAL_LIMIT_BYTES = 128 * 2**20
"""A bundle lists at most so many files, of so many bytes together."""

_NUMBER = r"(\d{12}|[1-9]\d{12,18})"
_KINDS = {
    "record": re.compile(rf"records/{_NUMBER}\.record"),
    "proof": re.compile(rf"proofs/{_NUMBER}\.tlog-proof"),
    "checkpoint": re.compile(rf"checkpoints/{_NUMBER}\.checkpoint"),
    "consistency": re.compile(rf"consistency/{_NUMBER}-{_NUMBER}\.hashes"),
    "model": re.compile(r"models/([A-Z][0-9]{1,4}[a-z]?\.[1-9][0-9]{0,8})\.json"),
    "other": re.compile(
        r"keys/(?:log|witnesses)\.vkeys|account/(?:words\.json|account\.(?:html|pdf))|README\.txt|verify\.py"
    ),
}
_HASH = re.compile(r"[0-9a-f]{64}")


def record_name(position: int) -> str:
    """The file of the record at that position."""
    return f"records/{position:012}.record"


def proof_name(position: int) -> str:
    """The file of its proof."""
    return f"proofs/{position:012}.tlog-proof"


def checkpoint_name(size: int) -> str:
    """The file of the checkpoint of that size."""
    return f"checkpoints/{size:012}.checkpoint"


def consistency_name(older: int, newer: int) -> str:
    """The file of the proof between two sizes."""
    return f"consistency/{older:012}-{newer:012}.hashes"


def model_name(service: str, model_version: int) -> str:
    """The file of a published service model."""
    return f"models/{service}.{model_version}.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the manifest lists it: its length in bytes and its SHA-256 in hexadecimal."""

    length: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Listed:
        """How that content is listed."""
        return cls(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleManifest:
    """What a bundle says of itself. Nothing of it is signed: it is what the verification tries.

    `as_of`: the position of the register as of which the episode is told; `size`: of the newest checkpoint here;
    `made_with`: the release that made the account, which another may tell in other words.
    """

    origin: str
    episode: UUID
    as_of: int
    size: int
    language: str
    made_with: str
    keys: tuple[VerifierKey, ...]
    witnesses: tuple[VerifierKey, ...]
    files: Mapping[str, Listed]

    def to_bytes(self) -> bytes:
        """As it stands in the bundle."""
        told = {
            "format": FORMAT,
            "origin": self.origin,
            "episode": str(self.episode),
            "as_of": self.as_of,
            "size": self.size,
            "language": self.language,
            "made_with": self.made_with,
            "keys": [str(key) for key in self.keys],
            "witnesses": [str(key) for key in self.witnesses],
            "files": {name: [each.length, each.sha256] for name, each in sorted(self.files.items())},
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> BundleManifest:
        """Raises MalformedBundle, MalformedKey."""
        told = manifest_of(data)
        if told.get("format") != FORMAT:
            raise MalformedBundle(f"{MANIFEST} says that this is no bundle of the format {FORMAT}")
        return cls(
            origin=_text(told, "origin"),
            episode=_uuid(told),
            as_of=_number(told, "as_of"),
            size=_number(told, "size"),
            language=_language(told),
            made_with=_text(told, "made_with"),
            keys=_keys(told, "keys"),
            witnesses=_keys(told, "witnesses"),
            files=_files(told),
        )


class Bundle:
    """A bundle that is there to be read: just the files that its manifest lists, each as it lists it.

    Raises MalformedBundle, MalformedExport, MalformedKey; what the files say is not looked at.
    """

    def __init__(self, path: Path, archive: Archive) -> None:
        self.told = str(path)
        self._archive = archive
        self.manifest = BundleManifest.parse(archive.read(MANIFEST, MANIFEST_LIMIT_BYTES))
        listed = self.manifest.files.keys()
        there = set(archive.names()) - {MANIFEST}
        for name in sorted(there ^ listed):
            words = "is not listed" if name in there else "is listed, but is not there"
            raise MalformedBundle(f"{_shown(name)} {words}: the bundle was cut, or files of another were put in")

    def read(self, name: str) -> bytes:
        """The whole file. Raises MalformedBundle when it is not as listed, or not there."""
        listed = self.manifest.files.get(name)
        if listed is None:
            raise MalformedBundle(f"{name} is not there")
        try:
            data = self._archive.read(name, listed.length)
        except MalformedExport as fault:
            raise MalformedBundle(str(fault)) from None
        if Listed.of(data) != listed:
            raise MalformedBundle(f"{name} is not the file that {MANIFEST} lists")
        return data

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self.manifest.files

    def positions(self) -> list[int]:
        """The positions whose records are here, in order."""
        return sorted(int(found[1]) for found in self._of_kind("record"))

    def sizes(self) -> list[int]:
        """The sizes whose checkpoints are here, in order."""
        return sorted(int(found[1]) for found in self._of_kind("checkpoint"))

    def models(self) -> list[str]:
        """The service models that are here, such as K2.1."""
        return sorted(found[1] for found in self._of_kind("model"))

    def proofs(self) -> list[int]:
        """The positions of which proofs are here, in order."""
        return sorted(int(found[1]) for found in self._of_kind("proof"))

    def consistency(self, older: int, newer: int) -> list[bytes]:
        """The hashes of the proof between two sizes. Raises MalformedBundle."""
        name = consistency_name(older, newer)
        return hashes_of(self.read(name), name)

    def _of_kind(self, kind: str) -> Iterator[re.Match[str]]:
        matches = (_KINDS[kind].fullmatch(name) for name in self.manifest.files)
        return (found for found in matches if found)


def write_bundle(path: Path, manifest: BundleManifest, files: Mapping[str, bytes]) -> None:
    """Write a bundle into a new zip, or a new folder when the name does not end in .zip. Raises FileExistsError."""
    writer = ArchiveWriter(path)
    try:
        for name, data in sorted(files.items()):
            writer.write(name, data)
        writer.write(MANIFEST, manifest.to_bytes())  # last: what was not finished is no bundle
    finally:
        writer.close()


def _files(told: Mapping[str, Any]) -> dict[str, Listed]:
    files = told.get("files")
    if not isinstance(files, dict) or len(files) > FILE_LIMIT:
        raise MalformedBundle(f"{MANIFEST} lists at most {FILE_LIMIT} files, each with its length and SHA-256")
    listed = {name: _listed(name, each) for name, each in files.items()}
    if sum(each.length for each in listed.values()) > TOTAL_LIMIT_BYTES:
        raise MalformedBundle(f"{MANIFEST} lists more than {TOTAL_LIMIT_BYTES} bytes")
    return listed


def _listed(name: str, each: object) -> Listed:
    if not any(kind.fullmatch(name) for kind in _KINDS.values()):
        raise MalformedBundle(f"{_shown(name)} is no file of a bundle")
    match each:
        case [int(length), str(sha256)] if 0 <= length <= RECORD_LIMIT_BYTES and _HASH.fullmatch(sha256):
            return Listed(length, sha256)
    raise MalformedBundle(f"{MANIFEST} lists {name} without a length of at most {RECORD_LIMIT_BYTES} and a SHA-256")


def _text(told: Mapping[str, Any], field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not 1 <= len(value.encode(errors="replace")) <= 255:
        raise MalformedBundle(f"{MANIFEST} tells no {field} of 1 to 255 bytes")
    return value


def _language(told: Mapping[str, Any]) -> str:
    value = _text(told, "language")
    if value not in LANGUAGES:
        raise MalformedBundle(f"{MANIFEST} tells a language that is none of {', '.join(LANGUAGES)}")
    return value


def _number(told: Mapping[str, Any], field: str) -> int:
    value = told.get(field)
    if type(value) is not int or not 1 <= value < SIZE_LIMIT:
        raise MalformedBundle(f"{MANIFEST} tells no {field} from 1 to 2**63 - 1")
    return value


def _uuid(told: Mapping[str, Any]) -> UUID:
    try:
        return UUID(_text(told, "episode"))
    except ValueError:
        raise MalformedBundle(f"{MANIFEST} tells no episode by its UUID") from None


def _keys(told: Mapping[str, Any], field: str) -> tuple[VerifierKey, ...]:
    value = told.get(field)
    if not isinstance(value, list) or len(value) > 100 or not all(isinstance(each, str) for each in value):
        raise MalformedBundle(f"{MANIFEST} tells {field} as a list of at most 100 texts")
    return tuple(map(verifier_key, value))


def _shown(name: str) -> str:
    """A file's name that can be printed, whoever gave it."""
    return name if re.fullmatch(r"[A-Za-z0-9_./-]{1,100}", name) else repr(name[:60])
