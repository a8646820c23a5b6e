"""Facts from stored bytes, the shortest way: one pass with msgspec by the kinds of the fields, made once a class.

Stored facts were validated when they were recorded; here only the kinds of their values are checked. What comes out
equals what pydantic's validation gives, field by field and in the same order. What does not fit is left to the long
way (`Fact.join`), which says what is wrong. Neither are bounds looked at again, nor those of a fact's parts. Must never
hold: keys, names of facts, entries, a sensitive part in the clear that stood so in the bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

import msgspec
from pydantic import AwareDatetime, BaseModel

from domain.entry import Provenance
from domain.fact import UNOPENED, Fact, JsonObject, put_values
from domain.withheld import Opened, Withheld

M = TypeVar("M", bound=BaseModel)
Unfit = (msgspec.MsgspecError, UnicodeDecodeError)
"""What decoding raises for bytes that do not fit the kinds."""
_new: Callable[[Any], Any] = object.__new__
values_of = msgspec.structs.asdict


class Segment(msgspec.Struct, gc=False, frozen=True, forbid_unknown_fields=True):
    """A sealed part: the key it names, the fields it holds, and what only that key opens."""

    key: str
    fields: tuple[str, ...]
    nonce: str
    commitment: str
    ciphertext: str


class Told(msgspec.Struct, gc=False):
    """What the bytes of an event hold; `plain` is a struct of the fact's fields, the sensitive ones None."""

    occurred_at: dt.datetime
    actor: str
    correlation_id: UUID
    plain: Any
    caused_by: int | None = None
    provenance: Any = None
    sealed: tuple[Segment, ...] = ()
    decoder: ClassVar[FactDecoder]
    """What took the bytes apart."""


class Glimpsed(msgspec.Struct, gc=False):
    """What is read of the bytes of an event at first: the early ones of the fact's plain fields, and what is sealed."""

    plain: Any
    sealed: tuple[Segment, ...] = ()
    sensitive: None = None
    """Of an event that was stored in the clear: such a one is not read."""


class Opener(Protocol):
    """Who has the keys."""

    def look_into(self, stream_id: UUID, version: int, name: str, sealed: tuple[Segment, ...]) -> Opened:
        """What is sealed in the entry of that name. Raises what reading it raises."""


class FactDecoder:
    """Decodes the states of one class of facts."""

    def __init__(self, kind: type[Fact]) -> None:
        self.kind = kind
        self.told: Callable[[bytes], Told] = msgspec.json.Decoder(_state(kind, self), dec_hook=nested).decode
        """The bytes, taken apart. Raises Unfit."""
        self.first: Callable[[bytes], Glimpsed | Told] = (
            msgspec.json.Decoder(_glimpse(kind)).decode if kind.early else self.told
        )
        """What is read of the bytes at first: of a fact that has early fields a glimpse. Raises Unfit."""
        self.known: dict[tuple[str, ...], frozenset[str]] = {}
        """The fields that were sealed in facts of this class, and found to fit."""
        self._fields_set = set(kind.model_fields)
        self._of_models = _remakings(kind)
        self._needed = tuple(field for field in kind.sensitive if kind.model_fields[field].is_required())
        self._hidden = {field: _hidden(kind.model_fields[field].annotation) for field in kind.sensitive}
        self._order = tuple(kind.model_fields)

    def fact(self, told: Told, hidden: JsonObject, withheld: Mapping[str, Withheld]) -> Fact:
        """As `Fact.join`, which tells of parts that do not fit. Raises pydantic's ValidationError."""
        return self._joined(self._values(told), hidden, withheld)

    def sealed(self, state: bytes) -> tuple[Segment, ...]:
        """What is sealed in an event that was found to fit."""
        return self.first(state).sealed

    def fits(self, fields: tuple[str, ...]) -> bool:
        """Whether what is sealed has the fields that the fact needs, and none that is not one of its sensitive ones."""
        fits = self._hidden.keys() >= set(fields) >= set(self._needed)
        if fits:  # else whoever writes such bytes could fill the memory with them
            self.known[fields] = frozenset(fields)
        return fits

    def unopened(self, told: Told, opener: Opener, stream_id: UUID, version: int) -> Fact:
        """The fact that stands there, what is sealed of it unopened until somebody looks into it; it must fit."""
        values = self._values(told)
        if told.sealed:
            names = self.known[fields_of(told.sealed)]
            for name in names:
                del values[name]
            values[UNOPENED] = _Unopened(self, names, told.sealed, opener, stream_id, version)
        return model_of(self.kind, values, self._fields_set)

    def opened(self, values: Mapping[str, Any], opened: Opened) -> dict[str, Any]:
        """All values of a fact that was `unopened`, in the order of its fields."""
        plain = {name: values.get(name) for name in self._order}
        whole = self._whole(plain, opened.hidden, opened.withheld)
        return whole or vars(self.kind.join(self._plain(plain), opened.hidden, opened.withheld))

    def _values(self, told: Told) -> dict[str, Any]:
        values: dict[str, Any] = values_of(told.plain)
        for name, remake in self._of_models:
            values[name] = remake(values[name])
        return values

    def _joined(self, values: dict[str, Any], hidden: JsonObject, withheld: Mapping[str, Withheld]) -> Fact:
        whole = self._whole(values, hidden, withheld) if hidden or withheld or self._needed else values
        if whole is None:
            return self.kind.join(self._plain(values), hidden, withheld)
        return model_of(self.kind, whole, self._fields_set)

    def _whole(
        self, values: dict[str, Any], hidden: JsonObject, withheld: Mapping[str, Withheld]
    ) -> dict[str, Any] | None:
        """The values with the sensitive ones; None when these do not fit."""
        whole = dict(values)
        for field, value in hidden.items():
            convert = self._hidden.get(field)
            if convert is None:
                return None
            try:
                whole[field] = convert(value)
            except msgspec.ValidationError:
                return None
        for field in self._needed:
            if whole[field] is None:
                if field not in withheld:
                    return None
                whole[field] = withheld[field]
        if withheld:
            whole["withheld"] = withheld
        return whole

    def _plain(self, values: dict[str, Any]) -> JsonObject:
        """The plain part, as JSON has it."""
        plain = {name: value for name, value in values.items() if name not in self.kind.sensitive}
        told: JsonObject = msgspec.to_builtins(plain, enc_hook=lambda model: model.model_dump(mode="json"))
        return told


