"""The command ApproveDestruction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.destruction import DESTRUCTIONS
from domain.register.state import RegisterState


class ApproveDestruction(RegisterCommand):
    """Approve a destruction that somebody else asked for. It can then be carried out."""

    destruction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is approved already. Raises UnknownRegister, Unknown, OutOfOrder, SecondPersonNeeded."""
        require_open(state)
        return DESTRUCTIONS.approval(state.destructions, self.destruction_id, context.actor)
