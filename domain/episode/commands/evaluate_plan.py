"""The command EvaluatePlan."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import Codes, GoalResult, PlanEvaluated


class EvaluatePlan(Telling):
    """Evaluate the work against the plan."""

    tells = PlanEvaluated
    after_grant = True

    plan_id: UUID | None = None
    evaluated_on: dt.date
    worker_id: str
    overall_result: GoalResult | None = None
    goal_results: dict[UUID, GoalResult] | None = None
    together_with: Codes = None
    evaluation: str | None = None
