"""The commands that tell one fact about a client as it is; each is a sentence, its fields those of its fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.client.commands.base import ClientTelling, require_client
from domain.client.facts import (
    AddressTold,
    BirthExpected,
    ChildBorn,
    ConsentGiven,
    ConsentScope,
    ConsentWithdrawn,
    FamilyJoined,
    NonDisclosureEnded,
    NonDisclosureOrdered,
)
from domain.client.state import ClientState
from domain.command import Context
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder


class ExpectBirth(ClientTelling):
    """Record that the client expects a child."""

    tells = BirthExpected

    learnt_on: dt.date
    expected_on: dt.date


class RecordBirth(ClientTelling):
    """Record that the expected child was born."""

    tells = ChildBorn

    born_on: dt.date
    child_client_id: UUID | None = None


class JoinFamily(ClientTelling):
    """Record which family the client belongs to."""

    tells = FamilyJoined

    family_id: UUID
    joined_on: dt.date


class GiveConsent(ClientTelling):
    """Record a consent of the client, or of the guardians for the client."""

    tells = ConsentGiven

    consent_id: UUID
    scope: ConsentScope
    given_on: dt.date
    episode_id: UUID | None = None


class WithdrawConsent(ClientTelling):
    """Record that a consent was taken back."""

    tells = ConsentWithdrawn

    consent_id: UUID
    withdrawn_on: dt.date

    def decide(self, state: ClientState, context: Context) -> Sequence[Fact]:
        """Raises UnknownClient, OutOfOrder, EndedBeforeItBegan."""
        require_client(state)
        given = next((consent for consent in state.consents if consent.consent_id == self.consent_id), None)
        if given is None:
            raise OutOfOrder("No such consent stands.", remedy="Name one that stands.", field="consent_id")
        if self.withdrawn_on < given.given_on:
            raise EndedBeforeItBegan(
                "withdrawn_on is before the consent was given.",
                remedy=f"Give a day that is not before {given.given_on}.",
                field="withdrawn_on",
            )
        return super().decide(state, context)


class OrderNonDisclosure(ClientTelling):
    """Record that the client's contact details are under a non-disclosure order (turvakielto)."""

    tells = NonDisclosureOrdered

    ordered_on: dt.date | None = None


class EndNonDisclosure(ClientTelling):
    """Record that the non-disclosure order ended."""

    tells = NonDisclosureEnded

    ended_on: dt.date


class TellAddress(ClientTelling):
    """Record the client's address and telephone number."""

    tells = AddressTold

    told_on: dt.date
    street_address: str | None = None
    postal_code: str | None = None
    municipality: str | None = None
    telephone: str | None = None
