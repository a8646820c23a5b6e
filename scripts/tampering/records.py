"""Ways of changing what an event says: its bytes, its header, its time, or the columns beside its record."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from itertools import pairwise
from random import Random
from uuid import UUID

from domain.ledger.submission import StoredRecord
from scripts.tampering.scratch import Scratch
from scripts.tampering.way import way

DAY = dt.timedelta(days=1)
MICROSECOND = dt.timedelta(microseconds=1)
MODEL, ADOPTED = "service_model_published.1", "log_key_adopted.1"


def any_event(scratch: Scratch, drawn: Random) -> StoredRecord:
    """An event that the last checkpoint covers."""
    return drawn.choice(scratch.stored()[: scratch.sealed])


def flipped(data: bytes, drawn: Random, begin: int, end: int) -> bytes:
    """The bytes with one bit of those from `begin` to `end` turned over."""
    at = drawn.randrange(begin, end)
    return data[:at] + bytes([data[at] ^ 1 << drawn.randrange(8)]) + data[at + 1 :]


@way("A bit of a payload is flipped")
def payload_flipped(scratch: Scratch, drawn: Random) -> None:
    """Anywhere in the state."""
    event = any_event(scratch, drawn)
    record = scratch.packed(event)
    scratch.rewrite(event.position, flipped(record, drawn, len(record) - len(event.state), len(record)))


@way("A bit of a header is flipped")
def header_flipped(scratch: Scratch, drawn: Random) -> None:
    """Format, origin, position, time, stream, version, name, or the length of one of them."""
    event = any_event(scratch, drawn)
    record = scratch.packed(event)
    scratch.rewrite(event.position, flipped(record, drawn, 0, len(record) - len(event.state)))


@way("A bit of a time of recording is flipped")
def time_flipped(scratch: Scratch, drawn: Random) -> None:
    """In its eight bytes."""
    event = any_event(scratch, drawn)
    at = 3 + len(scratch.origin.encode()) + 8
    scratch.rewrite(event.position, flipped(scratch.packed(event), drawn, at, at + 8))


@way("Two rows' contents are swapped")
def contents_swapped(scratch: Scratch, drawn: Random) -> None:
    """Only the records: the columns stay."""
    one, other = sorted(drawn.sample(range(1, scratch.sealed + 1), 2))
    scratch.rewrite(one, scratch.records[other - 1])
    scratch.rewrite(other, scratch.records[one - 1])


@way("Two rows are swapped, columns and all")
def rows_swapped(scratch: Scratch, drawn: Random) -> None:
    """All but the position."""
    one, other = sorted(drawn.sample(range(1, scratch.sealed + 1), 2))
    scratch.do("UPDATE events SET position = %s - position WHERE position IN (%s, %s)", one + other, one, other)


@way("Two payloads are swapped between streams")
def payloads_swapped(scratch: Scratch, drawn: Random) -> None:
    """Under headers and columns that stay."""
    one = any_event(scratch, drawn)
    other = any_event(scratch, drawn)
    while other.stream_id == one.stream_id or other.state == one.state:
        other = any_event(scratch, drawn)
    scratch.rewrite(one.position, scratch.packed(replace(one, state=other.state)))
    scratch.rewrite(other.position, scratch.packed(replace(other, state=one.state)))


@way("Backdated, record, column and command, by less than the events and checkpoints around it allow")
def backdated_within(scratch: Scratch, drawn: Random) -> None:
    """A whole command, to a moment after the event before it and after the checkpoint before it."""
    events = scratch.stored()[: scratch.sealed]
    fitting = [
        later for before, later in pairwise(events) if later.recorded_at - before.recorded_at > 2 * MICROSECOND
    ]  # fmt: skip
    old = drawn.choice(fitting).recorded_at
    for event in scratch.stored():
        if event.recorded_at == old:
            scratch.rewrite_well(replace(event, recorded_at=old - MICROSECOND))
    scratch.do("UPDATE commands SET recorded_at = %s WHERE recorded_at = %s", old - MICROSECOND, old)


@way("Backdated over a checkpoint, record and column")
def backdated_over(scratch: Scratch, drawn: Random) -> None:
    """By days: before the events and the checkpoint before it."""
    event = drawn.choice(scratch.stored()[1 : scratch.sealed])
    scratch.rewrite_well(replace(event, recorded_at=event.recorded_at - drawn.randrange(1, 900) * DAY))


@way("Dated after the checkpoint that covers it, record and column")
def postdated_over(scratch: Scratch, drawn: Random) -> None:
    """By days."""
    event = any_event(scratch, drawn)
    scratch.rewrite_well(replace(event, recorded_at=event.recorded_at + drawn.randrange(1, 900) * DAY))


@way("The column stream_id is changed beside the record")
def stream_column(scratch: Scratch, drawn: Random) -> None:
    """Queries find the event in another stream."""
    event = any_event(scratch, drawn)
    stream = UUID(int=event.stream_id.int ^ 1 << drawn.randrange(128))
    scratch.do("UPDATE events SET stream_id = %s WHERE position = %s", stream, event.position)


@way("The column version is changed beside the record")
def version_column(scratch: Scratch, drawn: Random) -> None:
    """Queries find the event at another place of its stream."""
    event = any_event(scratch, drawn)
    scratch.do("UPDATE events SET version = version + %s WHERE position = %s", drawn.randrange(1, 99), event.position)


@way("The column name is changed beside the record")
def name_column(scratch: Scratch, drawn: Random) -> None:
    """Queries find a fact of another kind."""
    event = any_event(scratch, drawn)
    other = "note_written.1" if event.name == "meeting_held.1" else "meeting_held.1"
    scratch.do("UPDATE events SET name = %s WHERE position = %s", other, event.position)


@way("The column recorded_at is changed beside the record")
def recorded_at_column(scratch: Scratch, drawn: Random) -> None:
    """By a moment."""
    event = any_event(scratch, drawn)
    moved = event.recorded_at + drawn.choice([-1, 1]) * drawn.randrange(1, 10**12) * MICROSECOND
    scratch.do("UPDATE events SET recorded_at = %s WHERE position = %s", moved, event.position)


@way("The published service model is replaced")
def model_replaced(scratch: Scratch, drawn: Random) -> None:
    """One of its rules binds no more."""
    event = drawn.choice([each for each in scratch.stored() if each.name == MODEL])
    rules = list(re.finditer(rb'"must"', event.state))
    found = drawn.choice(rules)
    scratch.rewrite_well(replace(event, state=event.state[: found.start()] + b'"info"' + event.state[found.end() :]))


@way("A bit is flipped in the event that adopts the log's key")
def adoption_flipped(scratch: Scratch, drawn: Random) -> None:
    """So that the book itself may no longer tell whose signatures count."""
    (event,) = (each for each in scratch.stored() if each.name == ADOPTED)
    record = scratch.packed(event)
    scratch.rewrite(event.position, flipped(record, drawn, len(record) - len(event.state), len(record)))


@way("The origin of the log is changed in its head row")
def origin_of_the_log(scratch: Scratch, drawn: Random) -> None:
    """The register says that it is another's log."""
    scratch.do("UPDATE head SET origin = %s", f"{scratch.origin}-{drawn.randrange(100)}")


