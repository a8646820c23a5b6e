"""The trail of one stream, folded from the ledger: every entry as it was made, and what became of it.

For the API and the command line alike. Never here: HTTP, projections, sensitive parts of facts: a trail names which
were given, and shows none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any
from uuid import UUID

import msgspec

from api.texts import Language, sentence, withheld_word
from domain.consequence import DeviationNoted, DutyOpened
from domain.correction import EntryCorrected
from domain.entry import Entry, Provenance, amendments
from domain.fact import Fact, JsonObject, StreamKind
from domain.ledger.book import UNKNOWN, Book
from domain.refusal import Refusal, Unknown
from domain.register.state import RegisterState
from domain.state import StreamState
from domain.streams import kind_of, pin_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of a trail.

    `fact` is its plain part as it was recorded, `withheld` the names of what was given and is not shown, `unreadable`
    those of it that cannot be read here at all, with the reason in words (destroyed, not yours to read). `struck_by`,
    `corrected_by`: the entries that took it away or say what it should have said; `reads_now` is then its content.
    `caused_by`: the entry from which the ledger concluded this one.
    """

    version: int
    position: int
    recorded_at: dt.datetime | None
    occurred_at: dt.datetime
    actor: str
    name: str
    sentence: str
    fact: JsonObject
    withheld: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    struck_by: int | None = None
    corrected_by: int | None = None
    reads_now: JsonObject | None = None
    caused_by: int | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A stream's trail as it stood at position `as_of` of the register."""

    stream_id: UUID
    kind: StreamKind
    as_of: int
    version: int
    entries: tuple[Told, ...]


def history(book: Book, stream_id: UUID, kind: StreamKind, *, as_of: int, language: Language = Language.FI) -> History:
    """The trail of a stream. Raises UnknownEpisode and its like when nothing of it stood at that position."""
    state = stream_as_of(book, stream_id, kind, as_of=as_of)
    return History(
        stream_id=stream_id,
        kind=kind,
        as_of=as_of,
        version=state.version,
        entries=tuple(trail(state.entries, book.register_state(), language)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, and whose it is."""

    stream_id: UUID
    kind: StreamKind | None
    entry: Told


def event_at(book: Book, position: int, language: Language) -> Event | None:
    """The event at a position, with what has become of it since; None when there is none."""
    for record in book.ledger.read_feed(position - 1, 1):
        entries = book.state(record.stream_id, StreamKind.EPISODE).entries  # of whichever kind the stream is
        told = trail(entries, book.register_state(), language)
        entry = next(one for one in told if one.version == record.version)
        return Event(stream_id=record.stream_id, kind=kind_of(entries), entry=entry)
    return None


def stream_as_of(book: Book, stream_id: UUID, kind: StreamKind, *, as_of: int) -> StreamState:
    """What was so of a stream at that position. Raises UnknownEpisode and its like."""
    state = book.state(stream_id, kind, position=as_of)
    if kind_of(state.entries) is not kind:
        raise UNKNOWN.get(kind, Unknown)(
            f"There is no {kind} of that id in this register, as far as it is asked about.",
            remedy="Give the id of one that is in this register; with as_of, a time at which it had been recorded.",
        )
    return state


def trail(entries: Sequence[Entry], register: RegisterState, language: Language) -> list[Told]:
    """All entries of a stream, told. `register` knows the texts of the rules that duties and deviations name."""
    struck, corrected = amendments(entries)
    return [
        Told(
            version=entry.version,
            position=entry.position,
            recorded_at=entry.recorded_at,
            occurred_at=entry.occurred_at,
            actor=entry.actor,
            name=entry.fact.fact_name,
            sentence=sentence(entry.fact, language, rule_text(entry.fact, register, language)),
            fact=plain(entry.fact),
            withheld=_withheld(entry.fact),
            unreadable={name: withheld_word(why, language) for name, why in sorted(entry.fact.withheld.items())},
            struck_by=_version(struck.get(entry.version)),
            corrected_by=_version(corrected.get(entry.version)),
            reads_now=_content(corrected.get(entry.version)),
            caused_by=entry.caused_by,
            provenance=entry.provenance,
        )
        for entry in entries
    ]


def _withheld(fact: Fact) -> tuple[str, ...]:
    given = {name for name in fact.sensitive if getattr(fact, name) is not None}
    return tuple(sorted(given | (fact.sensitive & fact.withheld.keys())))


def rule_text(fact: Fact, register: RegisterState, language: Language) -> str:
    """The text of the rule that a duty or a deviation names; empty for other facts, and when no model tells it."""
    if not isinstance(fact, DutyOpened | DeviationNoted):
        return ""
    try:
        rule = register.model(fact.service, fact.model_version).rule(fact.rule_id)
    except Refusal:
        return ""
    return str(getattr(rule.texts, language.value)) if rule else ""


def plain(fact: Fact) -> JsonObject:
    """The part of a fact that may be shown."""
    return fact.split()[0]


def state_told(state: StreamState) -> dict[str, Any]:
    """What is so of a stream, without anything sensitive: its plain fields, duties and deviations, and its model."""
    told = {name: _plain(value) for name, value in _shown(state)}
    pin = pin_of(state)
    return {
        "version": state.version,
        "model": {"service": pin.service, "version": pin.model_version} if pin else None,
        **told,
        "duties": [_plain(duty) for duty in state.concluded.duties.values()],
        "deviations": [_plain(deviation) for deviation in state.concluded.deviations.values()],
    }


def _shown(state: StreamState) -> list[tuple[str, Any]]:
    """The fields of its kind of state, but those named like a sensitive field of the facts that it was folded from."""
    hidden = {name for entry in state.entries for name in entry.fact.sensitive} | _ALWAYS_HIDDEN | _FOR_FOLDING
    return [(one.name, getattr(state, one.name)) for one in fields(state) if one.name not in hidden]


_FOR_FOLDING = frozenset({"turned_on", *(one.name for one in fields(StreamState))})
"""What a state keeps so that it can be gone on with, and tells nobody anything."""
_ALWAYS_HIDDEN = frozenset(
    {"identity_code", "born_on", "birth_expected_on", "gave_birth_on", "address", "identity_withheld"}
)


def _plain(value: Any) -> Any:
    match value:
        case Fact():
            return plain(value)
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case msgspec.Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        case _:
            return value


def _version(entry: Entry | None) -> int | None:
    return entry.version if entry else None


def _content(correction: Entry | None) -> JsonObject | None:
    if correction is None or not isinstance(correction.fact, EntryCorrected):
        return None
    return plain(correction.fact.content)
