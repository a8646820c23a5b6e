"""The command GiveNotice."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import NoticeGiven, Recipient


class GiveNotice(Telling):
    """Record that somebody was told what they must be told."""

    tells = NoticeGiven

    notice_kind: str
    recipient: Recipient
    given_on: dt.date
    worker_id: str
    meeting_id: UUID | None = None
    change_id: UUID | None = None
    content: str | None = None
