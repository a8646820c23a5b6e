"""The command RemoveWorker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, WorkerNotOfRegister
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import WorkerLeft
from domain.register.state import RegisterState


class RemoveWorker(RegisterCommand):
    """Record that a worker acts in this register no more after a day."""

    worker_id: str
    left_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when that is known already. Raises UnknownRegister, WorkerNotOfRegister, EndedBeforeItBegan."""
        require_open(state)
        enrolled = state.workers.get(self.worker_id)
        if enrolled is None:
            raise WorkerNotOfRegister("No such worker is enrolled here.", remedy="Name one who is.", field="worker_id")
        if self.left_on < enrolled.enrolled_on:
            raise EndedBeforeItBegan(
                "left_on is before the worker was enrolled.",
                remedy=f"Give a day that is not before {enrolled.enrolled_on}.",
                field="left_on",
            )
        if state.left.get(self.worker_id) == self.left_on:
            return []
        return [WorkerLeft(**self.model_dump())]
