"""The command RecordHomePractice."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import HomePracticeHeld, PracticePlace


class RecordHomePractice(Telling):
    """Record that the family practised everyday life at home: from when, until when, where (S3, kotiharjoittelu)."""

    tells = HomePracticeHeld
    after_grant = True

    practice_id: UUID
    started_on: dt.date
    ended_on: dt.date
    place: PracticePlace
