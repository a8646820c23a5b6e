"""The base of every fact, and how a fact is parted into what is plain and what is sensitive.

Must never hold: a clock, an id of its own making, a database, HTTP. The names given to facts here and in
the streams' `facts` *are* the storage format: a name or a field is never changed, only a new version added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel

from domain.calendar import HELSINKI
from domain.strict import Strict
from domain.withheld import Withheld

JsonObject = dict[str, Any]
"""A parsed JSON object: what is stored, before it is validated into a fact."""
_values_of: Callable[[BaseModel], dict[str, Any]] = BaseModel.__dict__["__dict__"].__get__
put_values: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__dict__"].__set__
"""Gives a model its fields as they are: whoever does so answers for them."""
UNOPENED = "…"
"""Where among its values a fact keeps what opens the sensitive ones that stand sealed still; no field is named so."""


class StreamKind(StrEnum):
    """The kinds of stream that a register holds."""

    REGISTER = "register"
    CLIENT = "client"
    CONTACT = "contact"
    EPISODE = "episode"
    CONFERENCE = "conference"
    ACTIVITY = "activity"
    QUALITY = "quality"
    NETWORK = "network"


class Fact(Strict):
    """Something that happened, in the words a caseworker would sign. Immutable.

    A subclass states, as class keywords, its stored `name`, its `version`, the `stream` it belongs to (None:
    any), the field that tells when it `happened` (a date or an aware datetime; None: when it was recorded), which
    of its fields are `sensitive` (identities, addresses, free text: sealed apart, never shown by `repr`), which name
    `workers`, which pairs are `spans` (beginning, end), and which further fields must lie in the `past`. What must hold
    of all these is checked in one place, `domain.truth`. A sensitive field is a text or optional: it may be withheld.
    Which are read `early`: see below.
    """

    fact_name: ClassVar[str] = ""
    fact_version: ClassVar[int] = 1
    stream: ClassVar[StreamKind | None] = None
    happened: ClassVar[str | None] = None
    sensitive: ClassVar[frozenset[str]] = frozenset()
    stand_ins: ClassVar[Mapping[str, str]] = {}
    """What is put for the sensitive fields that must have a value, where they are not read."""
    withheld: ClassVar[Mapping[str, Withheld]] = {}
    """Of a fact that was read without a key: the fields whose content is there but could not be read, and why."""
    early: ClassVar[tuple[str, ...]] = ()
    """The plain fields that are read of it with its stream; all others only when somebody asks for the fact."""
    workers: ClassVar[tuple[str, ...]] = ()
    spans: ClassVar[tuple[tuple[str, str], ...]] = ()
    past: ClassVar[tuple[str, ...]] = ()
    consequence: ClassVar[bool] = False
    """True for what the ledger itself concludes (duties, deviations): nobody can correct or strike it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let the class keywords through: they are read by `__pydantic_init_subclass__`, when the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        name: str = "",
        version: int = 1,
        stream: StreamKind | None = None,
        happened: str | None = None,
        sensitive: tuple[str, ...] = (),
        early: tuple[str, ...] = (),
        workers: tuple[str, ...] = (),
        spans: tuple[tuple[str, str], ...] = (),
        past: tuple[str, ...] = (),
        consequence: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        named = {*sensitive, *early, *workers, *past, *(field for span in spans for field in span)}
        unknown = (named | ({happened} if happened else set())) - set(cls.model_fields)
        if unknown:
            raise TypeError(f"{cls.__name__} names fields that it does not have: {sorted(unknown)}")
        if set(early) & set(sensitive) or not all(cls.model_fields[field].is_required() for field in early):
            raise TypeError(f"{cls.__name__} has an early field that is not plain, or may be absent: {early}")
        cls.fact_name, cls.fact_version = name, version
        cls.stream, cls.happened = stream, happened
        cls.sensitive, cls.consequence = frozenset(sensitive), consequence
        cls.stand_ins = _stand_ins(cls)
        cls.early, cls.workers, cls.spans, cls.past = early, workers, spans, past

    @classmethod
    def stored_name(cls) -> str:
        """The name under which the fact is stored: `meeting_held.1`."""
        return f"{cls.fact_name}.{cls.fact_version}"

    def happened_at(self) -> dt.datetime | None:
        """When it happened in the world; a bare date is the start of that day in Helsinki. None: unstated."""
        if self.happened is None:
            return None
        moment = getattr(self, self.happened)
        if isinstance(moment, dt.datetime):
            return moment
        if isinstance(moment, dt.date):
            return dt.datetime.combine(moment, dt.time(), HELSINKI)
        return None

    def said_in(self, field: str) -> Any:
        """What it says there; None where it has no such field: pydantic takes forty times as long to say so."""
        return getattr(self, field) if field in type(self).__pydantic_fields__ else None

    def split(self) -> tuple[JsonObject, JsonObject]:
        """The plain and the sensitive part, as JSON objects; absent (None) fields are left out."""
        whole = self.model_dump(mode="json", exclude_none=True)
        hidden = {field: whole.pop(field) for field in sorted(self.sensitive) if field in whole}
        return whole, {field: value for field, value in hidden.items() if field not in self.withheld}

    def look_into(self) -> None:
        """Open what stands sealed still. Raises what reading it raises."""
        vars(self)

    def has_sensitive(self) -> bool:
        """Whether any of its sensitive fields says anything."""
        return any(getattr(self, field) is not None for field in self.sensitive)

    @classmethod
    def join(
        cls, plain: Mapping[str, Any], hidden: Mapping[str, Any], withheld: Mapping[str, Withheld] | None = None
    ) -> Self:
        """The fact from its two stored parts; `withheld` are the sensitive fields that could not be read, and why.

        Raises pydantic's ValidationError when they do not fit.
        """
        if not withheld:
            return cls.model_validate({**plain, **hidden} if hidden else plain)
        texts = {field: why for field, why in withheld.items() if field in cls.stand_ins and field not in hidden}
        fact = cls.model_validate({**plain, **hidden, **texts})
        vars(fact).update(texts, withheld=dict(withheld))
        return fact

    @classmethod
    def hidden_names(cls, hidden: Mapping[str, Any]) -> list[str]:
        """The names of the fields in a sensitive part, which stand beside it in the clear."""
        return sorted(hidden)

    if not TYPE_CHECKING:  # else every name would be an attribute to the type checker

        def __getattr__(self, name: str) -> Any:
            """A sensitive field that stands sealed is opened when somebody first asks for it.

            Another thread may have opened it since it was not found: so it is looked for among all values again.
            """
            if name in type(self).sensitive and name in (values := vars(self)):
                return values[name]
            return super().__getattr__(name)

        @property
        def withheld(self) -> Mapping[str, Withheld]:
            """See above. What stands sealed still is opened: nobody knows before whether it can be read."""
            return vars(self).get("withheld", {})

        def model_dump_json(self, **settings: Any) -> str:
            """As JSON. What reading it raises is raised as it is: pydantic's core would wrap it."""
            self.look_into()
            return super().model_dump_json(**settings)

        @property
        def __dict__(self) -> dict[str, Any]:
            """The values, opened: whoever compares, copies or writes the fact comes this way, pydantic too."""
            values = _values_of(self)
            if UNOPENED in values:
                values = values[UNOPENED].opened(values)
                put_values(self, values)
            return values

        @__dict__.setter
        def __dict__(self, values: dict[str, Any]) -> None:
            put_values(self, values)

    def __repr_args__(self) -> Any:
        values = _values_of(self)
        sealed = values[UNOPENED].names if UNOPENED in values else ()
        for field in type(self).model_fields:
            if field in sealed or (field in self.sensitive and values.get(field) is not None):
                yield field, "…"
            elif field in values:
                yield field, values[field]

    def __str__(self) -> str:
        return repr(self)


def _stand_ins(cls: type[Fact]) -> dict[str, str]:
    """Raises TypeError for a sensitive field that neither is a text nor may be absent."""
    needed = {field for field in cls.sensitive if cls.model_fields[field].is_required()}
    others = sorted(field for field in needed if cls.model_fields[field].annotation is not str)
    if others:
        raise TypeError(f"{cls.__name__} could not be read without its sensitive fields {others}: make them optional")
    return dict.fromkeys(sorted(needed), Withheld.NOT_YOURS.value)