def fields_of(sealed: tuple[Segment, ...]) -> tuple[str, ...]:
    """The fields that the segments hold, in their order."""
    if len(sealed) < 2:  # as most are
        return sealed[0].fields if sealed else ()
    return tuple([name for segment in sealed for name in segment.fields])


class _Unopened(msgspec.Struct, gc=False, eq=False):
    """What opens the sensitive part of a fact. Its `repr` tells nothing of it."""

    decoder: FactDecoder
    names: frozenset[str]
    sealed: tuple[Segment, ...]
    opener: Opener
    stream_id: UUID
    version: int

    __repr__ = object.__repr__

    def opened(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All values of the fact. Raises what the opener raises."""
        name = self.decoder.kind.stored_name()
        return self.decoder.opened(values, self.opener.look_into(self.stream_id, self.version, name, self.sealed))


@cache
def decoder_of(kind: type[Fact]) -> FactDecoder | None:
    """The decoder of a class; None for one that is put together in its own way."""
    return FactDecoder(kind) if kind.join.__func__ is Fact.join.__func__ else None  # type: ignore[attr-defined] # of a classmethod


def model_of(kind: type[M], values: dict[str, Any], fields_set: set[str]) -> M:
    """A model with these values, none of which is looked at."""
    model: M = _new(kind)
    put_values(model, values)
    _set_fields(model, fields_set)
    _set_extra(model, None)
    _set_private(model, None)
    return model


_set_fields, _set_extra, _set_private = (
    BaseModel.__dict__[f"__pydantic_{name}__"].__set__ for name in ("fields_set", "extra", "private")
)


def _state(kind: type[Fact], decoder: FactDecoder) -> type[Told]:
    """The envelope around the fields of this class, as that decoder takes it apart."""
    told: list[Any] = [
        ("plain", struct_of(kind, hidden=True, parts=True)),
        ("provenance", struct_of(Provenance) | None, None),
    ]
    made: Any = msgspec.defstruct("Told", told, bases=(Told,), gc=False, forbid_unknown_fields=True, kw_only=True)
    made.decoder = decoder
    return cast("type[Told]", made)


def _glimpse(kind: type[Fact]) -> type[Glimpsed]:
    """As `_state`, of the early fields; the rest is passed over."""
    early: Any = [(name, kind_of(kind.model_fields[name].annotation)) for name in kind.early]
    told: Any = [("plain", msgspec.defstruct(kind.__name__, early, kw_only=True, gc=False))]
    made: Any = msgspec.defstruct("Glimpsed", told, bases=(Glimpsed,), gc=False, kw_only=True)
    return cast("type[Glimpsed]", made)


@cache
def struct_of(
    kind: type[BaseModel], *, hidden: bool = False, ids: Any = UUID, parts: bool = False
) -> type[msgspec.Struct]:
    """The fields of a model, under their names. `hidden`: the sensitive ones too, with None for a value. `ids`: as what
    ids are decoded. `parts`: models inside it are decoded as such structs, in the same pass, not by a hook."""
    sensitive: Collection[str] = getattr(kind, "sensitive", ())
    told: list[Any] = []
    for name, field in kind.model_fields.items():
        if name in sensitive:
            told += [(name, None, None)] if hidden else []
        else:
            default = () if field.is_required() else (field.get_default(call_default_factory=True),)
            told.append((name, kind_of(field.annotation, ids, parts=parts), *default))
    return msgspec.defstruct(kind.__name__, told, kw_only=True, gc=False, forbid_unknown_fields=True)


def kind_of(annotation: Any, ids: Any = UUID, *, parts: bool = False) -> Any:
    """The annotation as msgspec knows it: without constraints. `ids`, `parts`: as in `struct_of`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is AwareDatetime:
        return Annotated[dt.datetime, msgspec.Meta(tz=True)]
    if annotation is UUID:
        return ids
    if origin is Annotated:
        return kind_of(inner[0], ids, parts=parts)
    if origin in (Union, UnionType):
        return Union[tuple(kind_of(one, ids, parts=parts) for one in inner)]  # noqa: UP007 -- of a number of kinds known only here
    if origin is not None and inner:
        return origin[tuple(one if one is ... else kind_of(one, ids, parts=parts) for one in inner)]
    if parts and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return struct_of(annotation, ids=ids, parts=True)
    return annotation


def _remaking(annotation: Any) -> Callable[[Any], Any] | None:
    """How the structs in a value of that kind become the models of which they have the fields; None without any.

    Raises TypeError where models stand otherwise than alone, or in a tuple of any length, or not at all.
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _making_whole(annotation)
    found = [remake for one in get_args(annotation) if (remake := _remaking(one))]
    if not found:
        return None
    (remake,), origin = found, get_origin(annotation)
    if origin in (Union, UnionType):
        return lambda value: None if value is None else remake(value)
    if origin is not tuple or len(get_args(annotation)) != 2 or get_args(annotation)[1] is not ...:
        raise TypeError(f"a stored fact cannot hold models so: {annotation}")
    return lambda value: tuple([remake(one) for one in value])


def _making_whole(kind: type[BaseModel]) -> Callable[[Any], BaseModel]:
    inner = _remakings(kind)
    fields_set = set(struct_of(kind, parts=True).__struct_fields__)

    def remade(part: Any) -> BaseModel:
        values = values_of(part)
        for name, remake in inner:
            values[name] = remake(values[name])
        return model_of(kind, values, fields_set)

    return remade


def _remakings(kind: type[BaseModel]) -> list[tuple[str, Callable[[Any], Any]]]:
    """The fields in which models stand, and how these are made."""
    found = ((name, _remaking(field.annotation)) for name, field in kind.model_fields.items())
    return [(name, remake) for name, remake in found if remake is not None]


def nested(kind: type, told: Any) -> Any:
    """A model inside a fact, or whatever else msgspec does not know."""
    return _making(kind)(told)


@cache
def _making(kind: type) -> Callable[[Any], Any]:
    """What makes such a model. Raises TypeError for what is none."""
    if not issubclass(kind, BaseModel):
        raise TypeError(f"a stored fact cannot hold a {kind.__name__}")
    struct = struct_of(kind)

    def made(told: Any) -> BaseModel:
        values = values_of(msgspec.convert(told, struct, dec_hook=nested))
        return model_of(kind, values, set(values))

    return made


def _hidden(annotation: Any) -> Callable[[Any], Any]:
    """How a value of a sensitive field comes from JSON."""
    kind = kind_of(annotation)
    if kind in (str, str | None):
        return lambda value: value if type(value) is str else msgspec.convert(value, kind)
    return lambda value: msgspec.convert(value, kind, dec_hook=nested)
