"""The command CallOffRestriction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.register.commands.base import RegisterCommand, require_open, restriction_under_way
from domain.register.restriction import RestrictionCalledOff
from domain.register.state import RegisterState


class CallOffRestriction(RegisterCommand):
    """Give up a restriction that was asked for and not approved yet. Once approved, it may be under way."""

    restriction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is called off already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        known = state.restrictions.get(self.restriction_id)
        if known is not None and known.called_off:
            return []
        if restriction_under_way(state, self.restriction_id).approved_by is not None:
            raise OutOfOrder(
                "It is approved: its keys may be parted already.",
                remedy="Carry it out: `jaksokirja restrict carry-out`.",
            )
        return [RestrictionCalledOff(restriction_id=self.restriction_id)]
