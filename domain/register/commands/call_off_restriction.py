"""The command CallOffRestriction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.restriction import RESTRICTIONS
from domain.register.state import RegisterState


class CallOffRestriction(RegisterCommand):
    """Give up a restriction that was asked for and not approved yet. Once approved, it may be under way."""

    restriction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is called off already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        return RESTRICTIONS.calling_off(state.restrictions, self.restriction_id)
