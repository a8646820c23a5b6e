"""Facts about the steering of a family centre (F5): groups and their meetings, goals, the year clock.

The names given here are the storage format: add, never change. Nothing about clients may enter.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from domain.fact import Fact, StreamKind
from domain.family_centre import FamilyCentreArea, FamilyCentreTask, Sector
from domain.strict import Count, Ordinal, Strict


class GroupKind(StrEnum):
    """The groups that steer a family centre, and those that work for it."""

    CORE_GROUP = "core_group"
    AREA_STEERING_GROUP = "area_steering_group"
    STRATEGIC_GROUP = "strategic_group"
    PLACE_ORGANISERS = "place_organisers"
    WORKING_GROUP = "working_group"


class MeasureKind(StrEnum):
    """What is done for a goal (toimenpide)."""

    SECTORS_REPRESENTED = "sectors_represented"
    PARENT_GUIDANCE_BUILT = "parent_guidance_built"
    PARENT_GUIDANCE_PILOTED = "parent_guidance_piloted"
    CLINIC_AND_EARLY_EDUCATION_COOPERATION = "clinic_and_early_education_cooperation"
    LIFESTYLE_METHOD_EXTENDED = "lifestyle_method_extended"
    NETWORK_COFFEES_HELD = "network_coffees_held"
    NETWORK_FAIR_HELD = "network_fair_held"
    INFORMATION_MEETINGS_HELD = "information_meetings_held"
    CONSULTATIONS_MAPPED = "consultations_mapped"
    OTHER_MEASURE = "other_measure"


class Progress(StrEnum):
    """How far a measure or a task is."""

    NOT_BEGUN = "not_begun"
    UNDER_WAY = "under_way"
    DONE = "done"
    GIVEN_UP = "given_up"


class GatheringKind(StrEnum):
    """What the network holds together."""

    NETWORK_COFFEE = "network_coffee"
    NETWORK_FAIR = "network_fair"
    INFORMATION_MEETING = "information_meeting"
    WIDER_MEETING = "wider_meeting"
    FAMILY_EVENT = "family_event"
    YOUTH_EVENT = "youth_event"
    WORKSHOP = "workshop"
    JOINT_AFTERNOON = "joint_afternoon"


class Audience(StrEnum):
    """For whom something is held, or between whom one consults."""

    ALL_PROFESSIONALS = "all_professionals"
    DAY_CARE_HEADS = "day_care_heads"
    CLINIC_NURSES = "clinic_nurses"
    HOME_SERVICE_STAFF = "home_service_staff"
    FAMILY_SOCIAL_WORK_STAFF = "family_social_work_staff"
    CHILD_WELFARE_STAFF = "child_welfare_staff"
    EARLY_EDUCATION_STAFF = "early_education_staff"
    SCHOOL_STAFF = "school_staff"
    HEALTH_STAFF = "health_staff"
    ORGANISATION_STAFF = "organisation_staff"
    FAMILIES = "families"
    YOUNG_PEOPLE = "young_people"


class Method(StrEnum):
    """Methods that are used in several sectors."""

    NEUVOKAS_PERHE = "neuvokas_perhe"
    NOKKO = "nokko"
    LAPSET_PUHEEKSI = "lapset_puheeksi"


class MethodPlace(StrEnum):
    """Where a method is used."""

    EARLY_EDUCATION = "early_education"
    AFTERNOON_CLUBS = "afternoon_clubs"
    MATERNITY_CLINIC = "maternity_clinic"
    SCHOOL = "school"
    SCHOOL_HEALTH_CARE = "school_health_care"
    FAMILY_SOCIAL_WORK = "family_social_work"


class Denominator(StrEnum):
    """How many there are, against whom counts are read."""

    BIRTHS = "births"
    UNDER_18S = "under_18s"
    FAMILIES_WITH_CHILDREN = "families_with_children"
    PERSONS_IN_FAMILIES_WITH_CHILDREN = "persons_in_families_with_children"
    MOTHER_AND_CHILDREN_FAMILIES = "mother_and_children_families"
    FATHER_AND_CHILDREN_FAMILIES = "father_and_children_families"


class GoalMeasure(Strict):
    """Something to be done for a goal; `target`: how often or how many, where it can be counted."""

    measure_id: UUID
    measure_kind: MeasureKind
    target: Count | None = None


class NetworkOpened(Fact, name="network_opened", stream=StreamKind.NETWORK, happened="opened_on"):
    """The steering of a family centre began, judged by that version of the model. The year clock runs from here."""

    opened_on: dt.date
    area: FamilyCentreArea
    service: str
    model_version: Ordinal


class GroupFormed(Fact, name="group_formed", stream=StreamKind.NETWORK, happened="formed_on"):
    """A group was formed: which sectors and areas it has members from."""

    group_id: UUID
    group_kind: GroupKind
    formed_on: dt.date
    sectors: tuple[Sector, ...]
    areas: tuple[FamilyCentreArea, ...] = ()


class GroupMet(Fact, name="group_met", stream=StreamKind.NETWORK, happened="met_on", sensitive=("note",)):
    """A group met. `sectors_missing`: of those that it has members from."""

    meeting_id: UUID
    group_id: UUID
    group_kind: GroupKind
    met_on: dt.date
    sectors_present: tuple[Sector, ...]
    sectors_missing: tuple[Sector, ...] = ()
    participants: Count | None = None
    note: str | None = None


class ActionPlanMade(
    Fact,
    name="action_plan_made",
    stream=StreamKind.NETWORK,
    happened="made_on",
    sensitive=("content",),
    spans=(("covers_from", "covers_to"),),
):
    """The core group made the action plan of a year."""

    plan_id: UUID
    made_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    tasks: tuple[FamilyCentreTask, ...] = ()
    content: str | None = None


class PlanTaskAgreed(
    Fact, name="plan_task_agreed", stream=StreamKind.NETWORK, happened="agreed_on", sensitive=("description",)
):
    """A task of the plan was agreed on: which sector owns it, and by when it is to be done."""

    task_id: UUID
    plan_id: UUID
    agreed_on: dt.date
    due_on: dt.date
    owner: Sector
    goal_id: UUID | None = None
    description: str | None = None


class PlanTaskDone(Fact, name="plan_task_done", stream=StreamKind.NETWORK, happened="done_on", sensitive=("note",)):
    """A task of the plan was done, or given up."""

    task_id: UUID
    done_on: dt.date
    progress: Progress = Progress.DONE
    note: str | None = None


class GoalSet(
    Fact,
    name="goal_set",
    stream=StreamKind.NETWORK,
    happened="set_on",
    sensitive=("wording",),
    spans=(("covers_from", "covers_to"),),
):
    """A goal was set for a time, with what is to be done for it."""

    goal_id: UUID
    number: int = Field(ge=1, le=9999)
    set_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    measures: tuple[GoalMeasure, ...] = ()
    wording: str | None = None


class ProgressNoted(Fact, name="progress_noted", stream=StreamKind.NETWORK, happened="noted_on", sensitive=("note",)):
    """How far a goal's measure is; `counted`: how often or how many by then."""

    goal_id: UUID
    measure_id: UUID
    noted_on: dt.date
    progress: Progress
    counted: Count | None = None
    note: str | None = None


