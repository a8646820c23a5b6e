"""Stories told step by step: named commands in the order of the days, any of which can be changed or left out.

Never here: what a particular service asks for; its module names the steps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from domain.commands import AnyCommand
from domain.ledger.identity import new_id
from tests.domain.desk import Desk, at

Fields = Mapping[str, Any]
IDS = ("decision_id", "commitment_id", "plan_id", "assignment_id", "meeting_id", "summary_id", "feedback_id")


@dataclass(frozen=True)
class Step:
    """A command with its fields; ids are made anew for every story."""

    command: type[AnyCommand]
    fields: Fields = field(default_factory=dict)

    def order(self, **changes: Any) -> AnyCommand:
        """The command, with what is changed in this story."""
        told = {**self.fields, **changes}
        ids = {name: new_id() for name in IDS if name in self.command.model_fields and name not in told}
        return self.command.model_validate({**ids, **told})


LEFT_OUT = None
"""What a step is changed to when the story does without it."""


@dataclass(frozen=True)
class Script:
    """A service's steps by name, in order, for a client of `age` on `decided_on`."""

    steps: Mapping[str, Step]
    age: int
    decided_on: dt.date
    prepared: Callable[[Desk], None] = lambda desk: None
    client: Callable[[Desk, int, dt.date], UUID] = lambda desk, age, on: desk.client(age=age, on=on)

    def until(self, last: str, /, *more: Step, **changes: Fields | None) -> Callable[[Desk], UUID]:
        """The story up to that step, with its changes, and further steps at its end."""

        def story(desk: Desk) -> UUID:
            self.prepared(desk)
            client_id = self.client(desk, self.age, self.decided_on)
            episode_id = new_id()
            names = list(self.steps)
            for name in names[: names.index(last) + 1]:
                told = changes.get(name, {})
                if told is not LEFT_OUT:
                    who = {"client_ids": (client_id,)} if name == names[0] else {}
                    desk.do(episode_id, self.steps[name].order(**who, **told))
            for step in more:
                desk.do(episode_id, step.order())
            return episode_id

        return story

    def aged(self, age: int) -> Script:
        """The same script for a client of another age."""
        return replace(self, age=age)

    def with_step(self, name: str, step: Step, *, before: str) -> Script:
        """The same script with one step more."""
        steps: dict[str, Step] = {}
        for known, told in self.steps.items():
            if known == before:
                steps[name] = step
            steps[known] = told
        return replace(self, steps=steps)


def from_to(day: dt.date, hour: int = 10, minutes: int = 90) -> dict[str, Any]:
    """Beginning and end of a meeting."""
    return {"started_at": at(day, hour), "ended_at": at(day, hour) + dt.timedelta(minutes=minutes)}
