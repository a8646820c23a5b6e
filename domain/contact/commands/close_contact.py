"""The command CloseContact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.calendar import day_in_helsinki
from domain.command import Command, Context
from domain.contact.commands.answer_contact import require_contact
from domain.contact.facts import ContactClosed
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class CloseContact(Command[ContactState]):
    """Record that nothing more is done on the contact."""

    stream = StreamKind.CONTACT

    closed_on: dt.date
    reason: str | None = None

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises UnknownContact, OutOfOrder, EndedBeforeItBegan."""
        received = require_contact(state)
        if state.closed is not None:
            raise OutOfOrder(
                f"The contact was closed on {state.closed.closed_on} already.",
                remedy="Correct that entry if the day is wrong.",
            )
        if self.closed_on < (day := day_in_helsinki(received.received_at)):
            raise EndedBeforeItBegan(
                "closed_on is before the contact was received.",
                remedy=f"Give a day that is not before {day}.",
                field="closed_on",
            )
        return [ContactClosed(**self.model_dump())]
