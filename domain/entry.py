"""Entries: facts as they stand in a stream, and what of them is in force after corrections and strike-outs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.correction import EntryCorrected, EntryStruckOut
from domain.fact import Fact


class Provenance(BaseModel):
    """Where an imported fact came from. `entered_at` is the other system's own entry time, kept as such."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    file: str
    row_id: str
    entered_at: dt.datetime | None = None


class Unread(Protocol):
    """An entry's bytes, taken apart and found to fit, of which nobody has made a fact yet."""

    def read_into(self, entry: Entry) -> None:
        """Give the entry its fact and envelope."""


class Readable:
    """What is made of bytes only when somebody first asks for it; until then there is what is `unread`.

    `plain`: the fact as far as its plain fields go, to be asked for these alone, of an entry whose `kind` has them: of
    one with `early` fields for those alone.
    """

    plain: Any
    unread: Unread

    __slots__ = ("plain", "unread")

    if not TYPE_CHECKING:  # else every name would be an attribute to the type checker

        def __getattr__(self, name: str) -> Any:
            """Asked for what is not there, or not yet."""
            if name == "plain":
                return self.fact
            try:
                unread = object.__getattribute__(self, "unread")
            except AttributeError:  # read already, perhaps by another thread at this moment
                return object.__getattribute__(self, name)
            unread.read_into(self)
            return object.__getattribute__(self, name)


@dataclass(frozen=True, slots=True)
class Entry(Readable):
    """A recorded fact with its envelope. `version` is its entry number in the stream, from 1.

    `corrected_by` is the version of the correction whose content stands in `fact`, when one does. `kind`: the fact's
    class, which is known before the fact is read.
    """

    stream_id: UUID
    version: int
    fact: Fact
    occurred_at: dt.datetime
    actor: str
    correlation_id: UUID
    caused_by: int | None = None
    provenance: Provenance | None = None
    position: int = 0
    recorded_at: dt.datetime | None = None
    corrected_by: int | None = None
    kind: type[Fact] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.fact))

    def stamped(self, position: int, recorded_at: dt.datetime) -> Entry:
        """The entry as it was recorded. As `replace` makes it, which takes three times as long."""
        return Entry(
            self.stream_id,
            self.version,
            self.fact,
            self.occurred_at,
            self.actor,
            self.correlation_id,
            self.caused_by,
            self.provenance,
            position,
            recorded_at,
            self.corrected_by,
        )

    @property
    def originator_id(self) -> UUID:
        """The stream, under the name that the event-sourcing library gives it."""
        return self.stream_id

    @property
    def originator_version(self) -> int:
        """The version, under the name that the event-sourcing library gives it."""
        return self.version


def amendments(entries: Sequence[Entry]) -> tuple[dict[int, Entry], dict[int, Entry]]:
    """What standing strike-outs and corrections make of the entries: by version, who struck it, whose content it bears.

    A correction or strike-out that was itself struck out counts for nothing.
    """
    struck: dict[int, Entry] = {}
    content: dict[int, Entry] = {}
    for entry in reversed(entries):
        if entry.version in struck:
            continue
        if entry.kind not in _AMENDING:
            continue
        if isinstance(entry.fact, EntryStruckOut):
            struck.setdefault(entry.fact.entry, entry)
        elif isinstance(entry.fact, EntryCorrected):
            content.setdefault(entry.fact.entry, entry)
    return struck, content


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """The entries as they stand after every correction and strike-out, in the order of their recording.

    A struck entry is gone; a corrected one carries the content of its latest standing correction; striking a
    correction brings the earlier content back, striking a strike-out brings back the entry. The corrections
    and strike-outs themselves are not among the result. Linear in the number of entries.
    """
    struck, content = amendments(entries)
    return [
        _with_content(entry, content.get(entry.version))
        for entry in entries
        if entry.version not in struck and entry.kind not in _AMENDING
    ]


def _with_content(entry: Entry, correction: Entry | None) -> Entry:
    if correction is None:
        return entry
    assert isinstance(correction.fact, EntryCorrected)  # noqa: S101 -- in_force put it there; tells the type checker
    fact = correction.fact.content
    return replace(
        entry, fact=fact, occurred_at=fact.happened_at() or entry.occurred_at, corrected_by=correction.version
    )


def is_amended(entries: Iterable[Entry]) -> bool:
    """Whether any entry corrects or strikes another, so that the stream must be read by `in_force`."""
    return not _AMENDING.isdisjoint(map(_KIND, entries))


_AMENDING = frozenset({EntryCorrected, EntryStruckOut})
_KIND = attrgetter("kind")
