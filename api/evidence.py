"""Evidence bundles made for people: the proof of one episode, and the account of it that is read.

What is read is made from the records by `made_again` only, so that a verification makes and compares the very same.
Never here: how a proof is gathered (`domain.ledger.evidence`), routes.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from uuid import UUID

from api.account import account_of
from api.account_pages import as_html, as_pdf, made_with
from api.account_words import Words
from api.history import stream_as_of
from api.texts import template
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.evidence import Evidence, Gathering
from domain.ledger.proof.bundle import LOG_KEYS, WITNESS_KEYS, WORDS, BundleManifest, Listed, write_bundle
from domain.ledger.proof.bundle_lists import keys_text
from domain.ledger.proof.faults import MalformedBundle
from domain.ledger.proof.given import MadeAgain, ToldBundle
from domain.ledger.proof.note import VerifierKey
from domain.registry import UnknownFactName

_COMPARE = ("Public keys, one a line (C2SP vkeys).", "COMPARE THEM WITH THE ONES YOU HOLD: these come with the bundle.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which bundle is asked for. `as_of`: a position; `against`: sizes of checkpoints that somebody holds.

    `with_words`: tell what sealed fields say, as far as this process has their keys.
    """

    episode: UUID
    as_of: int
    language: str
    with_words: bool = False
    against: Sequence[int] = ()
    witnesses: Sequence[VerifierKey] = ()


def make_bundle(book: Book, dsn: str, asked: Asked, path: Path) -> BundleManifest:
    """Write the bundle into a new zip (a folder, when the name does not end in .zip).

    What could not be finished is removed. Raises UnknownEpisode, EvidenceRefused, UnknownRegister, LedgerUnavailable,
    FileExistsError.
    """
    stream_as_of(book, asked.episode, StreamKind.EPISODE, as_of=asked.as_of)
    with Gathering(dsn, book.register_name) as gathering:
        evidence = gathering.of(asked.episode, as_of=asked.as_of, against=asked.against)
    records = evidence.records
    words = Words.opened(records, book.safe.entries(records)) if asked.with_words else Words.left_out(records)
    read = _made(ToldBundle(_manifest(asked, evidence, {}), records, words.to_bytes()))
    files = evidence.files | read
    manifest = _manifest(asked, evidence, files)
    try:
        write_bundle(path, manifest, files)
    except FileExistsError:
        raise
    except BaseException:
        _remove(path)
        raise
    return manifest


def made_again() -> MadeAgain:
    """What makes the read part of a bundle anew, by this release."""
    return MadeAgain(made_with(), _made)


def _remove(path: Path) -> None:
    """Half a bundle: what stands in it may tell words in the clear."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _made(bundle: ToldBundle) -> dict[str, bytes]:
    words = Words.parse(bundle.words, bundle.records)
    try:
        account = account_of(bundle, words)
    except (UnknownFactName, ValueError) as fault:
        raise MalformedBundle(f"this release makes no account of these records ({type(fault).__name__})") from fault
    readme = template(f"evidence/README.{bundle.manifest.language}.txt")
    return {
        LOG_KEYS: keys_text(bundle.manifest.keys, _COMPARE),
        WITNESS_KEYS: keys_text(bundle.manifest.witnesses, _COMPARE),
        WORDS: words.to_bytes(),
        "account/account.html": as_html(account),
        "account/account.pdf": as_pdf(account),
        "README.txt": readme.replace("{size}", str(bundle.manifest.size)).encode(),
        "verify.py": (resources.files("domain.ledger.proof") / "standalone.py").read_bytes(),
    }


def _manifest(asked: Asked, evidence: Evidence, files: dict[str, bytes]) -> BundleManifest:
    return BundleManifest(
        origin=evidence.origin,
        episode=asked.episode,
        as_of=asked.as_of,
        size=evidence.size,
        language=asked.language,
        made_with=made_with(),
        keys=evidence.keys,
        witnesses=tuple(asked.witnesses),
        files={name: Listed.of(data) for name, data in files.items()},
    )
