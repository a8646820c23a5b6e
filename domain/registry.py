"""The closed registry of facts: stored names with versions, and how stored bytes become facts again.

Reading imports nothing that a row names. An unknown name is an error, never skipped. A fact of an older version
is brought up to date, as a JSON object, by the upcasters listed here, one version at a time. A sensitive part is stored
sealed only; who seals and opens it is given from outside. Never here: keys, ciphers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from domain import clock, consequence
from domain.activity import facts as activity
from domain.client import facts as client
from domain.conference import facts as conference
from domain.contact import facts as contact
from domain.correction import EntryCorrected, EntryStruckOut
from domain.decoding import FactDecoder, Told, Unfit, decoder_of, values_of
from domain.entry import Entry, Provenance
from domain.episode import facts as episode
from domain.fact import Fact, JsonObject
from domain.network import facts as network
from domain.quality import facts as quality
from domain.refusal import Unreadable
from domain.register import destruction, restriction
from domain.register import facts as register
from domain.unread import entry_of
from domain.withheld import Opened, Withheld

Upcaster = Callable[[JsonObject], JsonObject]
"""From the plain part of one version to that of the next; a sensitive field keeps its name and kind for good."""


class UnknownFactName(Exception):
    """A stored event bears a name that this release does not know."""


class NotSealed(ValueError):
    """A sensitive part is to be stored, or stands stored, as everybody could read it."""


Seal = Callable[[Entry, JsonObject], Sequence[JsonObject]]
"""Makes the segments in which the sensitive part of an entry is stored."""


@dataclass(frozen=True, slots=True)
class ParsedState:
    """What the bytes of an event hold, before the fact is validated."""

    occurred_at: str
    actor: str
    correlation_id: str
    caused_by: int | None
    provenance: JsonObject | None
    plain: JsonObject
    sealed: Sequence[JsonObject]


StoredState = Told | ParsedState
"""An event's bytes, taken apart the short or the long way."""


class Decoders(dict[str, FactDecoder | None]):
    """The decoder of each stored name, made when it is first asked for; None for one whose facts go the long way."""

    def __init__(self, facts: Mapping[str, type[Fact]]) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, name: str) -> FactDecoder | None:
        kind = self._facts.get(name)
        if kind is None:  # not kept: else whoever writes such names could fill the memory with them
            return None
        self[name] = decoder_of(kind)
        return self[name]


