"""The command DeliverDocument."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import DocumentDelivered, Recipient


class DeliverDocument(Telling):
    """Record that a document reached its recipient."""

    tells = DocumentDelivered

    document_kind: str
    document_id: UUID | None = None
    recipient: Recipient
    delivered_on: dt.date
    delivery_mode: str
    worker_id: str
    client_id: UUID | None = None
    plan_id: UUID | None = None
