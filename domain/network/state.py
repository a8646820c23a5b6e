"""What is so about the steering of a family centre (F5), folded from the facts in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.consequence import ModelReference
from domain.entry import Entry
from domain.network.facts import (
    ActionPlanMade,
    GatheringHeld,
    GatheringPlanned,
    GoalSet,
    GroupFormed,
    GroupMet,
    NetworkEnded,
    NetworkOpened,
    PlanTaskAgreed,
    PlanTaskDone,
)
from domain.state import StreamState


@dataclass(frozen=True, kw_only=True)
class NetworkState(StreamState):
    """The steering of a family centre. `held`: the meetings and gatherings that were, `done`: the tasks that are."""

    opened: NetworkOpened | None = None
    ended_on: dt.date | None = None
    groups: Mapping[UUID, GroupFormed] = field(default_factory=dict)
    plans: Mapping[UUID, ActionPlanMade] = field(default_factory=dict)
    tasks: Mapping[UUID, PlanTaskAgreed] = field(default_factory=dict)
    goals: Mapping[UUID, GoalSet] = field(default_factory=dict)
    gatherings: Mapping[UUID, GatheringPlanned] = field(default_factory=dict)
    held: frozenset[UUID] = frozenset()
    done: frozenset[UUID] = frozenset()

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model that was in force when the steering began."""
        return ModelReference(self.opened.service, self.opened.model_version) if self.opened else None


@dataclass
class _Fold:
    """What has been gathered so far."""

    opened: NetworkOpened | None = None
    ended_on: dt.date | None = None
    groups: dict[UUID, GroupFormed] = field(default_factory=dict)
    plans: dict[UUID, ActionPlanMade] = field(default_factory=dict)
    tasks: dict[UUID, PlanTaskAgreed] = field(default_factory=dict)
    goals: dict[UUID, GoalSet] = field(default_factory=dict)
    gatherings: dict[UUID, GatheringPlanned] = field(default_factory=dict)
    held: set[UUID] = field(default_factory=set)
    done: set[UUID] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        match entry.fact:
            case NetworkOpened() as fact:
                self.opened = fact
            case GroupFormed() as fact:
                self.groups[fact.group_id] = fact
            case GroupMet() as fact:
                self.held.add(fact.meeting_id)
            case ActionPlanMade() as fact:
                self.plans[fact.plan_id] = fact
            case PlanTaskAgreed() as fact:
                self.tasks[fact.task_id] = fact
            case PlanTaskDone() as fact:
                self.done.add(fact.task_id)
            case GoalSet() as fact:
                self.goals[fact.goal_id] = fact
            case GatheringPlanned() as fact:
                self.gatherings[fact.gathering_id] = fact
            case GatheringHeld() as fact:
                self.held.add(fact.gathering_id)
            case NetworkEnded() as fact:
                self.ended_on = fact.ended_on
            case _:
                pass


def fold_network(entries: Sequence[Entry], in_force: Sequence[Entry]) -> NetworkState:
    """The state from the stream's entries."""
    fold = _Fold()
    for entry in in_force:
        fold.take(entry)
    return NetworkState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        opened=fold.opened,
        ended_on=fold.ended_on,
        groups=fold.groups,
        plans=fold.plans,
        tasks=fold.tasks,
        goals=fold.goals,
        gatherings=fold.gatherings,
        held=frozenset(fold.held),
        done=frozenset(fold.done),
    )
