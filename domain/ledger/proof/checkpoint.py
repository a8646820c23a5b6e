"""Checkpoints (C2SP tlog-checkpoint): a log's origin, size and root, signed; here with the time of sealing.

The time is an extension line of the signed body, `time 2026-01-31T12:00:00.000000Z`: UTC, microseconds. It says: no
event that the checkpoint covers was recorded later, and none that it does not cover will be recorded earlier. So it
is read off the database's clock while the register's head row is held, together with the size; what clocks may be
set back by is CLOCK_TOLERANCE_SECONDS.
Never here: how a log is sealed, where keys are kept.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from domain.ledger.proof.cosignature import WitnessKey, cosigned_at
from domain.ledger.proof.faults import ForeignCheckpoint, MalformedCheckpoint, NoKnownSignature
from domain.ledger.proof.note import SignedNote, SignerKey, VerifierKey, decoded, sign, verify
from domain.ledger.proof.tree import HASH_BYTES, SIZE_LIMIT

EXTENSION_LIMIT = 16
CLOCK_TOLERANCE_SECONDS = 5
"""How far back the register's clock may step, as clocks are set right, before an event counts as backdated."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_TIME = re.compile(r"time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: whose log, how many leaves, the root (32 bytes), and extension lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def sealed(cls, origin: str, size: int, root: bytes, moment: dt.datetime) -> Self:
        """The tree head at a moment (an aware datetime)."""
        written = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return cls(origin, size, root, (f"time {written}Z",))

    @property
    def sealed_at(self) -> dt.datetime | None:
        """When it was sealed (UTC); None when it does not say. Raises MalformedCheckpoint on two times or no time."""
        lines = [line for line in self.extensions if line.startswith("time ")]
        if not lines:
            return None
        found = _TIME.fullmatch(lines[0])
        try:
            if len(lines) == 1 and found:
                return dt.datetime.fromisoformat(found[1]).replace(tzinfo=dt.UTC)
        except ValueError:
            pass  # the digits are those of no day or hour: answered as every other malformed line
        raise MalformedCheckpoint("a checkpoint's time is one line such as time 2026-01-31T12:00:00.000000Z")

    def text(self) -> str:
        """The body that is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The tree head that a body tells. Raises MalformedCheckpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or len(lines) > 4 + EXTENSION_LIMIT:
            raise MalformedCheckpoint("a checkpoint is an origin, a size, a root and few extension lines")
        origin, size, encoded, *extensions = lines[:-1]
        root = decoded(encoded)
        if not _SIZE.fullmatch(size) or int(size) >= SIZE_LIMIT or root is None or len(root) != HASH_BYTES:
            raise MalformedCheckpoint("a checkpoint's size is a decimal number, its root 32 bytes in base64")
        checkpoint = cls(origin, int(size), root, tuple(extensions))
        _ = checkpoint.sealed_at  # a time that cannot be read is refused at once
        return checkpoint

    def signed(self, signers: Sequence[SignerKey]) -> SignedNote:
        """The checkpoint as a note, signed by each of the log's keys."""
        return sign(self.text(), signers)


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """A checkpoint whose signatures were verified: by which log keys, and by which witnesses, when."""

    checkpoint: Checkpoint
    note: SignedNote
    log_keys: tuple[VerifierKey, ...]
    witnessed: tuple[tuple[VerifierKey, dt.datetime], ...]


def open_checkpoint(data: bytes, keys: Iterable[VerifierKey], *, origin: str | None = None) -> SeenCheckpoint:
    """The checkpoint in a note that one of the keys' log keys has signed; witness keys tell who saw it, and when.

    Raises ProofFault: MalformedNote, MalformedCheckpoint, ForeignCheckpoint (another origin than the one given),
    NoKnownSignature, WrongSignature.
    """
    note = SignedNote.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    if origin is not None and checkpoint.origin != origin:
        raise ForeignCheckpoint(f"the checkpoint is of the log {checkpoint.origin!r}, not of {origin!r}")
    found = verify(note, keys)
    log_keys = tuple(key for key, _ in found if not isinstance(key, WitnessKey))
    if not log_keys:
        raise NoKnownSignature("witnesses have signed this, but none of the log's trusted keys")
    witnessed = tuple((key, cosigned_at(signature)) for key, signature in found if isinstance(key, WitnessKey))
    return SeenCheckpoint(checkpoint, note, log_keys, witnessed)
