"""Witnesses as the sealer's side sees them: what each cosigned last, and the next checkpoint sent to it.

A witness that is away, or refuses, is noted and tried again; sealing never waits for it.
Never here: the sealer's state (only read), the witness' own side.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from domain.ledger.proof.cosignature import WitnessKey, cosigned_at
from domain.ledger.proof.faults import MalformedKey, ProofFault
from domain.ledger.proof.note import Signature, SignedNote, verify
from domain.ledger.proof.tree import CompactTree
from domain.ledger.sealing.files import read_whole, write_whole
from domain.ledger.sealing.leaves import proof_between, stored_hashes
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.state import SealedState, load_state, told_tree, tree_of

ANSWER_LIMIT_BYTES = 64 * 1024
TIMEOUT_SECONDS = 10.0
SIZE_TYPE = "text/x.tlog.size"


class BadWitness(Exception):
    """A line of the file of witnesses is not a vkey and an address."""


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness: its key, and the prefix of its address."""

    key: WitnessKey
    address: str

    @property
    def file_name(self) -> str:
        """Where the sealer notes what this witness cosigned."""
        return f"witness-{hashlib.sha256(str(self.key).encode()).hexdigest()[:16]}.json"


def witnesses_in(path: Path) -> list[KnownWitness]:
    """The witnesses of a file: a line each, a vkey, a space, an address; # begins a comment. Raises BadWitness."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            key, address = words
            if not address.startswith(("http://", "https://")):
                raise ValueError("another scheme")
            found.append(KnownWitness(WitnessKey.parse(key), address.rstrip("/")))
        except (ValueError, MalformedKey):
            raise BadWitness(
                f"{path}, line {number}: write a witness' vkey, a space and its http(s) address."
            ) from None
    return found


@dataclass(frozen=True, slots=True)
class Progress:
    """What a witness cosigned last, as this side knows, and what came of the last attempt (a code; "" when well)."""

    tree: CompactTree
    cosigned_at: str | None = None
    fault: str = ""


def load_progress(folder: Path, witness: KnownWitness) -> Progress:
    """As noted in the sealer's folder. What cannot be read is asked of the witness again."""
    data = read_whole(folder / witness.file_name)
    if data is not None:
        try:
            told = json.loads(data)
            return Progress(tree_of(told["tree"]), told["cosigned_at"], told["fault"])
        except (ValueError, KeyError, TypeError, ProofFault):
            pass  # it is no more than what the witness knows better: from nothing, it answers with its own size
    return Progress(CompactTree())


