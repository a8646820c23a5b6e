"""Facts about a case conference (F2): who takes part, what is agreed, and whether it began.

The names given here are the storage format: add, never change. In a conference that is handled anonymously no free
text, no worker's and no client's id may stand: whatever a command brings is held to closed codes before it is decided
(`domain.conference.anonymity`). A new field here is therefore a code, a date, a number, or text that is `sensitive`.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from domain.contact.facts import FamilyConsent
from domain.fact import Fact, StreamKind
from domain.organisations import Organisation, Profession
from domain.strict import AgeYears, Ordinal


class ConferenceKind(StrEnum):
    """The ways of working together that the family centre knows (S1)."""

    MOTTI = "motti"
    VASA = "vasa"
    MARAK = "marak"
    CHILD_WELFARE_EXPERT_GROUP = "child_welfare_expert_group"
    STUDENT_WELFARE_EXPERT_GROUP = "student_welfare_expert_group"
    LETS_TALK_DISCUSSION = "lets_talk_discussion"
    LETS_TALK_COUNCIL = "lets_talk_council"
    ANCHOR = "anchor"
    LASTA = "lasta"
    EPISODE_NETWORK = "episode_network"
    CONSULTATION = "consultation"
    WORK_PAIR = "work_pair"


class Handling(StrEnum):
    """Whether the family's matter is handled with its permission, or nobody knows whose it is."""

    IDENTIFIED = "identified"
    ANONYMOUS = "anonymous"


class AnchorGround(StrEnum):
    """Why the Ankkuri team is called together."""

    SUSPECTED_OFFENCE = "suspected_offence"
    SUBSTANCE_USE = "substance_use"
    OTHER_WORRY = "other_worry"


class PupilScope(StrEnum):
    """For whom the expert group of student welfare is convened."""

    ONE_PUPIL = "one_pupil"
    NAMED_GROUP = "named_group"


class NextStep(StrEnum):
    """How the matter goes on."""

    FURTHER_ASSESSMENT = "further_assessment"
    GUIDED_TO_SERVICE = "guided_to_service"
    SERVICE_BEGINS = "service_begins"
    NEW_CONFERENCE = "new_conference"
    SUPPORT_GOES_ON = "support_goes_on"
    NOTHING_FURTHER = "nothing_further"


class Urgency(StrEnum):
    """How soon the next step is needed."""

    AT_ONCE = "at_once"
    WITHIN_WEEKS = "within_weeks"
    NOT_URGENT = "not_urgent"


class WaitingSupport(StrEnum):
    """What happens for the child and family while they wait."""

    NO_WAITING = "no_waiting"
    CONTACT_PERSON_SUPPORTS = "contact_person_supports"
    SUPPORT_AT_SCHOOL = "support_at_school"
    PRESENT_SERVICE_GOES_ON = "present_service_goes_on"
    FAMILY_MAY_CALL = "family_may_call"


class RiskLevel(StrEnum):
    """What the assessment says of the risk of serious partner violence."""

    LOW = "low"
    RAISED = "raised"
    HIGH = "high"


class ActionKind(StrEnum):
    """What an agreed action is."""

    CONTACT_SERVICE = "contact_service"
    MAKE_ASSESSMENT = "make_assessment"
    GIVE_SUPPORT = "give_support"
    ARRANGE_MEETING = "arrange_meeting"
    SAFETY_MEASURE = "safety_measure"
    NOTIFY_CHILD_WELFARE = "notify_child_welfare"
    GIVE_INFORMATION = "give_information"
    OTHER_ACTION = "other_action"


class ConferenceOutcome(StrEnum):
    """Why nothing more is done in the conference."""

    ACTIONS_BEGUN = "actions_begun"
    PASSED_TO_SERVICE = "passed_to_service"
    NEED_ENDED = "need_ended"
    PERMISSION_WITHDRAWN = "permission_withdrawn"
    NOT_HELD = "not_held"


class CodedReason(StrEnum):
    """The reasons that may be given in a conference that is handled anonymously, where none can be in words."""

    NOT_NEEDED = "not_needed"
    DONE_ELSEWHERE = "done_elsewhere"
    CIRCUMSTANCES_CHANGED = "circumstances_changed"
    WRONGLY_RECORDED = "wrongly_recorded"


class ConferenceConvened(
    Fact,
    name="conference_convened",
    stream=StreamKind.CONFERENCE,
    happened="convened_on",
    sensitive=("topic",),
    workers=("convener_id",),
    past=("worry_known_on",),
):
    """A case conference was called together; `service` and `model_version` pin the model that judges it.

    `worry_known_on`: when the authorities learnt of the worry. `follows_conference_id`: the discussion that led to
    a council. `episode_id`: whose network meets. `age_years`: the full years of the eldest of the clients that day.
    """

    convened_on: dt.date
    conference_kind: ConferenceKind
    handling: Handling
    service: str
    model_version: Ordinal
    convened_by: Organisation
    convened_through: Profession | None = None
    convener_id: str | None = None
    organisations: tuple[Organisation, ...] = ()
    professions: tuple[Profession, ...] = ()
    permission: FamilyConsent | None = None
    client_ids: tuple[UUID, ...] = ()
    age_years: AgeYears | None = None
    episode_id: UUID | None = None
    follows_conference_id: UUID | None = None
    ground: AnchorGround | None = None
    pupil_scope: PupilScope | None = None
    worry_known_on: dt.date | None = None
    topic: str | None = None


