"""The command ReceiveReferral."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.command import Context, Reads
from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.episode.commands.base import EpisodeCommand
from domain.episode.facts import ReferralReceived
from domain.episode.state import EpisodeState
from domain.fact import Fact


class ReceiveReferral(EpisodeCommand):
    """Begin an episode: a referral, or a family's own request, came in.

    Who asked and whether the family consented are taken from the contact, where one is named; else `source` must be
    given: nobody is taken to have asked, or to have consented, because nothing was said.
    """

    begins = True

    client_ids: Annotated[tuple[UUID, ...], Field(min_length=1)]
    received_on: dt.date
    channel: ContactChannel | None = None
    source: ContactSource | None = None
    consent: FamilyConsent | None = None
    contact_id: UUID | None = None
    requested_service: str | None = None
    area: str | None = None
    unit_id: str | None = None
    referrer: str | None = None
    purchaser: str | None = None
    need_code: str | None = None
    need: str | None = None

    @model_validator(mode="after")
    def _says_who_asked(self) -> Self:
        if self.source is None and self.contact_id is None:
            raise ValueError("say who asked: name the contact (contact_id) or the source")
        return self

    def reads(self, state: EpisodeState) -> Reads:
        """The clients and the contact must be of the register."""
        return Reads(clients=self.client_ids, contacts=(self.contact_id,) if self.contact_id else ())

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """One fact. What is known from the contact or the client fills what is not given."""
        contact = context.contacts[self.contact_id].received if self.contact_id else None
        client = context.clients[self.client_ids[0]]
        source = self.source or (contact.source if contact else ContactSource.OTHER_PERSON)  # one of the two is given
        own_request = FamilyConsent.GIVEN if source is ContactSource.FAMILY else FamilyConsent.NOT_ASKED
        known = self.model_dump(exclude={"source", "consent", "channel", "area"})
        return [
            ReferralReceived(
                **known,
                source=source,
                consent=self.consent or (contact.consent if contact else own_request),
                channel=self.channel or (contact.channel if contact else None),
                area=self.area or (contact.area if contact else None) or client.area,
            )
        ]
