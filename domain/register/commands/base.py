"""What the commands of the register itself share."""

from __future__ import annotations

from domain.command import Command
from domain.fact import StreamKind
from domain.refusal import UnknownRegister
from domain.register.state import RegisterState


class RegisterCommand(Command[RegisterState]):
    """A command of the register's own stream."""

    stream = StreamKind.REGISTER


def require_open(state: RegisterState) -> None:
    """Raises UnknownRegister when the register has not been opened."""
    if not state.exists:
        raise UnknownRegister("This register has not been opened.", remedy="Open it first.")
