"""The command RecordScreen."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import ScreenTaken


class RecordScreen(Telling):
    """Record a drug screen, and whether it matches the client's own medication."""

    tells = ScreenTaken

    taken_on: dt.date
    matches_medication: bool
    note: str | None = None
