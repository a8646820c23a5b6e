"""The command HandleJointSurvey."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.activity.commands.base import ActivityCommand, require_activity
from domain.activity.facts import JointSurveyHandled, SurveyChange
from domain.activity.state import ActivityState
from domain.command import Context
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class HandleJointSurvey(ActivityCommand):
    """Record that the organisers went through the survey, and what was changed because of it."""

    survey_id: UUID
    handled_on: dt.date
    changes: Annotated[tuple[SurveyChange, ...], Field(min_length=1)]

    def decide(self, state: ActivityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
        require_activity(state, self.handled_on, "handled_on")
        survey = state.surveys.get(self.survey_id)
        if survey is None:
            raise OutOfOrder("There was no such survey.", remedy="Record the survey first.", field="survey_id")
        if self.handled_on < survey.opened_on:
            raise EndedBeforeItBegan(
                "handled_on is before the survey opened.",
                remedy=f"Give a day that is not before {survey.opened_on}.",
                field="handled_on",
            )
        return [JointSurveyHandled(**self.model_dump())]
