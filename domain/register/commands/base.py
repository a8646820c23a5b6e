"""What the commands of the register itself share."""

from __future__ import annotations

from uuid import UUID

from domain.command import Command
from domain.fact import StreamKind
from domain.refusal import OutOfOrder, UnknownDestruction, UnknownRegister, UnknownRestriction
from domain.register.destruction import Destruction
from domain.register.restriction import Restriction
from domain.register.state import RegisterState


class RegisterCommand(Command[RegisterState]):
    """A command of the register's own stream."""

    stream = StreamKind.REGISTER


def require_open(state: RegisterState) -> None:
    """Raises UnknownRegister when the register has not been opened."""
    if not state.exists:
        raise UnknownRegister("This register has not been opened.", remedy="Open it first.")


def destruction_under_way(state: RegisterState, destruction_id: UUID) -> Destruction:
    """The destruction, which is neither called off nor done. Raises UnknownRegister, UnknownDestruction, OutOfOrder."""
    require_open(state)
    destruction = state.destructions.get(destruction_id)
    if destruction is None:
        raise UnknownDestruction(
            "No destruction of that id was asked for in this register.",
            remedy="`jaksokirja destroy status` lists them.",
            field="destruction_id",
        )
    if not destruction.under_way:
        told = "called off" if destruction.called_off else "carried out and certified"
        raise OutOfOrder(f"This destruction was {told}.", remedy="Ask for a new one where there is more to destroy.")
    return destruction


def restriction_under_way(state: RegisterState, restriction_id: UUID) -> Restriction:
    """The restriction, which is neither called off nor done. Raises UnknownRegister, UnknownRestriction, OutOfOrder."""
    require_open(state)
    restriction = state.restrictions.get(restriction_id)
    if restriction is None:
        raise UnknownRestriction(
            "No restriction of that id was asked for in this register.",
            remedy="`jaksokirja restrict status` lists them.",
            field="restriction_id",
        )
    if not restriction.under_way:
        told = "called off" if restriction.called_off else "carried out and certified"
        raise OutOfOrder(f"This restriction was {told}.", remedy="Ask for a new one where there is more to restrict.")
    return restriction
