"""The command CloseContact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Command, Context
from domain.contact.commands.answer_contact import require_contact
from domain.contact.facts import ContactClosed
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind


class CloseContact(Command[ContactState]):
    """Record that nothing more is done on the contact."""

    stream = StreamKind.CONTACT

    closed_on: dt.date
    reason: str | None = None

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises UnknownContact, OutOfOrder."""
        require_contact(state)
        return [ContactClosed(**self.model_dump())]
