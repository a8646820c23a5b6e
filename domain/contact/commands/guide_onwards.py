"""The command GuideOnwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import Field

from domain.command import Command, Context, Reads
from domain.contact.commands.answer_contact import require_open_contact
from domain.contact.facts import GuidanceKind, GuidanceManner, GuidanceTheme, OnwardGuidanceGiven
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind
from domain.organisations import Organisation


class GuideOnwards(Command[ContactState]):
    """Record that somebody was guided or accompanied to an activity or a service.

    `age_years` is that of the contact's client on the day, where there is one; else as told.
    """

    stream = StreamKind.CONTACT
    tells = OnwardGuidanceGiven

    given_on: dt.date
    worker_id: str
    guidance_kind: GuidanceKind
    manner: GuidanceManner
    target: Organisation
    given_by: Organisation | None = None
    with_client: bool | None = None
    themes: tuple[GuidanceTheme, ...] = ()
    age_years: int | None = Field(default=None, ge=0, le=130)
    grade: int | None = Field(default=None, ge=0, le=20)
    has_hobby: bool | None = None
    school_in_model: bool | None = None
    by_appointment: bool | None = None
    parenting_plan_used: bool | None = None
    feedback_asked: bool | None = None
    note: str | None = None

    def reads(self, state: ContactState) -> Reads:
        """The client of the contact, for the age."""
        return Reads(clients=(state.received.client_id,) if state.received and state.received.client_id else ())

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises UnknownContact, OutOfOrder, EndedBeforeItBegan."""
        require_open_contact(state, self.given_on, "given_on")
        known = [client.age_on(self.given_on) for client in context.clients.values()]
        age = next((years for years in known if years is not None), self.age_years)
        return [OnwardGuidanceGiven(**self.model_dump(exclude={"age_years"}), age_years=age)]
