"""The base of every command: the fields of a request, and one pure function from what is so to new facts.

The command model is the request schema: route, permission and audit label follow from its class name. A command
knows no clock and makes no ids: time, actor, the register and the streams that it asks for are in the context.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.fact import Fact, StreamKind
from domain.state import StreamState
from domain.strict import Strict

if TYPE_CHECKING:
    from domain.client.state import ClientState
    from domain.contact.state import ContactState
    from domain.episode.state import EpisodeState
    from domain.register.state import RegisterState


@dataclass(frozen=True, slots=True)
class Reads:
    """The other streams that a command must see before it can decide."""

    clients: tuple[UUID, ...] = ()
    contacts: tuple[UUID, ...] = ()
    episodes: tuple[UUID, ...] = ()
    continued: tuple[UUID, ...] = ()
    """Episodes, and with them those that they go on from, and so on back: all of them are told among the episodes."""
    streams: tuple[UUID, ...] = ()
    """Of whatever kind, begun or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a decision may depend on besides its own stream.

    `historical`: another system's history is being imported: what it authorised is recorded with its deviations,
    not refused (domain book § 2).
    """

    stream_id: UUID
    now: dt.datetime
    actor: str
    register: RegisterState
    clients: Mapping[UUID, ClientState] = field(default_factory=dict)
    contacts: Mapping[UUID, ContactState] = field(default_factory=dict)
    episodes: Mapping[UUID, EpisodeState] = field(default_factory=dict)
    streams: Mapping[UUID, StreamState] = field(default_factory=dict)
    historical: bool = False

    @property
    def today(self) -> dt.date:
        """The day in Finland."""
        return day_in_helsinki(self.now)


StateT_contra = TypeVar("StateT_contra", bound=StreamState, contravariant=True)


@lru_cache(maxsize=1024)
def _in_kebab_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Command(Strict, Generic[StateT_contra]):
    """An act that somebody asks the ledger to record.

    `begins`: it must be the first of its stream. `authorises`: it is refused when a `must` rule does not hold.
    `callers_role`: the role that a caller's token must have to send it; "": any token of the register will do.
    `tells`: the fact that it records, where it is always one: a service that does not know that act hears none of it.
    """

    stream: ClassVar[StreamKind]
    begins: ClassVar[bool] = False
    authorises: ClassVar[bool] = False
    callers_role: ClassVar[str] = ""
    tells: ClassVar[type[Fact] | None] = None

    @classmethod
    def command_name(cls) -> str:
        """`RecordMeeting` → `record-meeting`: its route, its permission, its label in the audit trail."""
        return _in_kebab_case(cls.__name__.partition("[")[0])

    def __repr_args__(self) -> Any:
        """Which fields were given, never what they say: they hold identities and narratives, and logs hold neither."""
        for given in sorted(self.model_fields_set):
            yield given, "…"

    def __str__(self) -> str:
        return repr(self)

    def reads(self, state: StateT_contra) -> Reads:
        """Which other streams the decision depends on."""
        return Reads()

    def decide(self, state: StateT_contra, context: Context) -> Sequence[Fact]:
        """The facts that follow. Raises a Refusal. A command that changes nothing gives none."""
        raise NotImplementedError(type(self).__name__)
