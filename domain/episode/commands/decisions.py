"""What the decisions share: who may decide, on what, and what is known of the client on that day."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.catalogue.model import ServiceModel
from domain.client.state import ClientState
from domain.command import Context, Reads
from domain.contact.facts import ContactSource
from domain.episode.ages import asked_for, told_of_clients
from domain.episode.commands.base import EpisodeCommand, require_born, require_referral
from domain.episode.facts import DecisionKind, DecisionMade, Reference
from domain.episode.state import EpisodeState
from domain.refusal import CannotBeJudged, ReasonsMissing


class Decision(EpisodeCommand):
    """The fields of every decision (domain book § 2, "decision")."""

    decision_id: UUID
    decided_on: dt.date
    decision_maker: str
    legal_basis: str | None = None
    service_task: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    codes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    clientship: str | None = None
    voluntary_consent: bool | None = None
    reasons: str | None = None
    special_reasons: str | None = None

    def reads(self, state: EpisodeState) -> Reads:
        """The clients, for their age on the day of the decision."""
        return Reads(clients=state.client_ids)

    def _decision(
        self, kind: DecisionKind, model: ServiceModel, state: EpisodeState, context: Context, **more: Any
    ) -> DecisionMade:
        common = {name: getattr(self, name) for name in Decision.model_fields}
        common |= {
            "legal_basis": self.legal_basis or model.legal_basis,
            "service_task": self.service_task or model.service_task,
        }
        return DecisionMade(
            kind=kind,
            service=model.service,
            model_version=model.model_version,
            **common,
            **self._about_clients(state, context),
            **more,
        )

    def _about_clients(self, state: EpisodeState, context: Context) -> dict[str, Any]:
        referral = require_referral(state)
        clients = [context.clients[client_id] for client_id in asked_for(state, self.decided_on)]
        require_birth_dates(clients, context)
        if not context.historical:
            require_born(clients, self.decided_on, field="decided_on")
        maker = context.register.workers.get(self.decision_maker)
        return {
            **told_of_clients(state, context.clients, self.decided_on),
            "decision_maker_role": maker.role if maker else None,
            "consent": referral.consent,
            "requested_by_family": referral.source is ContactSource.FAMILY,
        }


def require_reasons(decision: Decision, context: Context) -> None:
    """Raises ReasonsMissing where a decision that says no, or ends what was granted, does not say why.

    Domain book § 2, "decision". It is asked here, since what was never granted is judged by no service's rules. A
    decision that was made elsewhere is told as it was.
    """
    if not context.historical and not (decision.reasons or "").strip():
        raise ReasonsMissing(
            "The decision does not say why.",
            remedy="Give its reasons: why the service is refused, or ends.",
            field="reasons",
        )


def require_birth_dates(clients: list[ClientState], context: Context) -> None:
    """Raises CannotBeJudged where a birth date was told but cannot be read: an age is not guessed."""
    if not context.historical and any(client.identity_withheld for client in clients):
        raise CannotBeJudged(
            "A client's birth date is withheld here, so that the age on the day of the decision is not known.",
            remedy="Decide where it can be read; if it was destroyed, register the client anew.",
        )
