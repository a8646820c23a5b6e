"""The command CallOffDestruction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.register.commands.base import RegisterCommand, destruction_under_way, require_open
from domain.register.destruction import DestructionCalledOff
from domain.register.state import RegisterState


class CallOffDestruction(RegisterCommand):
    """Give up a destruction that was asked for and not approved yet. Once approved, it may be under way."""

    destruction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is called off already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        known = state.destructions.get(self.destruction_id)
        if known is not None and known.called_off:
            return []
        if destruction_under_way(state, self.destruction_id).approved_by is not None:
            raise OutOfOrder(
                "It is approved: its keys may be gone already.", remedy="Carry it out: `jaksokirja destroy carry-out`."
            )
        return [DestructionCalledOff(destruction_id=self.destruction_id)]
