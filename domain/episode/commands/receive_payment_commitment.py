"""The command ReceivePaymentCommitment."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import PaymentCommitmentReceived
from domain.strict import Cents, Count


class ReceivePaymentCommitment(Telling):
    """Record the purchaser's payment commitment (maksusitoumus)."""

    tells = PaymentCommitmentReceived

    commitment_id: UUID
    received_on: dt.date
    issuer: str
    payer_service: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    amount_cents: Cents | None = None
    units: Count | None = None
    cost_centre: str | None = None
    contract_reference: str | None = None
    quality_requirements: tuple[str, ...] = ()
