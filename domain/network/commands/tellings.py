"""The commands that tell one fact about the steering as it is; each is a sentence, its fields those of its fact."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.family_centre import FamilyCentreArea, FamilyCentreTask, Sector
from domain.network.commands.base import NetworkTelling, require_known, require_news
from domain.network.facts import (
    ActionPlanMade,
    Audience,
    ConsultationMapped,
    Denominator,
    DenominatorTold,
    GatheringHeld,
    GatheringKind,
    GatheringPlanned,
    GoalMeasure,
    GoalSet,
    GroupFormed,
    GroupKind,
    HandbookReviewed,
    Method,
    MethodPlace,
    MethodUseCounted,
    NetworkEnded,
    PlanTaskAgreed,
    PlanTaskDone,
    Progress,
    ProgressNoted,
)
from domain.network.state import NetworkState
from domain.refusal import OutOfOrder
from domain.strict import Count, Ordinal

SOURCE_CODE = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
"""A document by a code, never a text."""


class FormGroup(NetworkTelling):
    """Record that a group was formed, and from which sectors and areas it has members."""

    tells = GroupFormed

    group_id: UUID
    group_kind: GroupKind
    formed_on: dt.date
    sectors: tuple[Sector, ...]
    areas: tuple[FamilyCentreArea, ...] = ()

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_news(state.groups, self.group_id, "group_id")


class MakeActionPlan(NetworkTelling):
    """Record the action plan of a year."""

    tells = ActionPlanMade

    plan_id: UUID
    made_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    tasks: tuple[FamilyCentreTask, ...] = ()
    content: str | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_news(state.plans, self.plan_id, "plan_id")


class AgreePlanTask(NetworkTelling):
    """Record a task of the action plan: which sector owns it, and by when it is to be done."""

    tells = PlanTaskAgreed

    task_id: UUID
    plan_id: UUID
    agreed_on: dt.date
    due_on: dt.date
    owner: Sector
    goal_id: UUID | None = None
    description: str | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_known(state.plans, self.plan_id, "plan_id")
        require_news(state.tasks, self.task_id, "task_id")
        if self.goal_id is not None:
            require_known(state.goals, self.goal_id, "goal_id")


class CompletePlanTask(NetworkTelling):
    """Record that a task of the action plan was done, or given up."""

    tells = PlanTaskDone

    task_id: UUID
    done_on: dt.date
    progress: Progress = Progress.DONE
    note: str | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_known(state.tasks, self.task_id, "task_id")
        require_news(state.done, self.task_id, "task_id")
        if self.progress not in (Progress.DONE, Progress.GIVEN_UP):
            raise OutOfOrder("A task ends done or given up.", remedy="Say done or given_up.", field="progress")


class SetGoal(NetworkTelling):
    """Record a goal for a time, with what is to be done for it."""

    tells = GoalSet

    goal_id: UUID
    number: int = Field(ge=1, le=9999)
    set_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    measures: tuple[GoalMeasure, ...] = ()
    wording: str | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_news(state.goals, self.goal_id, "goal_id")


class NoteProgress(NetworkTelling):
    """Record how far a goal's measure is."""

    tells = ProgressNoted

    goal_id: UUID
    measure_id: UUID
    noted_on: dt.date
    progress: Progress
    counted: Count | None = None
    note: str | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_known(state.goals, self.goal_id, "goal_id")
        known = {measure.measure_id for measure in state.goals[self.goal_id].measures}
        require_known(known, self.measure_id, "measure_id")


class PlanGathering(NetworkTelling):
    """Record that a gathering was agreed on for a day."""

    tells = GatheringPlanned

    gathering_id: UUID
    gathering_kind: GatheringKind
    planned_on: dt.date
    takes_place_on: dt.date

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_news({*state.gatherings, *state.held}, self.gathering_id, "gathering_id")


class RecordGathering(NetworkTelling):
    """Record that a gathering was held, for whom, and which of the seven tasks it served."""

    tells = GatheringHeld

    gathering_id: UUID
    gathering_kind: GatheringKind
    held_on: dt.date
    audiences: tuple[Audience, ...] = ()
    sectors: tuple[Sector, ...] = ()
    tasks: tuple[FamilyCentreTask, ...] = ()
    participants: Count | None = None

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        require_news(state.held, self.gathering_id, "gathering_id")


class CountMethodUse(NetworkTelling):
    """Record how often a method was used in a time, where, and how many learnt it."""

    tells = MethodUseCounted

    method: Method
    counted_on: dt.date
    covers_from: dt.date
    covers_to: dt.date
    used_in: tuple[MethodPlace, ...] = ()
    uses: Count
    trained: Count = 0
    introduced: Count = 0


class MapConsultation(NetworkTelling):
    """Record how consulting goes between two, and whether more of it is needed."""

    tells = ConsultationMapped

    mapped_on: dt.date
    asked_by: Audience
    asked_of: Audience
    works_well: bool
    more_needed: bool
    note: str | None = None


class ReviewHandbook(NetworkTelling):
    """Record that the handbook was gone through and brought up to date."""

    tells = HandbookReviewed

    reviewed_on: dt.date


class TellDenominator(NetworkTelling):
    """Record how many there were in a year, and which document says so."""

    tells = DenominatorTold

    told_on: dt.date
    year: int = Field(ge=1, le=9999)
    denominator: Denominator
    value: Ordinal
    source_code: Annotated[str, Field(pattern=SOURCE_CODE, max_length=60)]


class EndNetwork(NetworkTelling):
    """Record that the family centre is steered so no more; the year clock stops."""

    tells = NetworkEnded

    ended_on: dt.date

    def check(self, state: NetworkState) -> None:
        """Raises OutOfOrder."""
        if state.ended_on is not None:
            raise OutOfOrder("The network ended already.", remedy="Correct that entry if the day is wrong.")
