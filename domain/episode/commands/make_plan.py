"""The command MakePlan."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import Codes, Goal, PlanKind, PlanMade, Recipient
from domain.strict import Minutes, Months, Some


class MakePlan(Telling):
    """Make a written plan, or make the plan of the same id anew."""

    tells = PlanMade

    plan_id: UUID
    plan_kind: PlanKind
    made_on: dt.date
    worker_id: str
    with_family: bool | None = None
    goals: tuple[Goal, ...] = ()
    estimated_months: Months | None = None
    weekly_minutes: Minutes | None = None
    planned_minutes: Minutes | None = None
    planned_remote_minutes: Minutes | None = None
    planned_meetings: Some | None = None
    weekly_meetings: Some | None = None
    made_by: Recipient | None = None
    together_with: Codes = None
    methods: Codes = None
    contact_times: Codes = None
    services_mapped: Codes = None
    goal_texts: dict[str, str] | None = None
    content: str | None = None
