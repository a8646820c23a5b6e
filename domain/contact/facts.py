"""Facts about a contact (yhteydenotto): somebody asks for help, and is answered.

The names given here are the storage format.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.fact import Fact, JsonObject, StreamKind
from domain.organisations import Organisation
from domain.strict import AgeYears, Grade, Ordinal


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
    POLICE = "police"
    OTHER_PROFESSIONAL = "other_professional"
    OTHER_PERSON = "other_person"


class FamilyConsent(StrEnum):
    """Whether the family consented to being contacted."""

    GIVEN = "given"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"


class ContactMatter(StrEnum):
    """In whose matter help is asked."""

    OWN = "own"
    NEAR_ONE = "near_one"


class ContactPurpose(StrEnum):
    """What the contact is about, where a service has rules of its own for it."""

    ASKING_FOR_HELP = "asking_for_help"
    CLINIC_VISIT = "clinic_visit"
    WELLBEING = "wellbeing"
    HOBBY = "hobby"
    SEPARATION = "separation"
    DRUG_USE = "drug_use"


class GuidanceKind(StrEnum):
    """In which way somebody was guided onwards (S1)."""

    GUIDANCE = "guidance"
    WELLBEING_REFERRAL = "wellbeing_referral"
    HOBBY_PRESCRIPTION = "hobby_prescription"
    FAMILY_GUIDANCE_POINT = "family_guidance_point"
    TREATMENT_INSTEAD_OF_PUNISHMENT = "treatment_instead_of_punishment"
    SEPARATION_FIRST_AID = "separation_first_aid"


class GuidanceManner(StrEnum):
    """Told where to go, or gone along with."""

    GUIDED = "guided"
    ACCOMPANIED = "accompanied"


class GuidanceTheme(StrEnum):
    """What the advice was about."""

    EVERYDAY_LIFE = "everyday_life"
    PARENTING = "parenting"
    RELATIONSHIP = "relationship"
    SEPARATION = "separation"


class ScreenedParent(StrEnum):
    """Which of the parents was asked, in the order in which they were."""

    FIRST_PARENT = "first_parent"
    SECOND_PARENT = "second_parent"


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
    `anonymous`: whoever asked did not want to be known.
    """

    received_at: AwareDatetime
    channel: ContactChannel
    source: ContactSource
    consent: FamilyConsent
    client_id: UUID | None = None
    area: str | None = None
    service: str | None = None
    model_version: Ordinal | None = None
    matter: ContactMatter | None = None
    purpose: ContactPurpose | None = None
    anonymous: bool | None = None
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


class OnwardGuidanceGiven(
    Fact,
    name="onward_guidance_given",
    stream=StreamKind.CONTACT,
    happened="given_on",
    sensitive=("note",),
    workers=("worker_id",),
):
    """Somebody was guided or accompanied to an activity or a service of `target`.

    `given_by`: where the worker works. `has_hobby`: a hobby that means something to the child. `school_in_model`: the
    school has activities of the Finnish model for hobbies. `age_years`: on that day, of whom it was given to.
    """

    given_on: dt.date
    worker_id: str
    guidance_kind: GuidanceKind
    manner: GuidanceManner
    target: Organisation
    given_by: Organisation | None = None
    with_client: bool | None = None
    themes: tuple[GuidanceTheme, ...] = ()
    age_years: AgeYears | None = None
    grade: Grade | None = None
    has_hobby: bool | None = None
    school_in_model: bool | None = None
    by_appointment: bool | None = None
    parenting_plan_used: bool | None = None
    feedback_asked: bool | None = None
    note: str | None = None


class ParentScreened(
    Fact,
    name="parent_screened",
    stream=StreamKind.CONTACT,
    happened="screened_on",
    sensitive=("help_needed",),
    workers=("worker_id",),
):
    """A parent was asked about violence in close relationships, with the clinic's form. Never what was answered.

    `help_needed`: help was found to be needed, whoever it concerns; it tells of violence, and is sensitive.
    """

    screened_on: dt.date
    worker_id: str
    parent: ScreenedParent
    parents_in_family: int = Field(ge=1, le=4)
    separately: bool
    help_needed: bool | None = None


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
    OnwardGuidanceGiven,
    ParentScreened,
    ContactClosed,
)
