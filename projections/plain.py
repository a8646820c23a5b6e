"""Entries with the plain part of their facts alone: all that a projection may know, decoded the shortest way.

Must never hold: a sensitive part. It is passed over unread, sealed or not, so that no key is needed; a fold that reads
a sensitive field of such a fact gets an AttributeError. Stored facts were validated when they were recorded: here only
the kinds of their values are checked. Ids other than the stream's are left as the text that they are stored in, since a
fold only passes them on: a UUID costs more to make, to look up and to write than all the rest of an event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

import msgspec
from pydantic import BaseModel

from domain.correction import EntryCorrected, MistakeKind
from domain.decoding import Told, struct_of
from domain.entry import Entry, Provenance
from domain.fact import Fact, put_values
from domain.registry import REGISTRY, UnknownFactName
from domain.unread import entry_of as entry_from

M = TypeVar("M", bound=BaseModel)
_Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
_new: Callable[[Any], Any] = object.__new__
_values = msgspec.structs.asdict


class Seen(msgspec.Struct, gc=False, kw_only=True):
    """An event as it was decoded: what a fold may ask of an `Entry`, under the same names, in a third of the time.

    `fact` has the plain fields of the fact that `kind` is the class of; where the event stands is put in afterwards.
    """

    occurred_at: dt.datetime
    actor: str
    correlation_id: _Id
    fact: Any
    caused_by: int | None = None
    provenance: Any = None
    kind: Any = None
    stream_id: Any = None
    version: Any = None
    position: Any = None
    recorded_at: Any = None


def entry_of(  # noqa: PLR0917 -- called for every event of millions: names would cost as much as decoding
    name: str, state: bytes, stream_id: UUID, version: int, position: int, recorded_at: dt.datetime
) -> Entry:
    """The entry of a stored event, without the sensitive fields of its fact. Raises as `seen`."""
    return as_entry(seen(name, state, stream_id, version, position, recorded_at))


def as_entry(told: Seen) -> Entry:
    """The entry of what was seen."""
    fact = told.fact if isinstance(told.fact, Fact) else _model(told.kind, _values(told.fact))
    envelope = cast("Told", told)  # of whose fields it has those that are asked for
    return entry_from(envelope, fact, told.stream_id, told.version, told.position, told.recorded_at)


def seen(  # noqa: PLR0917 -- as `entry_of`
    name: str, state: bytes, stream_id: UUID, version: int, position: int, recorded_at: dt.datetime
) -> Seen:
    """A stored event, without the sensitive fields of its fact.

    Raises UnknownFactName, msgspec's MsgspecError (a ValidationError or DecodeError) on what does not fit.
    """
    decode, kind = _decoder(name)
    told = decode(state)
    told.kind = kind or type(told.fact)
    told.stream_id = stream_id
    told.version = version
    told.position = position
    told.recorded_at = recorded_at
    return told


Decode = Callable[[bytes], Seen]


def _model(kind: type[M], values: dict[str, Any]) -> M:
    model: M = _new(kind)
    put_values(model, values)
    return model


@cache
def _decoder(name: str) -> tuple[Decode, type[Fact] | None]:
    """How states under the name are decoded, and the class of the fact; None when the fact comes out whole."""
    kind = REGISTRY.facts.get(name)
    if kind is EntryCorrected or (kind is None and name in REGISTRY.upcasters):
        plain_of = _correction if kind is EntryCorrected else lambda plain: _brought_up(name, plain)
        raw = msgspec.json.Decoder(_state(dict[str, Any])).decode

        def decode(state: bytes) -> Any:
            told: Any = raw(state)
            told.fact = plain_of(told.fact)
            return told

        return decode, None
    if kind is None:
        raise UnknownFactName(name)
    return cast("Decode", msgspec.json.Decoder(_state(_struct(kind)), dec_hook=_nested).decode), kind


def _correction(plain: dict[str, Any]) -> Fact:
    content = plain["content"]
    told = {"entry": plain["entry"], "mistake": MistakeKind(plain["mistake"])}
    return _model(EntryCorrected, told | {"content": _brought_up(content["name"], content["plain"])})


def _brought_up(name: str, plain: dict[str, Any]) -> Fact:
    """The fact of this name, or of today's version of it."""
    kind, today = REGISTRY.current(name, plain)
    return _model(kind, _values(msgspec.convert(today, _struct(kind), dec_hook=_nested)))


def _state(plain: Any) -> type[msgspec.Struct]:
    """The envelope around a plain part of this kind."""
    told: list[Any] = [("fact", plain), ("provenance", _struct(Provenance) | None, None)]
    return msgspec.defstruct("State", told, bases=(Seen,), rename={"fact": "plain"}, gc=False, kw_only=True)


@cache
def _struct(kind: type[BaseModel]) -> type[msgspec.Struct]:
    return struct_of(kind, ids=_Id)


def _nested(kind: type, told: Any) -> Any:
    """A model inside a fact, or whatever else msgspec does not know."""
    if issubclass(kind, BaseModel):
        return _model(kind, _values(msgspec.convert(told, _struct(kind), dec_hook=_nested)))
    raise TypeError(f"a stored fact cannot hold a {kind.__name__}")
