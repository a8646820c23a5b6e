"""The command RecordConference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import ConferenceHeld, NextStep, Urgency, WaitingSupport
from domain.conference.state import ConferenceState
from domain.fact import Fact
from domain.organisations import Organisation, Profession


class RecordConference(ConferenceCommand):
    """Record that the conference met: who was there, and how the matter goes on."""

    held_on: dt.date
    organisations: tuple[Organisation, ...]
    professions: tuple[Profession, ...] = ()
    guardians_present: bool | None = None
    child_present: bool | None = None
    worker_ids: tuple[str, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    urgency: Urgency | None = None
    contact_person_of: Organisation | None = None
    waiting_support: WaitingSupport | None = None
    note: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        convened = require_convened(state, self.held_on, "held_on")
        return [ConferenceHeld(**self.model_dump(), conference_kind=convened.conference_kind)]
