"""The command ReceiveFeedback."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import FeedbackReceived
from domain.strict import Score


class ReceiveFeedback(Telling):
    """Record feedback from the family, a partner or the responsible worker."""

    tells = FeedbackReceived

    feedback_id: UUID
    received_on: dt.date
    given_by: str
    feedback_kind: str | None = None
    oral: bool | None = None
    scores: dict[str, Score] | None = None
    comment: str | None = None
