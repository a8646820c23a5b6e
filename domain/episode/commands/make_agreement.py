"""The command MakeAgreement."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from pydantic import Field

from domain.contact.facts import ContactChannel
from domain.episode.commands.base import Telling
from domain.episode.facts import AgreementMade, AgreementSubject


class MakeAgreement(Telling):
    """Record what was agreed with the referrer or purchaser: clientship, arrival, reporting, extra staff."""

    tells = AgreementMade

    agreement_id: UUID
    subject: AgreementSubject
    agreed_on: dt.date
    agreed_with: str
    channel: ContactChannel | None = None
    every_months: int | None = Field(default=None, ge=1, le=24)
    due_day: int | None = Field(default=None, ge=1, le=28)
    note_types: tuple[str, ...] = ()
    contact_person: str | None = None
    content: str | None = None
