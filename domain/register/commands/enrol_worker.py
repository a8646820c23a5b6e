"""The command EnrolWorker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import WorkerEnrolled, WorkerRole
from domain.register.state import RegisterState


class EnrolWorker(RegisterCommand):
    """Let a worker act in this register."""

    worker_id: str
    role: WorkerRole
    unit_id: str | None = None
    area: str | None = None
    display_name: str | None = None
    enrolled_on: dt.date

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when the worker is enrolled so already. Raises UnknownRegister."""
        require_open(state)
        fact = WorkerEnrolled(**self.model_dump())
        is_so = state.workers.get(self.worker_id) == fact and self.worker_id not in state.left
        return [] if is_so else [fact]
