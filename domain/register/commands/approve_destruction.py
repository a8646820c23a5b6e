"""The command ApproveDestruction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.refusal import SecondPersonNeeded
from domain.register.commands.base import RegisterCommand, destruction_under_way
from domain.register.destruction import DestructionApproved
from domain.register.state import RegisterState


class ApproveDestruction(RegisterCommand):
    """Approve a destruction that somebody else asked for. It can then be carried out."""

    destruction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is approved already. Raises UnknownRegister, Unknown, OutOfOrder, SecondPersonNeeded."""
        destruction = destruction_under_way(state, self.destruction_id)
        if context.actor == destruction.requested_by:
            raise SecondPersonNeeded(
                f"{context.actor} asked for this destruction and cannot approve it.",
                remedy="Let another person read the request and approve it.",
            )
        return [] if destruction.approved_by is not None else [DestructionApproved(destruction_id=self.destruction_id)]
