"""The command SucceedController."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import ControllerSucceeded
from domain.register.state import RegisterState


class SucceedController(RegisterCommand):
    """Record that the register passed to another controller."""

    successor: str
    succeeded_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is theirs already. Raises UnknownRegister."""
        require_open(state)
        if state.controller == self.successor:
            return []
        return [ControllerSucceeded(predecessor=state.controller, **self.model_dump())]
