"""Facts of a service episode (palvelujakso): from referral to follow-up.

The names given here are the storage format: add, never change. Ids, codes, times, minutes and workers are plain;
every narrative is sensitive. Terms: domain book § 2 and § 6; FHIR R4 where its words fit.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.fact import Fact, StreamKind
from domain.register.facts import WorkerRole

EPISODE = StreamKind.EPISODE
SomeClients = Annotated[tuple[UUID, ...], Field(min_length=1)]
SomeWorkers = Annotated[tuple[str, ...], Field(min_length=1)]
"""At least one: nothing is done by nobody, or for nobody."""
Codes = tuple[str, ...] | None
"""Several codes; none told is None, so that the bytes of what was stored before stay as they were."""


class DecisionKind(StrEnum):
    """What a decision decides (domain book § 2)."""

    GRANTED = "granted"
    REFUSED = "refused"
    EXTENSION = "extension"
    EXCEPTION = "exception"
    MOVE = "move"
    END = "end"


class MeetingKind(StrEnum):
    """Only `client_meeting` counts as a client meeting (tapaaminen)."""

    CLIENT_MEETING = "client_meeting"
    PHONE_CALL = "phone_call"
    START_MEETING = "start_meeting"
    START_NEGOTIATION = "start_negotiation"
    INTERIM_NEGOTIATION = "interim_negotiation"
    CLOSING_NEGOTIATION = "closing_negotiation"
    NETWORK_MEETING = "network_meeting"
    FAMILIARISATION_VISIT = "familiarisation_visit"


class MeetingMode(StrEnum):
    """Where, or over what, people met. Phone and video are remote."""

    HOME = "home"
    OFFICE = "office"
    PHONE = "phone"
    VIDEO = "video"
    OTHER_PLACE = "other_place"


class CancelledBy(StrEnum):
    """Who cancelled."""

    FAMILY = "family"
    RESIDENT_PARENT = "resident_parent"
    VISITING_PARENT = "visiting_parent"
    WORKER = "worker"
    OTHER = "other"


class PlanKind(StrEnum):
    """The kinds of written plan (domain book § 2)."""

    CLIENT_PLAN = "client_plan"
    SERVICE_PLAN = "service_plan"
    FAMILY_WORK_PLAN = "family_work_plan"
    IMPLEMENTATION_PLAN = "implementation_plan"
    FOLLOW_UP_PLAN = "follow_up_plan"
    PERSONAL_PLAN = "personal_plan"


class GoalResult(StrEnum):
    """How a goal was met."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"


class ClosureReason(StrEnum):
    """Why an episode ended."""

    GOALS_MET = "goals_met"
    MOVED_TO_LONG_TERM = "moved_to_long_term"
    FAMILY_WITHDREW = "family_withdrew"
    FAMILY_MOVED_AWAY = "family_moved_away"
    OTHER_SERVICE = "other_service"
    OTHER = "other"


class Outcome(StrEnum):
    """Where the family went."""

    LONG_TERM_FAMILY_WORK = "long_term_family_work"
    OTHER_SERVICE = "other_service"
    NONE = "none"


class PracticePlace(StrEnum):
    """Where a family in round-the-clock rehabilitation practises everyday life at home (kotiharjoittelu)."""

    OWN_HOME = "own_home"
    NEAR_ONES_HOME = "near_ones_home"
    OTHER_PLACE = "other_place"


class Recipient(StrEnum):
    """To whom a document is delivered or a notice given."""

    PURCHASER_SOCIAL_WORKER = "purchaser_social_worker"
    CLIENT = "client"
    CONTROLLER = "controller"
    CHILD_SUPERVISOR = "child_supervisor"
    ARRANGING_TEAM = "arranging_team"
    PURCHASER_DEPUTY = "purchaser_deputy"
    PURCHASER = "purchaser"
    CHILD_WELFARE = "child_welfare"


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


class Observation(StrEnum):
    """What changed in the family so that the purchaser must be told (S0)."""

    CHANGE_IN_FAMILY = "change_in_family"
    BEARS_ON_WORK = "bears_on_work"
    NO_LONGER_FITTING = "no_longer_fitting"


