"""The command RecordJointSurvey."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from domain.activity.commands.base import ActivityCommand, require_activity, require_news
from domain.activity.facts import JointSurveyHeld
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.strict import Count


class RecordJointSurvey(ActivityCommand):
    """Record that the meeting places held their joint feedback survey, with how many answers."""

    survey_id: UUID
    opened_on: dt.date
    closed_on: dt.date
    answers: Count
    mean_score: float | None = Field(default=None, ge=1, le=5)

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_activity(state, self.opened_on, "opened_on")
        require_news(state, self.survey_id, "survey_id")
        return [JointSurveyHeld(**self.model_dump())]
