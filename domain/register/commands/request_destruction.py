"""The command RequestDestruction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Context, Reads
from domain.fact import Fact
from domain.refusal import AlreadyThere, OutOfOrder
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.destruction import DestructionGround, DestructionRequested, covers
from domain.register.state import RegisterState


class RequestDestruction(RegisterCommand):
    """Ask that what is known of a client, in one service task or (no `task`) in all, be destroyed for good.

    Nothing happens to it before another person has approved. `task`: as decisions name it, or `unassigned` for identity
    and all that was told outside every service.
    """

    destruction_id: UUID
    client_id: UUID
    task: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    ground: DestructionGround
    reason: Annotated[str, Field(min_length=1, max_length=10_000)]

    def reads(self, state: RegisterState) -> Reads:
        """The client, who must be of this register; nobody's, once the request is known."""
        return Reads() if self.destruction_id in state.destructions else Reads(clients=(self.client_id,))

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it was asked for so already. Raises UnknownRegister, UnknownClient, AlreadyThere, OutOfOrder."""
        require_open(state)
        fact = DestructionRequested(**self.model_dump())
        known = state.destructions.get(self.destruction_id)
        if known is not None:
            if known.request.split()[0] == fact.split()[0]:
                return []
            raise AlreadyThere(
                "That destruction_id is another destruction's.", remedy="Give this one an id of its own.",
                field="destruction_id",
            )  # fmt: skip
        for destruction_id, other in state.destructions.items():
            if other.under_way and covers(other, self.client_id, self.task):
                raise OutOfOrder(
                    "A destruction of the same content is under way.",
                    remedy=f"Go on with destruction {destruction_id}, or call it off.",
                    destruction_id=str(destruction_id),
                )
        return [fact]
