"""Ways of tampering with an evidence bundle: cutting it, forging its files, putting it together from several.

Who forges a bundle here makes its list of files fit again: what is in the list is signed by nobody.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import UUID

from api.evidence import Asked, make_bundle
from domain.ledger.book import Book
from domain.ledger.proof.bundle import MANIFEST, BundleManifest, Listed
from domain.ledger.record import unpack
from scripts.tampering import seals
from scripts.tampering.files import HANDED_OUT
from scripts.tampering.records import flipped
from scripts.tampering.scratch import Scratch
from scripts.tampering.way import way

REFERRED, CLOSED = "referral_received.1", "episode_closed.1"
Files = dict[str, bytes]


def bundle_of(scratch: Scratch, episode: UUID, path: Path) -> Path:
    """The evidence of an episode, as of all that was sealed, from what stands in the register now."""
    path.unlink(missing_ok=True)
    with Book(scratch.dsn, scratch.register) as book:
        make_bundle(book, scratch.dsn, Asked(episode=episode, as_of=scratch.sealed, language="en"), path)
    return path


def episodes(scratch: Scratch) -> list[UUID]:
    """The episodes that were told to their end before the last checkpoint."""
    told = scratch.stored()[: scratch.sealed]
    ended = {each.stream_id for each in told if each.name == CLOSED}
    return [each.stream_id for each in told if each.name == REFERRED and each.stream_id in ended]


def sound_bundle(scratch: Scratch, number: int) -> Path:
    """The evidence of one of the first episodes, as it was before anybody tampered; made once."""
    path = scratch.folder / f"bundle-{number}.zip"
    return path if path.exists() else bundle_of(scratch, episodes(scratch)[number], path)


def files_of(path: Path) -> Files:
    """The files of a zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(scratch: Scratch, forge: Callable[[Files], None]) -> Path:
    """The first bundle with its files changed, and its list of files made to fit."""
    files = files_of(sound_bundle(scratch, 0))
    forge(files)
    listed = {name: Listed.of(data) for name, data in files.items() if name != MANIFEST}
    files[MANIFEST] = replace(BundleManifest.parse(files[MANIFEST]), files=listed).to_bytes()
    path = scratch.folder / "forged.zip"
    with zipfile.ZipFile(path, "w") as written:
        for name, data in files.items():
            written.writestr(name, data)
    return path


def _named(files: Files, folder: str) -> list[str]:
    return sorted(name for name in files if name.startswith(f"{folder}/"))


def _proof_of(record: str) -> str:
    return record.replace("records/", "proofs/").replace(".record", ".tlog-proof")


@way("A bundle is cut short", HANDED_OUT)
def bundle_cut(scratch: Scratch, drawn: Random) -> Path:
    """Anywhere."""
    data = sound_bundle(scratch, 0).read_bytes()
    path = scratch.folder / "cut.zip"
    path.write_bytes(data[: drawn.randrange(len(data))])
    return path


@way("A record of a bundle is left out, with its proof", HANDED_OUT)
def bundle_record_left_out(scratch: Scratch, drawn: Random) -> Path:
    """Any of the episode but the last: as of an earlier day a bundle may well end there."""

    def forge(files: Files) -> None:
        of_episode = [name for name in _named(files, "records") if unpack(files[name])[1].stream_id == episode]
        record = drawn.choice(of_episode[:-1])
        del files[record], files[_proof_of(record)]

    episode = episodes(scratch)[0]
    return forged(scratch, forge)


@way("A bit of a record of a bundle is flipped", HANDED_OUT)
def bundle_record_flipped(scratch: Scratch, drawn: Random) -> Path:
    """Anywhere in it."""

    def forge(files: Files) -> None:
        record = drawn.choice(_named(files, "records"))
        files[record] = flipped(files[record], drawn, 0, len(files[record]))

    return forged(scratch, forge)


@way("A bit of a proof or a checkpoint of a bundle is flipped", HANDED_OUT)
def bundle_proof_flipped(scratch: Scratch, drawn: Random) -> Path:
    """Anywhere in it."""

    def forge(files: Files) -> None:
        name = drawn.choice([*_named(files, "proofs"), *_named(files, "checkpoints")])
        files[name] = flipped(files[name], drawn, 0, len(files[name]))

    return forged(scratch, forge)


@way("A bundle is mixed from two: records of another episode, with their proofs", HANDED_OUT)
def bundles_mixed(scratch: Scratch, drawn: Random) -> Path:
    """Under their own names, or under those of records that were there."""

    def forge(files: Files) -> None:
        others = files_of(sound_bundle(scratch, 1))
        theirs = drawn.choice([name for name in _named(others, "records") if name not in files])
        ours = theirs if drawn.random() < 0.5 else drawn.choice(_named(files, "records"))
        files[ours], files[_proof_of(ours)] = others[theirs], others[_proof_of(theirs)]

    return forged(scratch, forge)


@way("What people read in a bundle is changed", HANDED_OUT)
def bundle_account_changed(scratch: Scratch, drawn: Random) -> Path:
    """A digit of the account; its records stay."""

    def forge(files: Files) -> None:
        page = files["account/account.html"]
        at = drawn.choice([at for at, each in enumerate(page) if each in b"0123456789"])
        files["account/account.html"] = page[:at] + bytes([page[at] ^ 1]) + page[at + 1 :]

    return forged(scratch, forge)


@way("A bundle is made from a book that was changed and sealed again", seals.THIEF)
def bundle_of_a_changed_book(scratch: Scratch, drawn: Random) -> Path:
    """In an event of its episode, or in any other: its checkpoints are not those that were handed out."""
    seals.actor_changed(scratch, drawn)
    scratch.seal_again(scratch.signer)
    return bundle_of(scratch, drawn.choice(episodes(scratch)), scratch.folder / "changed.zip")
