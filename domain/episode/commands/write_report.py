"""The command WriteReport."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context
from domain.episode.commands.base import Telling
from domain.episode.facts import Codes, Recipient, ReportWritten
from domain.episode.leaving import check_told_of
from domain.episode.state import EpisodeState
from domain.fact import Fact


class WriteReport(Telling):
    """Write a report on a period."""

    tells = ReportWritten
    after_grant = True

    report_id: UUID
    report_kind: str
    covers_from: dt.date
    covers_to: dt.date
    written_on: dt.date
    worker_id: str
    client_id: UUID | None = None
    recipient: Recipient | None = None
    note_type: str | None = None
    sections: Codes = None
    content: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ClientNotOfEpisode: also for who had left before the days it tells of."""
        facts = super().decide(state, context)
        for fact in facts:
            if isinstance(fact, ReportWritten):
                check_told_of(state, fact)
        return facts
