"""The command RequestRestriction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.amend.struck import wrongly_told
from domain.command import Context, Reads
from domain.fact import Fact
from domain.refusal import AlreadyThere, OutOfOrder
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.restriction import RestrictionRequested
from domain.register.state import RegisterState
from domain.strict import EntryAsked
from domain.subjects import clients_of


class RequestRestriction(RegisterCommand):
    """Ask that what entry number `entry` of a stream told, struck out as a wrong client's, be read by the few alone.

    Nothing happens to it before another person has approved.
    """

    restriction_id: UUID
    stream_id: UUID
    entry: EntryAsked
    reason: Annotated[str, Field(min_length=1, max_length=10_000)]

    def reads(self, state: RegisterState) -> Reads:
        """The stream that the entry stands in; none, once the request is known."""
        return Reads() if self.restriction_id in state.restrictions else Reads(streams=(self.stream_id,))

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it was asked for so already. Raises UnknownRegister, UnknownEntry, AlreadyThere, OutOfOrder."""
        require_open(state)
        known = state.restrictions.get(self.restriction_id)
        if known is not None:
            if (known.request.stream_id, known.request.entry) == (self.stream_id, self.entry):
                return []
            raise AlreadyThere(
                "That restriction_id is another restriction's.", remedy="Give this one an id of its own.",
                field="restriction_id",
            )  # fmt: skip
        stream = context.streams[self.stream_id]
        told = wrongly_told(stream, self.entry)
        for restriction_id, other in state.restrictions.items():
            if other.under_way and (other.request.stream_id, other.request.entry) == (self.stream_id, self.entry):
                raise OutOfOrder(
                    "A restriction of the same entry is under way.",
                    remedy=f"Go on with restriction {restriction_id}, or call it off.",
                    restriction_id=str(restriction_id),
                )
        clients = dict.fromkeys(one for entry in told for one in clients_of(entry.fact, stream, self.stream_id))
        return [RestrictionRequested(client_ids=tuple(clients), **self.model_dump())]
