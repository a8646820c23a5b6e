"""The command AnswerContact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import AwareDatetime

from domain.calendar import day_in_helsinki
from domain.command import Command, Context
from domain.contact.facts import ContactAnswered, ContactReceived
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownContact


def require_contact(state: ContactState) -> ContactReceived:
    """The contact as received. Raises UnknownContact, OutOfOrder when it was struck out."""
    if not state.exists:
        raise UnknownContact("There is no such contact in this register.", remedy="Record the contact first.")
    if state.received is None:
        raise OutOfOrder("The contact was struck out.", remedy="Record a new contact.")
    return state.received


def require_open_contact(state: ContactState, day: dt.date, field: str) -> ContactReceived:
    """The contact, with `day` (told in `field`) not before it and not after its close.

    Raises UnknownContact, OutOfOrder, EndedBeforeItBegan.
    """
    received = require_contact(state)
    came_on = day_in_helsinki(received.received_at)
    if day < came_on:
        raise EndedBeforeItBegan(
            f"{field} is before the contact was received.", remedy=f"Give a day from {came_on} on.", field=field
        )
    if state.closed is not None and day > state.closed.closed_on:
        raise OutOfOrder("The contact was closed by then.", remedy="Record a new contact.", field=field)
    return received


class AnswerContact(Command[ContactState]):
    """Record that a worker answered the contact; also late, after it was closed, if it was answered before."""

    stream = StreamKind.CONTACT

    answered_at: AwareDatetime
    worker_id: str
    outcome: str | None = None
    note: str | None = None

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises UnknownContact, OutOfOrder, EndedBeforeItBegan."""
        received = require_contact(state)
        if self.answered_at < received.received_at:
            raise EndedBeforeItBegan(
                "answered_at is before the contact was received.",
                remedy="Give a moment that is not before it.",
                field="answered_at",
            )
        if state.closed is not None and day_in_helsinki(self.answered_at) > state.closed.closed_on:
            raise OutOfOrder("The contact was closed by then.", remedy="Record a new contact.", field="answered_at")
        return [ContactAnswered(**self.model_dump())]
