"""Entries of events as they are stored: put together without a constructor, what is sealed in their facts unopened.

Of facts that have early fields a stream is read by these and what is sealed: who asks for the fact has the rest
decoded, and hears then of what does not fit in it. All other facts are made at once: whoever folds a stream asks for
them. Must never hold: keys, names of facts, how a fact is decoded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from operator import attrgetter
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec

from domain.decoding import FactDecoder, Opener, Told, Unfit, model_of, values_of
from domain.entry import Entry, Provenance, Readable
from domain.fact import Fact

Row = tuple[int, UUID, int, str, dt.datetime, bytes]
"""A recorded event's position, stream, version, stored name, moment of recording and state."""


def entry_of(  # noqa: PLR0917 -- called for every event: names would cost as much as decoding
    told: Told, fact: Fact, stream_id: UUID, version: int, position: int, recorded_at: dt.datetime | None
) -> Entry:
    """The entry of a fact that was told so."""
    entry: Any = Unwritten()
    entry.stream_id, entry.version, entry.fact, entry.kind = stream_id, version, fact, type(fact)
    entry.occurred_at, entry.actor, entry.correlation_id = told.occurred_at, told.actor, told.correlation_id
    entry.caused_by, entry.provenance, entry.corrected_by = told.caused_by, told.provenance, None
    if told.provenance is not None:
        entry.provenance = model_of(Provenance, values_of(told.provenance), _PROVENANCE_FIELDS)
    entry.position, entry.recorded_at = position, recorded_at
    entry.__class__ = Entry
    return cast("Entry", entry)


class Reader(Opener, Protocol):
    """Who answers for what an entry was read from."""

    def read_whole(self, row: Row) -> Entry:
        """The entry of an event that does not go the short way. Raises what is wrong with it."""


class Glimpse(msgspec.Struct, gc=False):
    """The bytes that an entry was read from in part, until somebody asks for its fact: they end with its state."""

    decoder: FactDecoder
    stored: bytes
    state_at: int
    position: int
    recorded_at: dt.datetime
    reader: Reader

    def read_into(self, entry: Entry) -> None:
        """Give the entry its fact and envelope. Raises what is wrong with them."""
        stream_id, version, position, recorded_at = entry.stream_id, entry.version, self.position, self.recorded_at
        state = self.stored[self.state_at :]
        try:
            told = self.decoder.told(state)
        except Unfit:
            row = position, stream_id, version, entry.kind.stored_name(), recorded_at, state
            whole = self.reader.read_whole(row)
        else:
            fact = self.decoder.unopened(told, self.reader, stream_id, version)
            whole = entry_of(told, fact, stream_id, version, position, recorded_at)
        for put, value in zip(_ASKED_FOR, _asked_for(whole), strict=True):
            put(entry, value)
        _let_go_of(entry)


def _let_go_of(entry: Entry) -> None:
    try:
        _let_go_of_plain(entry)
        _let_go_of_unread(entry)
    except AttributeError:  # another thread has read it at this moment, to the same
        pass


class Unwritten(Readable):
    """An entry that is being put together: it becomes one, which nobody can change, when it says all that it will.

    As quick as can be: the constructor of one that is frozen sets each field by its name.
    """

    __slots__ = tuple(field.name for field in fields(Entry))


_PROVENANCE_FIELDS = set(Provenance.model_fields)
_WANTING = [field.name for field in fields(Entry)[2:-1]]
"""What an unread entry has not yet: all but its stream, its version and the kind of its fact."""
_asked_for, _ASKED_FOR = attrgetter(*_WANTING), [Entry.__dict__[name].__set__ for name in _WANTING]
_let_go_of_plain, _let_go_of_unread = (Readable.__dict__[name].__delete__ for name in Readable.__slots__)
