"""The command ApproveRestriction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.fact import Fact
from domain.refusal import SecondPersonNeeded
from domain.register.commands.base import RegisterCommand, restriction_under_way
from domain.register.restriction import RestrictionApproved
from domain.register.state import RegisterState


class ApproveRestriction(RegisterCommand):
    """Approve a restriction that somebody else asked for. It can then be carried out."""

    restriction_id: UUID

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is approved already. Raises UnknownRegister, Unknown, OutOfOrder, SecondPersonNeeded."""
        restriction = restriction_under_way(state, self.restriction_id)
        if context.actor == restriction.requested_by:
            raise SecondPersonNeeded(
                f"{context.actor} asked for this restriction and cannot approve it.",
                remedy="Let another person read the request and approve it.",
            )
        return [] if restriction.approved_by is not None else [RestrictionApproved(restriction_id=self.restriction_id)]
