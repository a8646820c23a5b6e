"""The command RecordVisitationGround."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import VisitationGround, VisitationGroundRecorded


class RecordVisitationGround(Telling):
    """Record the confirmed agreement or court decision on which visits or exchanges rest."""

    tells = VisitationGroundRecorded

    ground: VisitationGround
    dated_on: dt.date
    authority: str
    need_defined_by_authority: bool
    conditions: str | None = None
