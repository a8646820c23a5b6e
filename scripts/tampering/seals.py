"""Ways of tampering with checkpoints and keys, and of changing events with every hash and checkpoint made anew."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.note import SignedNote, SignerKey
from domain.ledger.proof.tree import CompactTree, leaf_hash
from scripts.tampering import records, rows
from scripts.tampering.scratch import Scratch
from scripts.tampering.way import Deed, Who, way

THIEF: Who = "superuser with the log's key"


def actor_changed(scratch: Scratch, drawn: Random, after: int = 3) -> None:
    """Another actor, of the same length: nothing that shows by itself."""
    events = [each for each in scratch.stored()[after : scratch.sealed] if b'"actor":"instructor-1"' in each.state]
    event = drawn.choice(events)
    state = event.state.replace(b'"actor":"instructor-1"', b'"actor":"instructor-9"', 1)
    scratch.rewrite_well(replace(event, state=state))


@way("A payload is changed, and all checkpoints are removed")
def checkpoints_removed(scratch: Scratch, drawn: Random) -> None:
    """Those in the database."""
    actor_changed(scratch, drawn)
    scratch.do("TRUNCATE checkpoints")


@way("A payload is changed, and the checkpoints after it are replaced by an old one")
def old_checkpoint_again(scratch: Scratch, drawn: Random) -> None:
    """Its note stands in their rows."""
    number = drawn.randrange(len(scratch.checkpoints) - 1)
    size, _, note = scratch.checkpoints[number]
    actor_changed(scratch, drawn, after=size)
    scratch.do("UPDATE checkpoints SET note = %s WHERE size > %s", note, size)


@way("A payload is changed, and an old signature is set under a new root")
def signature_lifted(scratch: Scratch, drawn: Random) -> None:
    """The checkpoints are recomputed, without the key."""
    actor_changed(scratch, drawn)
    stolen = SignedNote.parse(drawn.choice(scratch.checkpoints)[2]).signatures
    changed = [row[5] for row in scratch.rows_now()]
    for size, moment, _ in scratch.checkpoints:
        tree = CompactTree()
        tree.extend([leaf_hash(record) for record in changed[:size]])
        note = SignedNote(Checkpoint.sealed(scratch.origin, size, tree.root(), moment).text(), stolen)
        scratch.do("UPDATE checkpoints SET note = %s WHERE size = %s", note.to_bytes(), size)


@way("A payload is changed, and all is signed anew by a key of another's, adopted in place of the log's")
def signed_with_another_key(scratch: Scratch, drawn: Random) -> None:
    """The event that adopts the log's key is rewritten too."""
    other = SignerKey(scratch.origin, drawn.randbytes(32))
    actor_changed(scratch, drawn)
    (adoption,) = (each for each in scratch.stored() if each.name == records.ADOPTED)
    old, new = str(scratch.signer.verifier()).encode(), str(other.verifier()).encode()
    scratch.rewrite_well(replace(adoption, state=adoption.state.replace(old, new)))
    scratch.seal_again(other)


def sealed_again(told: str, deed: Deed) -> Deed:
    """Enter the same way, with every hash, tree and checkpoint in the database made anew by the log's own key."""

    def done(scratch: Scratch, drawn: Random) -> None:
        deed(scratch, drawn)
        scratch.seal_again(scratch.signer)

    done.__name__ = f"{getattr(deed, '__name__', 'way')}_sealed_again"
    return way(f"{told}; tree and checkpoints made anew", THIEF)(done)


sealed_again("A payload is changed", actor_changed)
sealed_again("A row is deleted, and all after it are renumbered", rows.deleted_and_renumbered)
sealed_again("An event is put in between", rows.put_in_between)
sealed_again("Two events change places, renumbered", rows.renumbered)
sealed_again("The end is cut off and other events are appended", rows.cut_and_appended)
sealed_again("The rows at the end are deleted", rows.deleted_at_the_end)
sealed_again("The published service model is replaced", records.model_replaced)
sealed_again("Backdated by less than is allowed around it", records.backdated_within)
sealed_again("Backdated over a checkpoint", records.backdated_over)
sealed_again("Dated after the checkpoint that covers it", records.postdated_over)
sealed_again("An event is caused by one that came after it", records.caused_by_later)
sealed_again("An event is given a name that no fact has", records.unknown_name)
sealed_again("An event is given the version of one before it", records.version_twice)


@way("The whole book is written anew, sealed with the log's key at other times", THIEF)
def written_anew(scratch: Scratch, drawn: Random) -> None:
    """Every event from some place on, an hour later than it was, and every checkpoint after it."""
    at = drawn.randrange(scratch.sealed)
    events, hour = scratch.stored(), dt.timedelta(hours=1)
    later = [replace(each, recorded_at=each.recorded_at + hour) for each in events[at:]]
    scratch.rewrite_all([*events[:at], *later])
    found = [row[5] for row in scratch.rows_now()]
    scratch.do("TRUNCATE checkpoints")
    for size, moment, _ in scratch.checkpoints:
        sealed_at = moment + hour if size > at else moment
        note = scratch.note(found[:size], sealed_at)
        scratch.do("INSERT INTO checkpoints VALUES (%s, %s, 0, %s)", size, sealed_at, note)
