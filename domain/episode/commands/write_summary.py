"""The command WriteSummary."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import SummaryWritten


class WriteSummary(Telling):
    """Write the closing summary (yhteenveto)."""

    tells = SummaryWritten
    after_grant = True

    summary_id: UUID
    written_on: dt.date
    worker_id: str
    content: str | None = None
