"""Orders and outcomes: what is asked of a book, and what came of it; and how a book says that there is no such stream.

Never here: deciding, loading, appending.
"""

from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from pydantic_core import to_json

from domain.commands import AnyCommand
from domain.consequence import DeviationNoted, DutyMet, DutyOpened
from domain.entry import Entry, Provenance
from domain.fact import Fact, StreamKind
from domain.refusal import (
    KeyReused,
    Unknown,
    UnknownActivity,
    UnknownClient,
    UnknownConference,
    UnknownContact,
    UnknownEpisode,
    UnknownNetwork,
    UnknownQualityFile,
    WrongVersion,
)
from domain.register.state import RegisterState
from domain.state import StreamState

UNKNOWN: dict[StreamKind, type[Unknown]] = {
    StreamKind.CLIENT: UnknownClient,
    StreamKind.CONTACT: UnknownContact,
    StreamKind.EPISODE: UnknownEpisode,
    StreamKind.CONFERENCE: UnknownConference,
    StreamKind.ACTIVITY: UnknownActivity,
    StreamKind.QUALITY: UnknownQualityFile,
    StreamKind.NETWORK: UnknownNetwork,
}
"""How the ledger says that there is no stream of that kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as somebody gave it. The same `command_id` again is answered with the first outcome.

    `expected_version`: refuse unless the stream stands there (0: not begun). `historical`: see Context.
    """

    stream_id: UUID
    command: AnyCommand
    command_id: UUID
    actor: str
    expected_version: int | None = None
    provenance: Provenance | None = None
    historical: bool = False

    def content(self) -> bytes:
        """What makes two orders the same: stream, command and body; not the actor's session or the version.

        What was not said is left out, so that an order that is sent again is the same when its command has come to know
        a field more.
        """
        body = self.command.model_dump(mode="json", exclude_none=True)
        return to_json([str(self.stream_id), self.command.command_name(), body])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order: the entries recorded, in order; empty when nothing changed.

    `after`, `register`: the stream as it stands then, and the register, where they are at hand.
    """

    command_id: UUID
    stream_id: UUID
    version: int
    entries: tuple[Entry, ...]
    replayed: bool = False
    warnings: tuple[str, ...] = ()
    after: StreamState | None = field(default=None, repr=False, compare=False)
    register: RegisterState | None = field(default=None, repr=False, compare=False)

    @property
    def position(self) -> int | None:
        """The position of the last entry; None when nothing was recorded."""
        return self.entries[-1].position if self.entries else None

    def facts(self, *kinds: type[Fact]) -> list[Fact]:
        """The facts of those kinds; all when none is named."""
        return [entry.fact for entry in self.entries if not kinds or isinstance(entry.fact, kinds)]

    @property
    def opened_duties(self) -> list[DutyOpened]:
        """The duties that it opened."""
        return cast("list[DutyOpened]", self.facts(DutyOpened))

    @property
    def met_duties(self) -> list[DutyMet]:
        """The duties that it met."""
        return cast("list[DutyMet]", self.facts(DutyMet))

    @property
    def deviations(self) -> list[DeviationNoted]:
        """The deviations noted beside it."""
        return cast("list[DeviationNoted]", self.facts(DeviationNoted))


def wrong_version(order: Order, current: int) -> WrongVersion:
    """The refusal of an order whose stream stands elsewhere, or moves on too fast."""
    expected = order.expected_version
    return WrongVersion(
        f"The stream stands at version {current}, not {expected}."
        if expected is not None
        else f"The stream, now at version {current}, moves on faster than this command can be decided.",
        remedy="Read it again, and decide on what stands there now.",
        current_version=current,
    )


def key_reused() -> KeyReused:
    """The refusal of an order whose id another order has."""
    return KeyReused(
        "This command id was used before, for another command or body.",
        remedy="Send the same body again, or give the new command an id of its own.",
    )
