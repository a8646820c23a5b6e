"""The command HandleFeedbackInTeam."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import FeedbackHandledInTeam


class HandleFeedbackInTeam(Telling):
    """Record that the team went through feedback on this episode, and what was changed because of it."""

    tells = FeedbackHandledInTeam

    feedback_id: UUID
    handled_on: dt.date
    worker_id: str
    change_code: str | None = None
    change: str | None = None