class Part(BaseModel):
    """A part of a fact: has no name of its own in the ledger."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reference(Part):
    """The same thing in another system: `system` is a code such as Laava, `reference` its id there."""

    system: str
    reference: str


class Goal(Part):
    """A goal of a plan; its words stand in the plan's `goal_texts` under the goal's id."""

    goal_id: UUID
    theme: str | None = None


class LateArrival(Part):
    """Somebody came late: who, by code, and by how many minutes."""

    who: str
    minutes: int


class Interruption(Part):
    """A meeting was broken off or paused: why, by code, where it is known; for how many minutes, where it went on."""

    reason: str | None = Field(default=None, min_length=1)
    minutes: int | None = None


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
    """

    decision_id: UUID
    kind: DecisionKind
    service: str
    model_version: int
    decided_on: dt.date
    decision_maker: str
    legal_basis: str
    service_task: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    meetings_granted: int | None = None
    months_granted: int | None = None
    age_years: int | None = None
    expecting: bool = False
    consent: FamilyConsent | None = None
    requested_by_family: bool | None = None
    clientship: str | None = None
    voluntary_consent: bool | None = None
    codes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    continues_episode_id: UUID | None = None
    continues_service: str | None = None
    meetings_before: int = 0
    youngest_age_years: int | None = None
    decision_maker_role: WorkerRole | None = None
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
    amount_cents: int | None = None
    units: int | None = None
    cost_centre: str | None = None
    contract_reference: str | None = None
    quality_requirements: tuple[str, ...] = ()


class WorkerAssigned(Fact, name="worker_assigned", stream=EPISODE, happened="from_on", workers=("worker_id",)):
    """A worker took the episode on, in a role, from `from_on`; `deputy_for` names the assignment it stands in for."""

    assignment_id: UUID
    worker_id: str
    role: WorkerRole
    from_on: dt.date
    deputy_for: UUID | None = None
    extra_staff: bool | None = None


class WorkerReleased(Fact, name="worker_released", stream=EPISODE, happened="to_on"):
    """The worker's assignment ended; `to_on` is its first day without."""

    assignment_id: UUID
    to_on: dt.date


class EpisodeTransferred(
    Fact,
    name="episode_transferred",
    stream=EPISODE,
    happened="transferred_on",
    sensitive=("reason",),
    workers=("worker_id",),
):
    """The episode moved to another area or unit and goes on there, from `transferred_on`; `worker_id` received it.

    `from_area` and `from_unit_id`: where it was, as it was known when this was recorded.
    """

    transferred_on: dt.date
    area: str
    unit_id: str | None = None
    from_area: str | None = None
    from_unit_id: str | None = None
    worker_id: str
    reason: str | None = None


class EpisodeStarted(Fact, name="episode_started", stream=EPISODE, happened="started_on"):
    """The work began. `codes`: what was agreed or found at the start, in the words of the service's rules."""

    started_on: dt.date
    motivation_recognised: bool | None = None
    codes: Codes = None


class PlanMade(
    Fact,
    name="plan_made",
    stream=EPISODE,
    happened="made_on",
    sensitive=("goal_texts", "content"),
    workers=("worker_id",),
):
    """A written plan was made, or a plan of the same id made anew.

    `made_by`: whose plan it is, where not the producer's; `together_with`: codes of who else took part.
    """

    plan_id: UUID
    plan_kind: PlanKind
    made_on: dt.date
    worker_id: str
    with_family: bool | None = None
    goals: tuple[Goal, ...] = ()
    estimated_months: int | None = None
    weekly_minutes: int | None = None
    planned_minutes: int | None = None
    planned_remote_minutes: int | None = None
    planned_meetings: int | None = None
    weekly_meetings: int | None = None
    made_by: Recipient | None = None
    together_with: Codes = None
    methods: Codes = None
    contact_times: Codes = None
    services_mapped: Codes = None
    goal_texts: dict[str, str] | None = None
    content: str | None = None


class PlanEvaluated(
    Fact,
    name="plan_evaluated",
    stream=EPISODE,
    happened="evaluated_on",
    sensitive=("evaluation",),
    workers=("worker_id",),
):
    """The work was evaluated against the plan."""

    plan_id: UUID | None = None
    evaluated_on: dt.date
    worker_id: str
    overall_result: GoalResult | None = None
    goal_results: dict[UUID, GoalResult] | None = None
    together_with: Codes = None
    evaluation: str | None = None


