"""A witness goes back with a log whose restore somebody signed: by its own operator's act, never by a request.

What it saw of the history that was left stays beside. Never here: HTTP, whether the restore was right to do.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.note import SignedNote, VerifierKey, verify
from domain.ledger.proof.statement import Statement, TreeHead
from domain.ledger.sealing.files import read_whole, write_whole
from domain.ledger.sealing.refusals import RestoreRefused
from domain.ledger.sealing.witness import place_of, seen_in


def stated_for(folder: Path, note: bytes, second_keys: Sequence[VerifierKey]) -> tuple[Statement, TreeHead]:
    """The statement in the note, and what this witness saw last of that log.

    Raises RestoreRefused: none of the keys signed it, it is no statement, or of another history than was seen here;
    WitnessStateUnreadable, OSError.
    """
    try:
        signed = SignedNote.parse(note)
        verify(signed, second_keys)
        statement = Statement.parse(signed.text)
    except ProofFault as fault:
        raise RestoreRefused(f"This is no statement signed by the second key that you named: {fault}.") from fault
    seen = TreeHead(*seen_in(folder, statement.origin))
    if seen.size <= statement.common.size:
        raise RestoreRefused(
            f"This witness saw {seen.size} events of {statement.origin} last, and both histories have the first"
            f" {statement.common.size}: nothing is to be accepted here."
        )
    if seen.size > statement.sealed.size or (seen.size == statement.sealed.size and seen != statement.sealed):
        raise RestoreRefused(
            f"This witness saw {seen.size} events with another root or more of them than the {statement.sealed.size}"
            f" that the statement says were sealed: do not accept it, and tell the log's auditors."
        )
    return statement, seen


def accept(folder: Path, note: bytes, statement: Statement) -> Path:
    """Go back with the log: from now on its next checkpoint must extend what the statement says was restored.

    What was seen, and the statement, are kept in the file whose path is returned. Raises OSError.
    """
    place = place_of(folder, statement.origin)
    kept = place.with_name(f"{place.stem}.left-{hashlib.sha256(note).hexdigest()[:16]}.json")
    seen = json.loads(read_whole(place) or b"{}")
    write_whole(kept, json.dumps({"seen": seen, "statement": note.decode()}, ensure_ascii=False).encode())
    back = statement.restored
    told = {"origin": statement.origin, "size": back.size, "root": base64.b64encode(back.root).decode()}
    write_whole(place, json.dumps({**told, "note": note.decode()}, ensure_ascii=False).encode())
    return kept
