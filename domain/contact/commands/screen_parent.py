"""The command ScreenParent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Command, Context
from domain.contact.commands.answer_contact import require_open_contact
from domain.contact.facts import ParentScreened, ScreenedParent
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind


class ScreenParent(Command[ContactState]):
    """Record that a parent was asked about violence in close relationships: the first, or another one."""

    stream = StreamKind.CONTACT
    tells = ParentScreened

    screened_on: dt.date
    worker_id: str
    parents_in_family: int = Field(ge=1, le=4)
    separately: bool
    help_needed: bool | None = None

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises UnknownContact, OutOfOrder, EndedBeforeItBegan."""
        require_open_contact(state, self.screened_on, "screened_on")
        parent = ScreenedParent.SECOND_PARENT if state.screened else ScreenedParent.FIRST_PARENT
        return [ParentScreened(**self.model_dump(), parent=parent)]
