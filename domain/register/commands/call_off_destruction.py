"""The command CallOffDestruction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.destruction import DESTRUCTIONS
from domain.register.state import RegisterState


class CallOffDestruction(RegisterCommand):
    """Give up a destruction that was asked for and not approved yet. Once approved, it may be under way."""

    destruction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is called off already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        return DESTRUCTIONS.calling_off(state.destructions, self.destruction_id)
