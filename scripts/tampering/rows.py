"""Ways of dropping, adding and moving events, and of changing what stands beside them in the database."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from uuid import UUID

from domain.ledger.submission import StoredRecord
from scripts.tampering.records import any_event
from scripts.tampering.scratch import Scratch
from scripts.tampering.way import way


@way("A row in the middle is deleted")
def deleted_in_the_middle(scratch: Scratch, drawn: Random) -> None:
    """One."""
    scratch.do("DELETE FROM events WHERE position = %s", drawn.randrange(1, scratch.sealed))


@way("The rows at the end are deleted")
def deleted_at_the_end(scratch: Scratch, drawn: Random) -> None:
    """Some that were sealed among them; their commands go too. What opens the register stays."""
    cut_off(scratch, drawn.randrange(10, scratch.sealed))


@way("A whole stream is deleted")
def stream_deleted(scratch: Scratch, drawn: Random) -> None:
    """Any but the register's own."""
    own = scratch.stored()[0].stream_id
    others = [each for each in scratch.stored()[: scratch.sealed] if each.stream_id != own]
    scratch.do("DELETE FROM events WHERE stream_id = %s", drawn.choice(others).stream_id)


@way("All rows are deleted")
def emptied(scratch: Scratch, drawn: Random) -> None:
    """The checkpoints stay."""
    scratch.do("TRUNCATE events, commands")


@way("A row is deleted, and all after it are renumbered")
def deleted_and_renumbered(scratch: Scratch, drawn: Random) -> None:
    """Records, columns, versions and commands as if it had never been there."""
    scratch.rewrite_all(without(scratch, drawn.randrange(2, scratch.sealed + 1)))


def without(scratch: Scratch, position: int) -> list[StoredRecord]:
    """All events but one, their versions gapless again."""
    return _versions_anew([each for each in scratch.stored() if each.position != position])


@way("An event is put in under a made-up position")
def made_up_position(scratch: Scratch, drawn: Random) -> None:
    """Beyond the end."""
    _put_in(scratch, drawn, len(scratch.records) + drawn.randrange(2, 99))


@way("An event is put in under a position that another has")
def anothers_position(scratch: Scratch, drawn: Random) -> None:
    """So that one of the two is read, and who knows which."""
    _put_in(scratch, drawn, drawn.randrange(1, scratch.sealed))


@way("An event is put in beside the book, under position 0 or less")
def below_the_first(scratch: Scratch, drawn: Random) -> None:
    """Where queries by stream find it, and whoever counts from 1 does not."""
    _put_in(scratch, drawn, -drawn.randrange(99))


def _put_in(scratch: Scratch, drawn: Random, position: int) -> None:
    event = replace(any_event(scratch, drawn), stream_id=_new_stream(drawn), version=1)
    scratch.do(
        "INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s)",
        position, event.stream_id, 1, event.name, event.recorded_at, scratch.packed(event),
    )  # fmt: skip


@way("An event is put in between, and all after it are renumbered")
def put_in_between(scratch: Scratch, drawn: Random) -> None:
    """Recorded together with the event before it, in a stream of its own."""
    events = scratch.stored()
    at = drawn.randrange(1, scratch.sealed)
    made_up = replace(events[at - 1], stream_id=_new_stream(drawn), version=1)
    scratch.rewrite_all([*events[:at], made_up, *events[at:]])


@way("A row is doubled")
def doubled(scratch: Scratch, drawn: Random) -> None:
    """The same position twice."""
    position = drawn.randrange(1, scratch.sealed + 1)
    scratch.do("INSERT INTO events SELECT * FROM events WHERE position = %s", position)


@way("Two events that were recorded together change places, renumbered")
def renumbered(scratch: Scratch, drawn: Random) -> None:
    """Of different streams, so that each stream stays whole."""
    events = scratch.stored()
    pairs = [
        at for at in range(1, scratch.sealed)
        if events[at - 1].recorded_at == events[at].recorded_at and events[at - 1].stream_id != events[at].stream_id
    ]  # fmt: skip
    at = drawn.choice(pairs)
    events[at - 1], events[at] = events[at], events[at - 1]
    scratch.rewrite_all(events)


@way("The end is cut off and other events are appended")
def cut_and_appended(scratch: Scratch, drawn: Random) -> None:
    """By the register's own append(), until the book is as long as it was."""
    kept = drawn.randrange(10, scratch.sealed)
    cut_off(scratch, kept)
    scratch.append(len(scratch.records) - kept)


@way("An older dump is restored")
def older_dump(scratch: Scratch, drawn: Random) -> None:
    """Of the moment of an earlier checkpoint, with all that it knew of."""
    size = drawn.choice(scratch.checkpoints[:-1])[0]
    cut_off(scratch, size)
    scratch.do("DELETE FROM checkpoints WHERE size > %s", size)


@way("A command's row is removed, moved or doubled")
def command_edited(scratch: Scratch, drawn: Random) -> None:
    """So that it could be sent again, or is answered with other events than those that it came to."""
    ((command, first, count),) = drawn.sample(scratch.ask("SELECT command_id, first_position, count FROM commands"), 1)
    match drawn.randrange(4):
        case 0:
            scratch.do("DELETE FROM commands WHERE command_id = %s", command)
        case 1:
            scratch.do("UPDATE commands SET first_position = first_position + 1 WHERE command_id = %s", command)
        case 2:
            scratch.do("UPDATE commands SET count = %s WHERE command_id = %s", count + drawn.randrange(1, 9), command)
        case _:
            other = uuid.UUID(int=drawn.getrandbits(128))
            scratch.do(
                "INSERT INTO commands SELECT %s, digest, %s, count, recorded_at FROM commands WHERE command_id = %s",
                other, first, command,
            )  # fmt: skip


@way("A command's time of recording is changed")
def command_redated(scratch: Scratch, drawn: Random) -> None:
    """In its own row."""
    ((command,),) = drawn.sample(scratch.ask("SELECT command_id FROM commands"), 1)
    scratch.do(
        "UPDATE commands SET recorded_at = recorded_at - %s * interval '1 second' WHERE command_id = %s",
        drawn.randrange(1, 10**6), command,
    )  # fmt: skip


@way("Events after the last checkpoint are changed, before any covers them", beyond=True)
def unsealed_changed(scratch: Scratch, drawn: Random) -> None:
    """The last seconds of a book: rewritten whole."""
    at = drawn.randrange(scratch.sealed, len(scratch.records))
    event = scratch.stored()[at]
    scratch.rewrite_well(replace(event, state=event.state.replace(b'"instructor-1"', b'"instructor-2"', 1)))


def cut_off(scratch: Scratch, size: int) -> None:
    """Remove all events after the first `size`, and cut the commands that led to them."""
    scratch.do("DELETE FROM events WHERE position > %s", size)
    scratch.do("DELETE FROM commands WHERE first_position > %s", size)
    scratch.do("UPDATE commands SET count = %s - first_position + 1 WHERE first_position + count > %s", size, size + 1)


def _versions_anew(events: Iterable[StoredRecord]) -> list[StoredRecord]:
    """The events with the versions of each stream counted anew from the first that it had."""
    seen: Counter[UUID] = Counter()
    counted = []
    for event in events:
        seen[event.stream_id] += 1
        counted.append(replace(event, version=seen[event.stream_id]))
    return counted


def _new_stream(drawn: Random) -> UUID:
    return UUID(int=drawn.getrandbits(128), version=4)
