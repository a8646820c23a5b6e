"""Facts of follow-up and feedback.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.facts.base import EPISODE
from domain.fact import Fact
from domain.strict import Months, Score


class FollowUpContactMade(
    Fact, name="follow_up_contact_made", stream=EPISODE, happened="made_on", sensitive=("note",), workers=("worker_id",)
):
    """The client was contacted after the end, `months_after` months on."""

    made_on: dt.date
    months_after: Months | None = None
    worker_id: str
    client_id: UUID | None = None
    reached: bool
    note: str | None = None


class FeedbackReceived(Fact, name="feedback_received", stream=EPISODE, happened="received_on", sensitive=("comment",)):
    """Feedback from the family, a partner or the responsible worker; scores by question code."""

    feedback_id: UUID
    received_on: dt.date
    given_by: str
    feedback_kind: str | None = None
    oral: bool | None = None
    scores: dict[str, Score] | None = None
    comment: str | None = None


class FollowUpAgreed(Fact, name="follow_up_agreed", stream=EPISODE, happened="agreed_on"):
    """The client consented to being contacted after the end, as the client's own stream tells."""

    client_id: UUID
    consent_id: UUID
    agreed_on: dt.date


class FollowUpStopped(Fact, name="follow_up_stopped", stream=EPISODE, happened="stopped_on"):
    """The client took that consent back: nobody contacts the client after the end."""

    client_id: UUID
    stopped_on: dt.date


class FeedbackHandledInTeam(
    Fact,
    name="feedback_handled_in_team",
    stream=EPISODE,
    happened="handled_on",
    sensitive=("change",),
    workers=("worker_id",),
):
    """Feedback on this episode was gone through in the team."""

    feedback_id: UUID
    handled_on: dt.date
    worker_id: str
    change_code: str | None = None
    change: str | None = None
