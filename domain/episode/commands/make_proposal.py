"""The command MakeProposal."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import ProposalMade
from domain.register.facts import WorkerRole


class MakeProposal(Telling):
    """Propose a service to the body that arranges it (S3, steps of arranging)."""

    tells = ProposalMade

    proposed_on: dt.date
    service: str
    proposer_id: str
    proposer_role: WorkerRole
    channel: str | None = None
    decided_by_team: str | None = None
    cancellation_conditions: tuple[str, ...] = ()
    grounds: str | None = None