class GatheringPlanned(Fact, name="gathering_planned", stream=StreamKind.NETWORK, happened="planned_on"):
    """A gathering was agreed on for a day."""

    gathering_id: UUID
    gathering_kind: GatheringKind
    planned_on: dt.date
    takes_place_on: dt.date


class GatheringHeld(Fact, name="gathering_held", stream=StreamKind.NETWORK, happened="held_on"):
    """A gathering was held, for whom, and which of the seven tasks it served."""

    gathering_id: UUID
    gathering_kind: GatheringKind
    held_on: dt.date
    audiences: tuple[Audience, ...] = ()
    sectors: tuple[Sector, ...] = ()
    tasks: tuple[FamilyCentreTask, ...] = ()
    participants: Count | None = None


class MethodUseCounted(
    Fact,
    name="method_use_counted",
    stream=StreamKind.NETWORK,
    happened="counted_on",
    spans=(("covers_from", "covers_to"),),
):
    """How often a method was used in a time, where, and how many learnt it."""

    method: Method
    counted_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    used_in: tuple[MethodPlace, ...] = ()
    uses: Count
    trained: Count = 0
    introduced: Count = 0


class ConsultationMapped(
    Fact, name="consultation_mapped", stream=StreamKind.NETWORK, happened="mapped_on", sensitive=("note",)
):
    """How consulting goes between two, and whether more of it is needed."""

    mapped_on: dt.date
    asked_by: Audience
    asked_of: Audience
    works_well: bool
    more_needed: bool
    note: str | None = None


class HandbookReviewed(Fact, name="handbook_reviewed", stream=StreamKind.NETWORK, happened="reviewed_on"):
    """The family centre's handbook was gone through and brought up to date."""

    reviewed_on: dt.date


class DenominatorTold(Fact, name="denominator_told", stream=StreamKind.NETWORK, happened="told_on"):
    """How many there were in a year. `source_code`: the document that says so, by a code."""

    told_on: dt.date
    year: int = Field(ge=1, le=9999)
    denominator: Denominator
    value: Ordinal
    source_code: str


class NetworkEnded(Fact, name="network_ended", stream=StreamKind.NETWORK, happened="ended_on"):
    """The family centre is steered so no more; the year clock stops."""

    ended_on: dt.date


FACTS: tuple[type[Fact], ...] = (
    NetworkOpened,
    GroupFormed,
    GroupMet,
    ActionPlanMade,
    PlanTaskAgreed,
    PlanTaskDone,
    GoalSet,
    ProgressNoted,
    GatheringPlanned,
    GatheringHeld,
    MethodUseCounted,
    ConsultationMapped,
    HandbookReviewed,
    DenominatorTold,
    NetworkEnded,
)
