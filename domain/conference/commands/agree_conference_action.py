"""The command AgreeConferenceAction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Context
from domain.conference.commands.base import ConferenceCommand, require_convened
from domain.conference.facts import ActionKind, ConferenceActionAgreed
from domain.conference.state import ConferenceState
from domain.fact import Fact
from domain.organisations import Organisation


class AgreeConferenceAction(ConferenceCommand):
    """Agree upon an action: whose it is, and by when it begins. It gets the next number."""

    agreed_on: dt.date
    action_kind: ActionKind
    owner: Organisation
    due_on: dt.date
    owner_id: str | None = None
    explanation: str | None = None

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises UnknownConference, OutOfOrder, EndedBeforeItBegan."""
        require_convened(state, self.agreed_on, "agreed_on")
        number = state.next_number(ConferenceActionAgreed, "action")
        return [ConferenceActionAgreed(**self.model_dump(), action=number)]