@way("The origin is changed in a record")
def origin_of_a_record(scratch: Scratch, drawn: Random) -> None:
    """To another of the same length."""
    event = any_event(scratch, drawn)
    other = scratch.origin[:-1] + ("x" if scratch.origin[-1] != "x" else "y")
    scratch.rewrite(event.position, scratch.packed(event).replace(scratch.origin.encode(), other.encode(), 1))


def with_cause(event: StoredRecord, cause: int) -> StoredRecord:
    """The event, said to be caused by that version of its stream."""
    state = re.sub(rb',"caused_by":\d+', b"", event.state, count=1)
    head = re.match(rb'\{"occurred_at":"[^"]*","actor":"[^"]*","correlation_id":"[^"]*"', state)
    if head is None:
        raise ValueError("the state of an event does not begin as the register writes states")
    return replace(event, state=state[: head.end()] + b',"caused_by":%d' % cause + state[head.end() :])


@way("An event is said to be caused by one that came after it")
def caused_by_later(scratch: Scratch, drawn: Random) -> None:
    """By itself, or by a later version."""
    event = any_event(scratch, drawn)
    scratch.rewrite_well(with_cause(event, event.version + drawn.randrange(5)))


@way("An event is given a name that no fact has")
def unknown_name(scratch: Scratch, drawn: Random) -> None:
    """In record and column."""
    scratch.rewrite_well(replace(any_event(scratch, drawn), name=f"invented_{drawn.randrange(100)}.1"))


@way("An event is given the version of one before it in its stream")
def version_twice(scratch: Scratch, drawn: Random) -> None:
    """In record and column."""
    later = [each for each in scratch.stored()[: scratch.sealed] if each.version > 1]
    event = drawn.choice(later)
    scratch.rewrite_well(replace(event, version=drawn.randrange(1, event.version)))
