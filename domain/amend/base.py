"""What the commands of every stream share. Which kind of stream they act on is told by the stream itself."""

from __future__ import annotations

from domain.clock import CalendarReached
from domain.command import Command
from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry
from domain.refusal import OutOfOrder, UnknownEntry
from domain.register.facts import ServiceModelPublished
from domain.state import StreamState


class AnyStreamCommand(Command[StreamState]):
    """A command of any stream: `stream` is left out, since it is not of one kind."""


def entry_to_amend(state: StreamState, version: int) -> Entry:
    """The recorded entry of that number. Raises UnknownEntry, OutOfOrder when nobody can amend it."""
    for entry in state.entries:
        if entry.version == version:
            if entry.fact.consequence:
                raise OutOfOrder(
                    f"Entry {version} was concluded by the ledger, from other entries.",
                    remedy="Correct or strike out the entry that caused it.",
                    field="entry",
                )
            if isinstance(entry.fact, CalendarReached):
                raise OutOfOrder(
                    f"Entry {version} says only that the calendar reached a day, which it did.",
                    remedy="Correct or strike out what the duty began with, or waive the duty.",
                    field="entry",
                )
            if isinstance(entry.fact, ServiceModelPublished):
                raise OutOfOrder(
                    "A published version of a service model never changes: episodes are pinned to it.",
                    remedy="Publish the right content as the next version.",
                    field="entry",
                )
            return entry
    raise UnknownEntry(
        f"This stream has no entry {version}.", remedy=f"Its entries are 1 to {state.version}.", field="entry"
    )


def is_standing(state: StreamState, entry: Entry) -> bool:
    """Whether no standing strike-out names the entry. Corrections and strike-outs are judged too."""
    struck: set[int] = set()
    for later in reversed(state.entries):
        if later.version not in struck and isinstance(later.fact, EntryStruckOut):
            struck.add(later.fact.entry)
    return entry.version not in struck


def is_amendment(entry: Entry) -> bool:
    """Whether the entry itself corrects or strikes out another."""
    return isinstance(entry.fact, EntryCorrected | EntryStruckOut)
