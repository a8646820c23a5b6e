"""The command ApproveRestriction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.restriction import RESTRICTIONS
from domain.register.state import RegisterState


class ApproveRestriction(RegisterCommand):
    """Approve a restriction that somebody else asked for. It can then be carried out."""

    restriction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is approved already. Raises UnknownRegister, Unknown, OutOfOrder, SecondPersonNeeded."""
        require_open(state)
        return RESTRICTIONS.approval(state.restrictions, self.restriction_id, context.actor)
