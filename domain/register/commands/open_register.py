"""The command OpenRegister."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand
from domain.register.facts import RegisterOpened
from domain.register.state import RegisterState


class OpenRegister(RegisterCommand):
    """Open a controller's register."""

    begins = True

    register_name: str
    controller: str
    opened_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """One fact."""
        return [RegisterOpened(**self.model_dump())]