class MeetingPlanned(
    Fact,
    name="meeting_planned",
    stream=EPISODE,
    happened="planned_at",
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """A meeting was agreed upon, at `planned_at`, for the time from `starts_at` to `ends_at`."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    planned_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: MeetingMode
    worker_ids: SomeWorkers
    client_ids: tuple[UUID, ...] = ()


class MeetingHeld(
    Fact,
    name="meeting_held",
    stream=EPISODE,
    happened="started_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("started_at", "ended_at"), ("planned_starts_at", "planned_ends_at")),
    past=("ended_at",),
):
    """People met. `client_ids`: on whose counters it stands; `participants`: codes of who was there.

    `planned_*`, `presence` (how the worker was there, by code), `presence_gap_minutes`, `late_arrivals` and
    `interruptions` are for supervised visits; `support_given` tells, by code, what support the parties got.
    `place` is a code, such as day_care; `topics` are codes of what was gone through; `child_documented`: the child
    took part in writing it down.
    """

    meeting_id: UUID
    meeting_kind: MeetingKind
    started_at: AwareDatetime
    ended_at: AwareDatetime
    mode: MeetingMode
    worker_ids: SomeWorkers
    client_ids: SomeClients
    participants: tuple[str, ...] = ()
    planned_starts_at: AwareDatetime | None = None
    planned_ends_at: AwareDatetime | None = None
    presence_gap_minutes: int | None = None
    interruption_reason: str | None = None
    presence: Codes = None
    late_arrivals: tuple[LateArrival, ...] | None = None
    interruptions: tuple[Interruption, ...] | None = None
    support_given: Codes = None
    with_family_documented: bool | None = None
    child_documented: bool | None = None
    place: str | None = None
    topics: Codes = None
    note: str | None = None


class MeetingCancelled(
    Fact,
    name="meeting_cancelled",
    stream=EPISODE,
    happened="cancelled_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """An agreed meeting was called off before it began."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    cancelled_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    cancelled_by: CancelledBy
    worker_ids: tuple[str, ...] = ()
    cancellation_condition: str | None = None
    note: str | None = None


class MeetingMissed(
    Fact,
    name="meeting_missed",
    stream=EPISODE,
    happened="starts_at",
    sensitive=("note",),
    workers=("worker_ids",),
    spans=(("starts_at", "ends_at"),),
):
    """The family did not come (ei saapunut, no-show)."""

    meeting_id: UUID
    meeting_kind: MeetingKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    mode: MeetingMode | None = None
    worker_ids: tuple[str, ...] = ()
    note: str | None = None


class HomePracticeHeld(
    Fact, name="home_practice_held", stream=EPISODE, happened="started_on", spans=(("started_on", "ended_on"),)
):
    """The family practised everyday life at home during round-the-clock rehabilitation (kotiharjoittelu, S3)."""

    practice_id: UUID
    started_on: dt.date
    ended_on: dt.date
    place: PracticePlace


class ReportWritten(
    Fact,
    name="report_written",
    stream=EPISODE,
    happened="written_on",
    sensitive=("content",),
    workers=("worker_id",),
    spans=(("covers_from", "covers_to"),),
):
    """A report on a period was written, about one client where `client_id` says so, and reached `recipient`.

    `sections`: codes of what it tells of; `note_type`: the agreed kind of entry it is kept as.
    """

    report_id: UUID
    report_kind: str
    covers_from: dt.date
    covers_to: dt.date
    written_on: dt.date
    worker_id: str
    client_id: UUID | None = None
    recipient: Recipient | None = None
    note_type: str | None = None
    sections: Codes = None
    content: str | None = None


class SummaryWritten(
    Fact, name="summary_written", stream=EPISODE, happened="written_on", sensitive=("content",), workers=("worker_id",)
):
    """The closing summary (yhteenveto) was written."""

    summary_id: UUID
    written_on: dt.date
    worker_id: str
    content: str | None = None


class DocumentDelivered(
    Fact, name="document_delivered", stream=EPISODE, happened="delivered_on", workers=("worker_id",)
):
    """A document reached its recipient: `delivery_mode` is written_in_register or handed_over."""

    document_kind: str
    document_id: UUID | None = None
    recipient: Recipient
    delivered_on: dt.date
    delivery_mode: str
    worker_id: str
    client_id: UUID | None = None
    plan_id: UUID | None = None


class NoticeGiven(
    Fact, name="notice_given", stream=EPISODE, happened="given_on", sensitive=("content",), workers=("worker_id",)
):
    """Somebody was told something that they must be told: a change, that the service fits no longer, a notification.

    `meeting_id` names the meeting, `change_id` the change that it tells of.
    """

    notice_kind: str
    recipient: Recipient
    given_on: dt.date
    worker_id: str
    meeting_id: UUID | None = None
    change_id: UUID | None = None
    content: str | None = None


class EpisodeSuspended(Fact, name="episode_suspended", stream=EPISODE, happened="suspended_on", sensitive=("reason",)):
    """The work pauses from `suspended_on`."""

    suspended_on: dt.date
    reason: str | None = None


class EpisodeResumed(Fact, name="episode_resumed", stream=EPISODE, happened="resumed_on"):
    """The work goes on from `resumed_on`."""

    resumed_on: dt.date


class SpellOpened(Fact, name="spell_opened", stream=EPISODE, happened="opened_on", sensitive=("reason",)):
    """Changed goals or a new challenge open a new spell of work: counting begins anew (S2)."""

    opened_on: dt.date
    ground: str
    reason: str


class EpisodeClosed(Fact, name="episode_closed", stream=EPISODE, happened="closed_on", sensitive=("explanation",)):
    """The work ended: why, and where the family went."""

    closed_on: dt.date
    reason: ClosureReason
    outcome: Outcome | None = None
    outcome_service: str | None = None
    explanation: str | None = None


class EpisodeReopened(Fact, name="episode_reopened", stream=EPISODE, happened="reopened_on", sensitive=("reason",)):
    """A closed episode goes on after all, from `reopened_on`."""

    reopened_on: dt.date
    reason: str


class FollowUpContactMade(
    Fact, name="follow_up_contact_made", stream=EPISODE, happened="made_on", sensitive=("note",), workers=("worker_id",)
):
    """The client was contacted after the end, `months_after` months on."""

    made_on: dt.date
    months_after: int | None = None
    worker_id: str
    client_id: UUID | None = None
    reached: bool
    note: str | None = None


class FeedbackReceived(Fact, name="feedback_received", stream=EPISODE, happened="received_on", sensitive=("comment",)):
    """Feedback from the family, a partner or the responsible worker; scores by question code."""

    feedback_id: UUID
    received_on: dt.date
    given_by: str
    feedback_kind: str | None = None
    oral: bool | None = None
    scores: dict[str, int] | None = None
    comment: str | None = None


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


class ChildJoined(Fact, name="child_joined", stream=EPISODE, happened="joined_on"):
    """A child came along into the service, or was `born` into it; from then on the episode is for the child too.

    `of_episode`: all for whom it is then, the child among them.
    """

    client_id: UUID
    of_episode: SomeClients
    joined_on: dt.date
    born: bool = False
    age_years: int | None = None


class VisitationGroundRecorded(
    Fact, name="visitation_ground_recorded", stream=EPISODE, happened="dated_on", sensitive=("conditions",)
):
    """What supervised visits or exchanges rest on: an agreement confirmed by the authority, or a court decision."""

    ground: VisitationGround
    dated_on: dt.date
    authority: str
    need_defined_by_authority: bool
    conditions: str | None = None


class ChangeObserved(
    Fact,
    name="change_observed",
    stream=EPISODE,
    happened="observed_on",
    sensitive=("content",),
    workers=("worker_id",),
):
    """The producer noticed something that the purchaser must be told of."""

    change_id: UUID
    observation: Observation
    observed_on: dt.date
    worker_id: str
    content: str | None = None


class FollowUpAgreed(Fact, name="follow_up_agreed", stream=EPISODE, happened="agreed_on"):
    """The client consented to being contacted after the end, as the client's own stream tells."""

    client_id: UUID
    consent_id: UUID
    agreed_on: dt.date


class FollowUpStopped(Fact, name="follow_up_stopped", stream=EPISODE, happened="stopped_on"):
    """The client took that consent back: nobody contacts the client after the end."""

    client_id: UUID
    stopped_on: dt.date


class FeedbackHandledInTeam(
    Fact,
    name="feedback_handled_in_team",
    stream=EPISODE,
    happened="handled_on",
    sensitive=("change",),
    workers=("worker_id",),
):
    """Feedback on this episode was gone through in the team."""

    feedback_id: UUID
    handled_on: dt.date
    worker_id: str
    change_code: str | None = None
    change: str | None = None


EpisodeFact = (
    ReferralReceived
    | ProposalMade
    | CoordinationAssessed
    | DecisionMade
    | PaymentCommitmentReceived
    | WorkerAssigned
    | WorkerReleased
    | EpisodeStarted
    | PlanMade
    | PlanEvaluated
    | MeetingPlanned
    | MeetingHeld
    | MeetingCancelled
    | MeetingMissed
    | HomePracticeHeld
    | ReportWritten
    | SummaryWritten
    | DocumentDelivered
    | NoticeGiven
    | EpisodeSuspended
    | EpisodeResumed
    | SpellOpened
    | EpisodeClosed
    | EpisodeReopened
    | FollowUpContactMade
    | FeedbackReceived
    | AgreementMade
    | AdmissionAssessed
    | ScreenTaken
    | PlacementDecided
    | ChildJoined
    | VisitationGroundRecorded
    | ChangeObserved
    | FollowUpAgreed
    | FollowUpStopped
    | FeedbackHandledInTeam
    | EpisodeTransferred
)
FACTS: tuple[type[Fact], ...] = EpisodeFact.__args__
