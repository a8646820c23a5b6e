"""Facts of what leads to the work: referral, proposal, assessment, decisions and who pays for it.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.episode.facts.base import EPISODE, Codes, Part, SomeClients
from domain.fact import Fact
from domain.register.facts import WorkerRole
from domain.strict import AgeYears, Cents, Count, Meetings, Months, Ordinal


class DecisionKind(StrEnum):
    """What a decision decides (domain book § 2)."""

    GRANTED = "granted"
    REFUSED = "refused"
    EXTENSION = "extension"
    EXCEPTION = "exception"
    MOVE = "move"
    END = "end"


class Reference(Part):
    """The same thing in another system: `system` is a code such as Laava, `reference` its id there."""

    system: str
    reference: str


class ReferralReceived(Fact, name="referral_received", stream=EPISODE, happened="received_on", sensitive=("need",)):
    """A referral or a request for a service came in: the episode begins. `need_code` names the same need again."""

    client_ids: SomeClients
    received_on: dt.date
    channel: ContactChannel | None = None
    source: ContactSource
    consent: FamilyConsent
    contact_id: UUID | None = None
    requested_service: str | None = None
    area: str | None = None
    unit_id: str | None = None
    referrer: str | None = None
    purchaser: str | None = None
    need_code: str | None = None
    need: str | None = None


class ProposalMade(
    Fact, name="proposal_made", stream=EPISODE, happened="proposed_on", sensitive=("grounds",), workers=("proposer_id",)
):
    """A service was proposed to the body that arranges it (S3: channel code Laava)."""

    proposed_on: dt.date
    service: str
    proposer_id: str
    proposer_role: WorkerRole
    channel: str | None = None
    decided_by_team: str | None = None
    cancellation_conditions: tuple[str, ...] = ()
    grounds: str | None = None


class CoordinationAssessed(
    Fact,
    name="coordination_assessed",
    stream=EPISODE,
    happened="assessed_on",
    sensitive=("assessment",),
    workers=("assessor_id",),
):
    """The need, the fit with other services, and what would not be suitable, were assessed before the decision.

    `codes`: what was found or weighed, in the words of the service's rules.
    """

    assessed_on: dt.date
    assessor_id: str
    need_assessed: bool
    other_services_fit: bool
    unsuitability_codes: tuple[str, ...] = ()
    codes: Codes = None
    assessment: str | None = None


class DecisionMade(
    Fact,
    name="decision_made",
    stream=EPISODE,
    happened="decided_on",
    sensitive=("reasons", "expected_effect", "special_reasons"),
    workers=("decision_maker",),
    spans=(("valid_from", "valid_to"),),
):
    """A decision. A grant pins the episode to `service` and `model_version`.

    `age_years` is the client's then: the oldest one's of those who do not expect a child; `expecting`: all do.

    `meetings_granted` is the most client meetings that this decision authorises; `meetings_before` those held in
    the same spell of work before this episode, in `continues_episode_id`, which was of `continues_service`.

    `special_reasons`: why it is decided so although the service is as a rule meant for others (age, clientship), or
    although something speaks against it. `youngest_age_years`: of the clients; `decision_maker_role`: as enrolled.
    `adult_ids`: those of the clients who were of age then, where any were.
    """

    decision_id: UUID
    kind: DecisionKind
    service: str
    model_version: Ordinal
    decided_on: dt.date
    decision_maker: str
    legal_basis: str
    service_task: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    meetings_granted: Meetings | None = None
    months_granted: Months | None = None
    age_years: AgeYears | None = None
    expecting: bool = False
    consent: FamilyConsent | None = None
    requested_by_family: bool | None = None
    clientship: str | None = None
    voluntary_consent: bool | None = None
    codes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    continues_episode_id: UUID | None = None
    continues_service: str | None = None
    meetings_before: Count = 0
    youngest_age_years: AgeYears | None = None
    decision_maker_role: WorkerRole | None = None
    adult_ids: tuple[UUID, ...] | None = None
    reasons: str | None = None
    expected_effect: str | None = None
    special_reasons: str | None = None


class PaymentCommitmentReceived(
    Fact,
    name="payment_commitment_received",
    stream=EPISODE,
    happened="received_on",
    spans=(("valid_from", "valid_to"),),
):
    """The purchaser committed itself to pay (maksusitoumus)."""

    commitment_id: UUID
    received_on: dt.date
    issuer: str
    payer_service: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    amount_cents: Cents | None = None
    units: Count | None = None
    cost_centre: str | None = None
    contract_reference: str | None = None
    quality_requirements: tuple[str, ...] = ()


class PlacementDecided(
    Fact,
    name="placement_decided",
    stream=EPISODE,
    happened="decided_on",
    sensitive=("reasons",),
    spans=(("valid_from", "valid_to"),),
):
    """An open-care placement (avohuollon sijoitus) of a child was decided, by child welfare."""

    decision_id: UUID
    client_id: UUID
    decided_on: dt.date
    decision_maker: str
    legal_basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    reasons: str | None = None
