"""The statement of a restore: what had been sealed, what is there now, and what both have in common.

Signed by a second key it stands in the register and in the sealer's folder, so that the fork stays to be seen.
Never here: how it is prepared, who may sign it.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.faults import MalformedStatement
from domain.ledger.proof.tree import CompactTree

HEADER = "jaksokirja/restore/v1"
_HEAD = r"(\d{1,19}) ([A-Za-z0-9+/]{43}=)"
_TEXT = re.compile(
    rf"{re.escape(HEADER)}\n(?P<origin>[^\n]+)\nsealed {_HEAD}\nrestored {_HEAD}\ncommon {_HEAD}\n"
    r"time (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z\n"
)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A size and its root (32 bytes)."""

    size: int
    root: bytes

    @classmethod
    def of(cls, tree: CompactTree | Checkpoint) -> TreeHead:
        """Of a tree or a checkpoint."""
        return cls(tree.size, tree.root() if isinstance(tree, CompactTree) else tree.root)

    @property
    def root_text(self) -> str:
        """The root in base64, as checkpoints write it."""
        return base64.b64encode(self.root).decode()

    def __str__(self) -> str:
        return f"{self.size} {self.root_text}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a restore states; `text` is what is signed."""

    origin: str
    sealed: TreeHead
    restored: TreeHead
    common: TreeHead
    stated_at: dt.datetime

    @property
    def text(self) -> str:
        """The lines, each ended by a newline."""
        stated = self.stated_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        heads = f"sealed {self.sealed}\nrestored {self.restored}\ncommon {self.common}\n"
        return f"{HEADER}\n{self.origin}\n{heads}time {stated}\n"

    @classmethod
    def parse(cls, text: str) -> Statement:
        """Raises MalformedStatement."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise MalformedStatement("this is no statement of a restore, as seal --prepare-restore writes it")
        numbers = [group for name, group in enumerate(found.groups()) if name not in (0, 7)]
        heads = [
            TreeHead(int(size), base64.b64decode(root)) for size, root in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        try:
            stated_at = dt.datetime.fromisoformat(found["time"]).replace(tzinfo=dt.UTC)
        except ValueError:
            raise MalformedStatement("the statement's time is no time") from None
        return cls(found["origin"], heads[0], heads[1], heads[2], stated_at)