class Registry:
    """Names to fact classes. `upcasters` map a superseded stored name to what makes the next version of it."""

    def __init__(self, facts: Iterable[type[Fact]], upcasters: Mapping[str, Upcaster]) -> None:
        self.facts: dict[str, type[Fact]] = {}
        for fact in facts:
            if not fact.fact_name or fact.stored_name() in self.facts:
                raise TypeError(f"{fact.__name__} needs a stored name of its own")
            self.facts[fact.stored_name()] = fact
        self.upcasters = dict(upcasters)
        self.decoders = Decoders(self.facts)

    def knows(self, stored_name: str) -> bool:
        """Whether events of this name can be read."""
        return stored_name in self.facts or stored_name in self.upcasters

    def current(self, stored_name: str, plain: JsonObject) -> tuple[type[Fact], JsonObject]:
        """Today's class of the fact, and the plain part brought up to it. Raises UnknownFactName."""
        while stored_name not in self.facts:
            upcast = self.upcasters.get(stored_name)
            if upcast is None:
                raise UnknownFactName(stored_name)
            plain = upcast(plain)
            name, _, version = stored_name.rpartition(".")
            stored_name = f"{name}.{int(version) + 1}"
        return self.facts[stored_name], plain

    def fact_from(
        self,
        stored_name: str,
        plain: JsonObject,
        hidden: JsonObject,
        withheld: Mapping[str, Withheld] | None = None,
    ) -> Fact:
        """The fact, brought up to its current version. Raises UnknownFactName, pydantic's ValidationError."""
        kind, today = self.current(stored_name, plain)
        return kind.join(today, hidden, withheld)

    def parts(self, entry: Entry) -> tuple[JsonObject, JsonObject]:
        """The state of an entry but for its sensitive part, and that part. Raises UnknownFactName."""
        if self.facts.get(entry.fact.stored_name()) is not type(entry.fact):
            raise UnknownFactName(entry.fact.stored_name())
        plain, hidden = entry.fact.split()
        state: JsonObject = {
            "occurred_at": entry.occurred_at.astimezone(dt.UTC).isoformat(),
            "actor": entry.actor,
            "correlation_id": str(entry.correlation_id),
        }
        if entry.caused_by is not None:
            state["caused_by"] = entry.caused_by
        if entry.provenance is not None:
            state["provenance"] = entry.provenance.model_dump(mode="json", exclude_none=True)
        state["plain"] = plain
        return state, hidden

    def encode(self, entry: Entry, seal: Seal | None = None) -> bytes:
        """The bytes that are stored and hashed: JSON, in UTF-8, keys in the order of `parts`, made only once.

        Raises UnknownFactName, NotSealed for a sensitive part that nobody seals, and Unreadable for what could be
        written but not read: one such event would stop whoever follows the register.
        """
        state, hidden = self.parts(entry)
        if hidden:
            if seal is None:
                raise NotSealed(f"{entry.fact.stored_name()} has a sensitive part, which is stored sealed only")
            state["sealed"] = seal(entry, hidden)
        written = to_json(state)
        self._check_reads(entry.fact.stored_name(), written)
        return written

    def _check_reads(self, stored_name: str, state: bytes) -> None:
        decoder = self.decoders[stored_name]
        try:
            if decoder is None:
                from_json(state, allow_inf_nan=False)
            else:
                decoder.told(state)
        except (ValueError, *Unfit):
            raise Unreadable(
                f"An entry of the name {stored_name} could not be read again, and was not recorded.",
                remedy="Tell whoever runs the register: a value was taken that cannot be kept.",
            ) from None

    def told(self, stored_name: str, state: bytes) -> StoredState:
        """The stored bytes, taken apart the shortest way that there is for a fact of this name.

        Raises ValueError on what is not a state.
        """
        decoder = self.decoders[stored_name]
        if decoder is None:
            return self.parse(state)
        try:
            return decoder.told(state)
        except Unfit:
            return self.parse(state)

    @staticmethod
    def parse(state: bytes) -> ParsedState:
        """The stored bytes, taken apart; facts are not validated. Raises ValueError on what is not a state."""
        raw: dict[str, Any] = from_json(state)
        if not isinstance(raw, dict) or not raw.keys() >= _ENVELOPE:
            raise ValueError("what an event holds beside its fact is not there")
        if "sensitive" in raw:
            raise NotSealed("the event was stored before sensitive parts were sealed: such a register is not read")
        if not all(isinstance(raw[name], str) for name in _ENVELOPE_TEXTS):
            raise ValueError("what an event holds beside its fact is of another kind")
        return ParsedState(
            occurred_at=raw["occurred_at"],
            actor=raw["actor"],
            correlation_id=raw["correlation_id"],
            caused_by=raw.get("caused_by"),
            provenance=raw.get("provenance"),
            plain=raw["plain"],
            sealed=raw.get("sealed", ()),
        )

    def decode(
        self,
        stored_name: str,
        state: bytes | StoredState,
        *,
        stream_id: UUID,
        version: int,
        position: int = 0,
        recorded_at: dt.datetime | None = None,
        opened: Opened | None = None,
    ) -> Entry:
        """The entry that `encode` made the bytes from; without `opened`, its sensitive part is withheld.

        Raises UnknownFactName, ValueError.
        """
        told = self.told(stored_name, state) if isinstance(state, bytes) else state
        seen = opened or (unopened(told) if told.sealed else _NOTHING_SEALED)
        if isinstance(told, Told):
            fact = told.decoder.fact(told, seen.hidden, seen.withheld)
            return entry_of(told, fact, stream_id, version, position, recorded_at)
        provenance = Provenance.model_validate(told.provenance) if told.provenance else None
        return Entry(
            stream_id=stream_id,
            version=version,
            fact=self.fact_from(stored_name, told.plain, seen.hidden, seen.withheld),
            occurred_at=dt.datetime.fromisoformat(told.occurred_at),
            actor=told.actor,
            correlation_id=UUID(told.correlation_id),
            caused_by=told.caused_by,
            provenance=provenance,
            position=position,
            recorded_at=recorded_at,
        )


_NOTHING_SEALED = Opened({}, {})
_ENVELOPE_TEXTS = frozenset({"occurred_at", "actor", "correlation_id"})
_ENVELOPE = _ENVELOPE_TEXTS | {"plain"}


def segments_of(state: StoredState) -> Sequence[JsonObject]:
    """What stands sealed, as JSON has it."""
    return [values_of(segment) for segment in state.sealed] if isinstance(state, Told) else state.sealed


def unopened(state: StoredState) -> Opened:
    """A sensitive part as it is for those who have no keys. Raises ValueError for what is no segment."""
    if isinstance(state, Told):
        return _withheld(tuple(name for segment in state.sealed for name in segment.fields))
    try:
        return _withheld(tuple(name for segment in state.sealed for name in segment["fields"]))
    except (KeyError, TypeError):
        raise ValueError("what is sealed names no fields") from None


@lru_cache(maxsize=1024)
def _withheld(names: tuple[str, ...]) -> Opened:
    return Opened({}, dict.fromkeys(names, Withheld.NOT_YOURS))


REGISTRY = Registry(
    facts=(
        EntryCorrected,
        EntryStruckOut,
        *clock.FACTS,
        *consequence.FACTS,
        *register.FACTS,
        *destruction.FACTS,
        *restriction.FACTS,
        *client.FACTS,
        *contact.FACTS,
        *episode.FACTS,
        *conference.FACTS,
        *activity.FACTS,
        *quality.FACTS,
        *network.FACTS,
    ),
    upcasters={"contact_received.1": contact.consent_in_words},
)