def save_progress(folder: Path, witness: KnownWitness, progress: Progress) -> None:
    """Note it. Raises OSError."""
    told = {"tree": told_tree(progress.tree), "cosigned_at": progress.cosigned_at, "fault": progress.fault}
    write_whole(folder / witness.file_name, json.dumps({"witness": str(witness.key), **told}, indent=1).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered: an HTTP status, the kind of content, the body."""

    status: int
    kind: str
    body: bytes


Send = Callable[[str, bytes], Answer]


def send_over_http(address: str, body: bytes) -> Answer:
    """POST the body. Raises OSError when nobody answers in time."""
    request = urllib.request.Request(address, data=body, method="POST")  # noqa: S310 -- witnesses_in lets http(s) only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 -- the same
            return Answer(answer.status, answer.headers.get_content_type(), answer.read(ANSWER_LIMIT_BYTES))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers.get_content_type(), refusal.read(ANSWER_LIMIT_BYTES))
    except http.client.HTTPException as fault:
        raise OSError(f"no HTTP answer ({type(fault).__name__})") from fault


class Submitter:
    """Brings a register's last checkpoint to its witnesses, and their cosignatures into the database."""

    def __init__(
        self, store: LogStore, folder: Path, witnesses: list[KnownWitness], send: Send = send_over_http
    ) -> None:
        self._store, self._folder, self._witnesses, self._send = store, folder, witnesses, send

    def submit(self) -> dict[str, str]:
        """Send the last checkpoint to each witness that has not cosigned it: what came of each, "" when it did."""
        state = load_state(self._folder)
        if state is None or state.note is None:
            return {}
        return {str(witness.key): self._to(witness, state) for witness in self._witnesses}

    def _to(self, witness: KnownWitness, state: SealedState) -> str:
        progress = load_progress(self._folder, witness)
        if progress.tree.root() == state.tree.root() and not progress.fault:
            return ""
        try:
            after = self._attempted(witness, state, progress)
        except OSError:
            after = Progress(progress.tree, progress.cosigned_at, "away")
        save_progress(self._folder, witness, after)
        return after.fault

    def _attempted(self, witness: KnownWitness, state: SealedState, progress: Progress) -> Progress:
        if progress.tree.size > state.size:  # the log went back since: the witness shall say so itself
            progress = Progress(CompactTree(), progress.cosigned_at)
        answer = self._asked(witness, state, progress.tree)
        if answer is None and state.restores:  # the same, though it has grown beyond that again
            progress = Progress(CompactTree(), progress.cosigned_at)
            answer = self._asked(witness, state, progress.tree)
        told = _size_in(answer)
        if told is not None and told != progress.tree.size and told <= state.size:
            progress = Progress(self._tree_at(told), progress.cosigned_at)
            answer = self._asked(witness, state, progress.tree)
            told = _size_in(answer)
        if answer is None:
            return Progress(progress.tree, progress.cosigned_at, "records_differ")
        if told is not None and told > state.size:
            return Progress(progress.tree, progress.cosigned_at, "witness_saw_more")
        if answer.status != HTTPStatus.OK:
            return Progress(progress.tree, progress.cosigned_at, f"status_{answer.status}")
        return self._taken(witness, state, progress, answer.body)

    def _asked(self, witness: KnownWitness, state: SealedState, older: CompactTree) -> Answer | None:
        """The witness' answer; None when the stored records do not lead from what it saw to the checkpoint."""
        proof: list[bytes] = []
        if 0 < older.size < state.size:
            proof, newer = proof_between(older, state.size, stored_hashes(self._store, older.size, state.size))
            if newer.root() != state.tree.root():
                return None
        lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
        body = f"old {older.size}\n{lines}\n".encode() + (state.note or b"")
        return self._send(f"{witness.address}/add-checkpoint", body)

    def _taken(self, witness: KnownWitness, state: SealedState, progress: Progress, body: bytes) -> Progress:
        """The cosignature verified, and the cosigned checkpoint in the database."""
        note = state.note or b""
        try:
            cosigned = SignedNote.parse(note + body)
            ((_, cosignature),) = verify(cosigned, [witness.key])
        except (ProofFault, ValueError):
            return Progress(progress.tree, progress.cosigned_at, "bad_cosignature")
        self._add(state, SignedNote.parse(note), cosignature)
        return Progress(state.tree, cosigned_at(cosignature).isoformat())

    def _add(self, state: SealedState, own: SignedNote, cosignature: Signature) -> None:
        """The checkpoint with this cosignature and those that other witnesses have given it."""
        checkpoint = state.checkpoint
        if checkpoint is None or checkpoint.sealed_at is None:
            return
        whole = own
        stored = self._store.last_note()
        if stored is not None:
            with contextlib.suppress(ProofFault):  # what is no note there is the sealer's to find
                known = SignedNote.parse(stored)
                whole = known if known.text == own.text else own
        whole = whole.signed_also([cosignature])
        count = len(whole.signatures) - len(own.signatures)
        self._store.add_note(checkpoint.size, checkpoint.sealed_at, count, whole.to_bytes())

    def _tree_at(self, size: int) -> CompactTree:
        tree = CompactTree()
        for hashes in stored_hashes(self._store, 0, size):
            tree.extend(hashes)
        return tree


def _size_in(answer: Answer | None) -> int | None:
    """The size that a witness says it saw last, if it says so."""
    if answer is None or answer.status != HTTPStatus.CONFLICT or answer.kind != SIZE_TYPE:
        return None
    text = answer.body.strip()
    return int(text) if text.isdigit() and len(text) < 20 else None
