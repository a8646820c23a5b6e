"""A witness' own side (C2SP tlog-witness): what it saw last of each log, and when it cosigns.

Needs nothing of the ledger but `domain.ledger.proof`, so that another organisation can run it. Never here: HTTP.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.faults import MalformedCheckpoint, MalformedNote, ProofFault
from domain.ledger.proof.note import SignedNote, VerifierKey, decoded, verify
from domain.ledger.proof.tree import EMPTY_ROOT, HASH_BYTES, SIZE_LIMIT, check_consistency
from domain.ledger.sealing.files import make_folder, read_whole, write_whole

BODY_LIMIT_BYTES = 64 * 1024
PROOF_LINES = 63
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


class WitnessRefused(Exception):
    """The witness does not cosign."""

    code: ClassVar[str] = "witness_refused"


class MalformedRequest(WitnessRefused):
    """The request is not old size, proof, empty line and checkpoint, or the old size is beyond the checkpoint's."""

    code = "malformed_request"


class UnknownLog(WitnessRefused):
    """The witness does not follow a log of this origin."""

    code = "unknown_log"


class NotTheLogs(WitnessRefused):
    """None of the log's keys that the witness trusts has signed the checkpoint."""

    code = "not_the_logs"


class OtherSize(WitnessRefused):
    """What the witness saw last has another size, or at this size another root. `size` is its own."""

    code = "other_size"

    def __init__(self, size: int) -> None:
        super().__init__(f"what this witness saw last has size {size}")
        self.size = size


class NotConsistent(WitnessRefused):
    """The proof does not lead from what the witness saw last to the checkpoint."""

    code = "not_consistent"


class WitnessStateUnreadable(WitnessRefused):
    """What the witness saw last cannot be read: it cosigns nothing of that log until its file is put back."""

    code = "witness_state_unreadable"


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed add-checkpoint request."""

    old_size: int
    proof: tuple[bytes, ...]
    note: SignedNote
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Raises MalformedRequest."""
        head, separator, note = body.partition(b"\n\n")
        first, *rest = head.split(b"\n")
        old = _OLD.fullmatch(first)
        if len(body) > BODY_LIMIT_BYTES or not separator or old is None or len(rest) > PROOF_LINES:
            raise MalformedRequest("a request is: old SIZE, at most 63 hashes, an empty line, a checkpoint")
        proof = tuple(_hash(line) for line in rest)
        try:
            signed = SignedNote.parse(note)
            checkpoint = Checkpoint.parse(signed.text)
        except (MalformedNote, MalformedCheckpoint) as fault:
            raise MalformedRequest(str(fault)) from None
        return cls(int(old[1]), proof, signed, checkpoint)


def _hash(line: bytes) -> bytes:
    value = decoded(line.decode("ascii", "replace"))
    if value is None or len(value) != HASH_BYTES:
        raise MalformedRequest("a line of the proof is a hash of 32 bytes in base64")
    return value


class Witness:
    """One witness over the logs it follows: `logs` are their trusted keys by origin. Safe to share between threads.

    One process at a time may use the folder: the caller holds it.
    """

    def __init__(
        self,
        folder: Path,
        signer: WitnessSigner,
        logs: Mapping[str, Sequence[VerifierKey]],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._folder = make_folder(folder)
        self._signer = signer
        self._logs = {origin: tuple(keys) for origin, keys in logs.items()}
        self._clock = clock
        self._locks = {origin: threading.Lock() for origin in logs}

    def add_checkpoint(self, body: bytes) -> str:
        """The cosignature line for the checkpoint in the request, which is on disk then as seen last.

        Raises WitnessRefused, OSError.
        """
        request = Request.parse(body)
        checkpoint = request.checkpoint
        if checkpoint.origin not in self._logs:
            raise UnknownLog("this witness follows no log of that origin")
        try:
            verify(request.note, self._logs[checkpoint.origin])
        except ProofFault:
            raise NotTheLogs("no trusted key of the log has signed this checkpoint") from None
        if request.old_size > checkpoint.size:
            raise MalformedRequest("the old size is beyond the checkpoint's")
        with self._locks[checkpoint.origin]:
            self._check_extends(request)
            line = self._signer.cosign(request.note.text, self._clock()).line()
            self._remember(request)
        return line

    def last_seen(self, origin: str) -> tuple[int, bytes]:
        """The size and root that the witness cosigned last; (0, the empty root) when it has not.

        Raises WitnessStateUnreadable.
        """
        return seen_in(self._folder, origin)

    def _check_extends(self, request: Request) -> None:
        size, root = self.last_seen(request.checkpoint.origin)
        if request.old_size != size or (size == request.checkpoint.size and root != request.checkpoint.root):
            raise OtherSize(size)
        try:
            check_consistency(size, request.checkpoint.size, root, request.checkpoint.root, request.proof)
        except ProofFault as fault:
            raise NotConsistent(str(fault)) from None

    def _remember(self, request: Request) -> None:
        seen = request.checkpoint
        root = base64.b64encode(seen.root).decode()
        told = {"origin": seen.origin, "size": seen.size, "root": root, "note": request.note.to_bytes().decode()}
        write_whole(place_of(self._folder, seen.origin), json.dumps(told, ensure_ascii=False).encode())


def seen_in(folder: Path, origin: str) -> tuple[int, bytes]:
    """The size and root of a log that the witness with that folder cosigned last; (0, the empty root): of none.

    Raises WitnessStateUnreadable.
    """
    data = read_whole(place_of(folder, origin))
    if data is None:
        return 0, EMPTY_ROOT
    try:
        told = json.loads(data)
        size, root = told["size"], base64.b64decode(told["root"], validate=True)
        if told["origin"] != origin or not 0 <= size < SIZE_LIMIT or len(root) != HASH_BYTES:
            raise ValueError("another log")
    except (ValueError, KeyError, TypeError):
        raise WitnessStateUnreadable("what was seen last of this log cannot be read") from None
    return size, root


def place_of(folder: Path, origin: str) -> Path:
    """The file in which a witness keeps what it saw last of a log."""
    return folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"
