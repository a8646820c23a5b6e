"""Private keys in files: one skey a file, open to its owner only.

Never here: which key signs what, a key's own secret in a message.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.faults import MalformedKey
from domain.ledger.proof.note import SignerKey, VerifierKey
from domain.ledger.sealing.files import make_folder, write_whole
from domain.ledger.sealing.refusals import KeyFileRefused

Kind = Literal["checkpoints", "restores", "witness"]
SUFFIX = ".skey"


def new_key(kind: Kind, name: str) -> SignerKey:
    """A new key of that name. Raises MalformedKey on a name that a key cannot have."""
    key = (WitnessSigner if kind == "witness" else SignerKey).generate(name)
    key.verifier()  # refuses a bad name before anything is written
    return key


def file_name(kind: Kind, key: SignerKey) -> str:
    """`checkpoints-jaksokirja-lapland-0a1b2c3d.skey`."""
    spelt = re.sub(r"[^A-Za-z0-9.]+", "-", key.name).strip("-.") or "key"
    return f"{kind}-{spelt}-{key.verifier().key_id.hex()}{SUFFIX}"


def write_key(path: Path, key: SignerKey) -> None:
    """Write the key where no file is yet. Raises KeyFileRefused, OSError."""
    if path.exists():
        raise KeyFileRefused(f"{path} is there already, and no key is ever written over.")
    make_folder(path.parent)
    write_whole(path, f"{key.to_skey()}\n".encode())


def read_key(path: Path) -> SignerKey:
    """The key in the file: a log's, or a witness' (WitnessSigner). Raises KeyFileRefused, OSError."""
    if path.stat().st_mode & 0o077:
        raise KeyFileRefused(f"{path} can be read by others than its owner.")
    text = path.read_bytes()[:2000].decode("utf-8", "replace").strip()
    try:
        return SignerKey.parse(text)
    except MalformedKey:
        pass
    try:
        return WitnessSigner.parse(text)
    except MalformedKey:
        raise KeyFileRefused(f"{path} does not hold an skey.") from None


def keys_in(folder: Path) -> dict[VerifierKey, SignerKey]:
    """The keys of the folder's files, by their public halves; none when there is no folder. Raises KeyFileRefused."""
    found = [read_key(path) for path in sorted(folder.glob(f"*{SUFFIX}"))] if folder.is_dir() else []
    return {key.verifier(): key for key in found}
