"""The command OpenUnit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import UnitOpened
from domain.register.state import RegisterState


class OpenUnit(RegisterCommand):
    """Record a unit, of the controller or of a producer."""

    unit_id: str
    unit_name: str
    area: str | None = None
    producer: str | None = None
    opened_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is known so already. Raises UnknownRegister."""
        require_open(state)
        fact = UnitOpened(**self.model_dump())
        return [] if state.units.get(self.unit_id) == fact else [fact]
