"""The command ReceiveContact."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import AwareDatetime

from domain.calendar import day_in_helsinki
from domain.command import Command, Context, Reads
from domain.contact.facts import (
    ContactChannel,
    ContactMatter,
    ContactPurpose,
    ContactReceived,
    ContactSource,
    FamilyConsent,
)
from domain.contact.state import ContactState
from domain.fact import Fact, StreamKind


class ReceiveContact(Command[ContactState]):
    """Record that somebody asked for help. The waiting time runs from now.

    `service` names a service whose model may limit the time for answering. A family that asks for itself consents.
    """

    stream = StreamKind.CONTACT
    begins = True

    received_at: AwareDatetime
    channel: ContactChannel
    source: ContactSource
    consent: FamilyConsent | None = None
    client_id: UUID | None = None
    area: str | None = None
    service: str | None = None
    matter: ContactMatter | None = None
    purpose: ContactPurpose | None = None
    anonymous: bool | None = None
    message: str | None = None

    def reads(self, state: ContactState) -> Reads:
        """The client, where one is named."""
        return Reads(clients=(self.client_id,) if self.client_id else ())

    def decide(self, state: ContactState, context: Context) -> Sequence[Fact]:
        """Raises ServiceNotKnown."""
        model_version = None
        if self.service is not None:
            day = day_in_helsinki(self.received_at)
            model_version = context.register.model_in_force(self.service, day).model_version
        area = self.area or (context.clients[self.client_id].area if self.client_id else None)
        own = FamilyConsent.GIVEN if self.source is ContactSource.FAMILY else FamilyConsent.NOT_ASKED
        fields = self.model_dump(exclude={"consent", "area"})
        return [ContactReceived(**fields, consent=self.consent or own, area=area, model_version=model_version)]
