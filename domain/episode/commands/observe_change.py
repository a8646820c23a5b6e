"""The command ObserveChange."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import ChangeObserved, Observation


class ObserveChange(Telling):
    """Record a change that the purchaser must be told of, or that the service fits no longer."""

    tells = ChangeObserved
    after_grant = True

    change_id: UUID
    observation: Observation
    observed_on: dt.date
    worker_id: str
    content: str | None = None
