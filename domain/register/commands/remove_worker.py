"""The command RemoveWorker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.refusal import WorkerNotOfRegister
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import WorkerLeft
from domain.register.state import RegisterState


class RemoveWorker(RegisterCommand):
    """Record that a worker acts in this register no more after a day."""

    worker_id: str
    left_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """Raises UnknownRegister, WorkerNotOfRegister."""
        require_open(state)
        if self.worker_id not in state.workers:
            raise WorkerNotOfRegister("No such worker is enrolled here.", remedy="Name one who is.", field="worker_id")
        return [WorkerLeft(**self.model_dump())]
