"""What is so about a contact, folded from the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.consequence import ModelReference
from domain.contact.facts import (
    ContactAnswered,
    ContactClosed,
    ContactReceived,
    OnwardGuidanceGiven,
    ParentScreened,
)
from domain.entry import Entry
from domain.state import StreamState


@dataclass(frozen=True, kw_only=True)
class ContactState(StreamState):
    """A contact."""

    received: ContactReceived | None = None
    answered: ContactAnswered | None = None
    closed: ContactClosed | None = None
    guided: tuple[OnwardGuidanceGiven, ...] = ()
    screened: tuple[ParentScreened, ...] = ()

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model whose rules apply."""
        if self.received is None or self.received.service is None or self.received.model_version is None:
            return None
        return ModelReference(self.received.service, self.received.model_version)


def fold_contact(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ContactState:
    """The contact's state from the stream's entries."""
    received, answered, closed = None, None, None
    for entry in in_force:
        match entry.fact:
            case ContactReceived() as fact:
                received = fact
            case ContactAnswered() as fact:
                answered = answered or fact
            case ContactClosed() as fact:
                closed = fact
            case _:
                pass
    facts = [entry.fact for entry in in_force]
    return ContactState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        received=received,
        answered=answered,
        closed=closed,
        guided=tuple(fact for fact in facts if isinstance(fact, OnwardGuidanceGiven)),
        screened=tuple(fact for fact in facts if isinstance(fact, ParentScreened)),
    )
