"""Facts of how a family comes into a service: what is agreed, assessed and screened, on what visits rest.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from domain.contact.facts import ContactChannel
from domain.episode.facts.base import EPISODE, SomeClients
from domain.fact import Fact
from domain.strict import AgeYears


class AgreementSubject(StrEnum):
    """What is agreed with the referrer or purchaser (S0)."""

    CLIENTSHIP = "clientship"
    ARRIVAL = "arrival"
    REPORTING = "reporting"
    EXTRA_STAFF = "extra_staff"


class VisitationGround(StrEnum):
    """On what supervised visits and exchanges rest."""

    CONFIRMED_AGREEMENT = "confirmed_agreement"
    COURT_DECISION = "court_decision"


class ClientshipEndReason(StrEnum):
    """Why one client's part in an episode ended while it went on for others: codes of our own, no source lists them."""

    GOALS_MET = "goals_met"
    MOVED_AWAY = "moved_away"
    CAME_OF_AGE = "came_of_age"
    OTHER_SERVICE = "other_service"
    WITHDREW = "withdrew"
    DIED = "died"
    OTHER = "other"


class AgreementMade(
    Fact, name="agreement_made", stream=EPISODE, happened="agreed_on", sensitive=("contact_person", "content")
):
    """Something was agreed with the referrer or purchaser: `agreed_with` is a code, the person's name is sensitive.

    On reporting: every so many months, on which day of the month, as which agreed kinds of entry.
    """

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


class AdmissionAssessed(
    Fact,
    name="admission_assessed",
    stream=EPISODE,
    happened="assessed_on",
    sensitive=(
        "manages_own_medication",
        "behaves_fittingly",
        "detoxification_needed",
        "detoxified",
        "drug_screen_needed",
        "note",
    ),
    workers=("worker_id",),
):
    """Whether the client can come to the unit was assessed (S0, criteria of arrival). What was found is sensitive."""

    assessed_on: dt.date
    worker_id: str
    manages_own_medication: bool | None = None
    behaves_fittingly: bool | None = None
    detoxification_needed: bool | None = None
    detoxified: bool | None = None
    drug_screen_needed: bool | None = None
    note: str | None = None


class ScreenTaken(
    Fact, name="screen_taken", stream=EPISODE, happened="taken_on", sensitive=("matches_medication", "note")
):
    """A drug screen was taken; that it matches the client's own medication is sensitive."""

    taken_on: dt.date
    matches_medication: bool | None = None
    note: str | None = None


class VisitationGroundRecorded(
    Fact, name="visitation_ground_recorded", stream=EPISODE, happened="dated_on", sensitive=("conditions",)
):
    """What supervised visits or exchanges rest on: an agreement confirmed by the authority, or a court decision."""

    ground: VisitationGround
    dated_on: dt.date
    authority: str
    need_defined_by_authority: bool
    conditions: str | None = None


class ChildJoined(Fact, name="child_joined", stream=EPISODE, happened="joined_on"):
    """A child came along into the service, or was `born` into it; from then on the episode is for the child too.

    `of_episode`: all for whom it is then, the child among them.
    """

    client_id: UUID
    of_episode: SomeClients
    joined_on: dt.date
    born: bool = False
    age_years: AgeYears | None = None


class ClientshipEnded(
    Fact, name="clientship_ended", stream=EPISODE, happened="ended_on", sensitive=("reason", "explanation")
):
    """One client is a client of the episode no more (asiakkuus päättyi), while it goes on for the others.

    `ended_on`: the last day, as of an episode that is closed. `reason` is sensitive: it may tell that a child died.
    """

    client_id: UUID
    ended_on: dt.date
    reason: ClientshipEndReason | None = None
    explanation: str | None = None