class ConferenceHeld(
    Fact,
    name="conference_held",
    stream=StreamKind.CONFERENCE,
    happened="held_on",
    sensitive=("note",),
    workers=("worker_ids",),
):
    """The conference met: who was there, and how the matter goes on. `contact_person_of`: the family's own contact."""

    held_on: dt.date
    conference_kind: ConferenceKind
    organisations: tuple[Organisation, ...]
    professions: tuple[Profession, ...] = ()
    guardians_present: bool | None = None
    child_present: bool | None = None
    worker_ids: tuple[str, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    urgency: Urgency | None = None
    contact_person_of: Organisation | None = None
    waiting_support: WaitingSupport | None = None
    note: str | None = None


class ViolenceRiskAssessed(
    Fact,
    name="violence_risk_assessed",
    stream=StreamKind.CONFERENCE,
    happened="assessed_on",
    sensitive=("assessment",),
):
    """The risk of serious partner violence was assessed (MARAK)."""

    assessed_on: dt.date
    risk: RiskLevel
    assessment: str | None = None


class ConferencePlanMade(
    Fact, name="conference_plan_made", stream=StreamKind.CONFERENCE, happened="made_on", sensitive=("content",)
):
    """A plan to improve the client's situation was made, with these kinds of action in it."""

    made_on: dt.date
    action_kinds: tuple[ActionKind, ...]
    content: str | None = None


class ConferenceActionAgreed(
    Fact,
    name="conference_action_agreed",
    stream=StreamKind.CONFERENCE,
    happened="agreed_on",
    sensitive=("explanation",),
    workers=("owner_id",),
    spans=(("agreed_on", "due_on"),),
):
    """Somebody undertook to begin an action by a day. `action` numbers the actions of the conference from 1."""

    action: int = Field(ge=1, le=999)
    agreed_on: dt.date
    action_kind: ActionKind
    owner: Organisation
    due_on: dt.date
    owner_id: str | None = None
    explanation: str | None = None


class ConferenceActionBegun(Fact, name="conference_action_begun", stream=StreamKind.CONFERENCE, happened="begun_on"):
    """It was followed up that the agreed action had begun, on that day."""

    action: int = Field(ge=1, le=999)
    begun_on: dt.date


class ConsultationAsked(
    Fact, name="consultation_asked", stream=StreamKind.CONFERENCE, happened="asked_on", sensitive=("message",)
):
    """A service asked another for advice. `consultation` numbers those of the conference from 1."""

    consultation: int = Field(ge=1, le=999)
    asked_on: dt.date
    asked_by: Organisation
    asked_of: Organisation
    message: str | None = None


class ConsultationGiven(
    Fact, name="consultation_given", stream=StreamKind.CONFERENCE, happened="given_on", sensitive=("note",)
):
    """The advice was given."""

    consultation: int = Field(ge=1, le=999)
    given_on: dt.date
    note: str | None = None


class WorkPairAsked(Fact, name="work_pair_asked", stream=StreamKind.CONFERENCE, happened="asked_on"):
    """A worker asked for a work pair. `another_organisation`: the pair would not come from the asker's own."""

    pair: int = Field(ge=1, le=999)
    asked_on: dt.date
    asked_by: Organisation
    asked_of: Organisation
    another_organisation: bool


class WorkPairAgreed(
    Fact, name="work_pair_agreed", stream=StreamKind.CONFERENCE, happened="agreed_on", workers=("worker_id",)
):
    """The pair was agreed: they work together from now on."""

    pair: int = Field(ge=1, le=999)
    agreed_on: dt.date
    worker_id: str | None = None


class WorkPairEnded(Fact, name="work_pair_ended", stream=StreamKind.CONFERENCE, happened="ended_on"):
    """The pair works together no longer."""

    pair: int = Field(ge=1, le=999)
    ended_on: dt.date
    outcome: ConferenceOutcome


class ConferenceClosed(
    Fact, name="conference_closed", stream=StreamKind.CONFERENCE, happened="closed_on", sensitive=("note",)
):
    """Nothing more is done in the conference."""

    closed_on: dt.date
    conference_kind: ConferenceKind
    outcome: ConferenceOutcome
    note: str | None = None


FACTS: tuple[type[Fact], ...] = (
    ConferenceConvened,
    ConferenceHeld,
    ViolenceRiskAssessed,
    ConferencePlanMade,
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConsultationAsked,
    ConsultationGiven,
    WorkPairAsked,
    WorkPairAgreed,
    WorkPairEnded,
    ConferenceClosed,
)
