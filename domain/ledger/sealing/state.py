"""What a sealer remembers outside the database: its last checkpoint with the tree's peaks, and what stopped it.

`state.json` is one file, replaced whole. Never here: private keys, the database.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.note import SignedNote
from domain.ledger.proof.tree import CompactTree
from domain.ledger.sealing.files import make_folder, read_whole, remove, write_whole
from domain.ledger.sealing.refusals import SealingRefused, StateUnreadable

FORMAT = 1
STATE, REFUSAL, WAITING = "state.json", "refusal.json", "waiting.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedState:
    """The last checkpoint and the tree under it; nothing is sealed yet when `note` is None.

    `anchor` is the tree some leaves before: from it on the stored leaves are hashed again at every round.
    `restore_keys` are the vkeys that may sign a restore, as adopted in what was sealed. `restores` are statements;
    after one there is a tree without a checkpoint, and checkpoints sealed until `restored_at` count no more.
    """

    origin: str
    tree: CompactTree
    anchor: CompactTree
    note: bytes | None = None
    restore_keys: tuple[str, ...] = ()
    restores: tuple[str, ...] = ()
    restored_at: dt.datetime | None = None

    @classmethod
    def empty(cls, origin: str) -> SealedState:
        """Of a log that was never sealed."""
        return cls(origin=origin, tree=CompactTree(), anchor=CompactTree())

    @property
    def size(self) -> int:
        """How many leaves are sealed."""
        return self.tree.size

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint, as it was signed."""
        return Checkpoint.parse(SignedNote.parse(self.note).text) if self.note is not None else None

    @property
    def sealed_at(self) -> dt.datetime | None:
        """When the last checkpoint was sealed."""
        last = self.checkpoint
        return last.sealed_at if last else None

    def with_restore_keys(self, keys: tuple[str, ...]) -> SealedState:
        """The same, with further keys that may sign a restore; none is ever forgotten."""
        return replace(self, restore_keys=tuple(dict.fromkeys((*self.restore_keys, *keys))))


def load_state(folder: Path) -> SealedState | None:
    """The state in the folder; None when nothing was sealed from here. Raises StateUnreadable, OSError."""
    data = read_whole(folder / STATE)
    if data is None:
        return None
    try:
        told = json.loads(data)
        if told["format"] != FORMAT:
            raise ValueError("another format")
        state = SealedState(
            origin=told["origin"],
            tree=tree_of(told["tree"]),
            anchor=tree_of(told["anchor"]),
            note=told["checkpoint"].encode() if told["checkpoint"] else None,
            restore_keys=tuple(told["restore_keys"]),
            restores=tuple(told["restores"]),
            restored_at=dt.datetime.fromisoformat(told["restored_at"]) if told["restored_at"] else None,
        )
        last = state.checkpoint
    except (ValueError, KeyError, TypeError, AttributeError, ProofFault) as fault:
        raise StateUnreadable(f"{folder / STATE} cannot be read ({type(fault).__name__}).") from fault
    if last is not None and (last.size, last.root) != (state.size, state.tree.root()):
        raise StateUnreadable(f"{folder / STATE} holds a tree that is not its checkpoint's.")
    return state


def save_state(folder: Path, state: SealedState) -> None:
    """Put the state on disk for good. Raises OSError."""
    told = {
        "format": FORMAT,
        "origin": state.origin,
        "checkpoint": state.note.decode() if state.note is not None else None,
        "tree": told_tree(state.tree),
        "anchor": told_tree(state.anchor),
        "restore_keys": list(state.restore_keys),
        "restores": list(state.restores),
        "restored_at": state.restored_at.isoformat() if state.restored_at else None,
    }
    write_whole(make_folder(folder) / STATE, json.dumps(told, ensure_ascii=False, indent=1).encode())


def told_tree(tree: CompactTree) -> dict[str, Any]:
    """The tree as JSON holds it."""
    return {"size": tree.size, "peaks": [base64.b64encode(peak).decode() for peak in tree.peaks]}


def tree_of(told: Mapping[str, Any]) -> CompactTree:
    """The tree that `told_tree` told. Raises ValueError, KeyError, TypeError, ProofFault."""
    return CompactTree(told["size"], [base64.b64decode(peak, validate=True) for peak in told["peaks"]])


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """Why the sealer has stopped signing, until that is settled."""

    code: str
    message: str
    remedy: str
    found_at: str


def load_refusal(folder: Path, name: str = REFUSAL) -> KeptRefusal | None:
    """What stops the sealer; None when nothing does. A file that cannot be read stops it as well.

    `name`: WAITING for what the sealer waits for and goes on by itself.
    """
    data = read_whole(folder / name)
    if data is None:
        return None
    try:
        told = json.loads(data)
        return KeptRefusal(told["code"], told["message"], told["remedy"], told["found_at"])
    except (ValueError, KeyError, TypeError):
        return KeptRefusal("state_unreadable", f"{folder / name} cannot be read.", StateUnreadable.remedy, "")


def keep_refusal(folder: Path, refusal: SealingRefused, moment: dt.datetime, name: str = REFUSAL) -> None:
    """Stop the sealer until that is settled; or (WAITING) have it known what it waits for. Raises OSError."""
    found_at = moment.astimezone(dt.UTC).isoformat()
    told = {"code": refusal.code, "message": refusal.message, "remedy": refusal.remedy, "found_at": found_at}
    write_whole(make_folder(folder) / name, json.dumps(told, ensure_ascii=False, indent=1).encode())


def settle_refusal(folder: Path, name: str = REFUSAL) -> None:
    """Let the sealer go on; or (WAITING) it waits no more."""
    if read_whole(folder / name) is not None:
        remove(folder / name)
