"""The command WriteReport."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import Codes, Recipient, ReportWritten


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
