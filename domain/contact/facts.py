"""Facts about a contact (yhteydenotto): somebody asks for help, and is answered.

The names given here are the storage format.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from domain.fact import Fact, JsonObject, StreamKind


class ContactChannel(StrEnum):
    """How the contact came."""

    PHONE = "phone"
    FORM = "form"
    ELECTRONIC = "electronic"
    CHAT = "chat"
    IN_PERSON = "in_person"


class ContactSource(StrEnum):
    """Who made the contact: the family itself, or a professional of which service."""

    FAMILY = "family"
    MATERNITY_CLINIC = "maternity_clinic"
    EARLY_EDUCATION = "early_education"
    FAMILY_SOCIAL_WORK = "family_social_work"
    FAMILY_COUNSELLING = "family_counselling"
    SCHOOL = "school"
    CHILD_WELFARE = "child_welfare"
    OTHER_PROFESSIONAL = "other_professional"
    OTHER_PERSON = "other_person"


class FamilyConsent(StrEnum):
    """Whether the family consented to being contacted."""

    GIVEN = "given"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"


class ContactReceived(
    Fact,
    name="contact_received",
    version=2,
    stream=StreamKind.CONTACT,
    happened="received_at",
    sensitive=("message",),
):
    """A contact arrived. The clock of the waiting time starts.

    `service` and `model_version` pin the model whose limit for answering applies, when the contact asks for one.
    """

    received_at: AwareDatetime
    channel: ContactChannel
    source: ContactSource
    consent: FamilyConsent
    client_id: UUID | None = None
    area: str | None = None
    service: str | None = None
    model_version: int | None = None
    message: str | None = None


class ContactAnswered(
    Fact,
    name="contact_answered",
    stream=StreamKind.CONTACT,
    happened="answered_at",
    sensitive=("note",),
    workers=("worker_id",),
):
    """A worker answered the contact; `outcome` tells whether guided or accompanied onwards."""

    answered_at: AwareDatetime
    worker_id: str
    outcome: str | None = None
    note: str | None = None


class ContactClosed(
    Fact, name="contact_closed", stream=StreamKind.CONTACT, happened="closed_on", sensitive=("reason",)
):
    """Nothing more is done on the contact."""

    closed_on: dt.date
    reason: str | None = None


def consent_in_words(plain: JsonObject) -> JsonObject:
    """contact_received 1 → 2: `consent` was true or false; whether anybody had asked could not be told apart."""
    consent = plain.get("consent")
    words = FamilyConsent.NOT_ASKED if consent is None else FamilyConsent.GIVEN if consent else FamilyConsent.REFUSED
    return {**plain, "consent": words.value}


FACTS: tuple[type[Fact], ...] = (
    ContactReceived,
    ContactAnswered,
    ContactClosed,
)
