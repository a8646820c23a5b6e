"""Facts about a client: identity, birth, family, consents, non-disclosure.

The names given here are the storage format. A client is the person for whom decisions are made; an unborn child
is nobody's client, but a fact on the mother's stream until the birth (domain book § 1).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from domain.fact import Fact, StreamKind


class ConsentScope(StrEnum):
    """What a consent is for."""

    CONTACT_BY_SERVICE = "contact_by_service"
    REHABILITATION = "rehabilitation"
    FOLLOW_UP = "follow_up"
    SHARING = "sharing"


class ClientRegistered(
    Fact,
    name="client_registered",
    stream=StreamKind.CLIENT,
    sensitive=("identity_code", "born_on", "given_name", "family_name", "municipality"),
    past=("born_on",),
):
    """A person entered the register. At least an identity code or a date of birth is known."""

    family_id: UUID | None = None
    area: str | None = None
    identity_code: str | None = None
    born_on: dt.date | None = None
    given_name: str | None = None
    family_name: str | None = None
    municipality: str | None = None


class BirthExpected(
    Fact, name="birth_expected", stream=StreamKind.CLIENT, happened="learnt_on", sensitive=("expected_on",)
):
    """The client expects a child on `expected_on`."""

    learnt_on: dt.date
    expected_on: dt.date | None = None


class ChildBorn(Fact, name="child_born", stream=StreamKind.CLIENT, happened="born_on", sensitive=("child_client_id",)):
    """The child that was expected was born; `child_client_id` once the child is a client too."""

    born_on: dt.date
    child_client_id: UUID | None = None


class FamilyJoined(Fact, name="family_joined", stream=StreamKind.CLIENT, happened="joined_on"):
    """The client belongs to the family from `joined_on`."""

    family_id: UUID
    joined_on: dt.date


class ConsentGiven(Fact, name="consent_given", stream=StreamKind.CLIENT, happened="given_on"):
    """The client, or the guardians for the client, consented."""

    consent_id: UUID
    scope: ConsentScope
    given_on: dt.date
    episode_id: UUID | None = None


class ConsentWithdrawn(Fact, name="consent_withdrawn", stream=StreamKind.CLIENT, happened="withdrawn_on"):
    """The consent was taken back."""

    consent_id: UUID
    withdrawn_on: dt.date


class NonDisclosureOrdered(Fact, name="non_disclosure_ordered", stream=StreamKind.CLIENT, happened="ordered_on"):
    """The client's contact details are under a non-disclosure order (turvakielto)."""

    ordered_on: dt.date | None = None


class NonDisclosureEnded(Fact, name="non_disclosure_ended", stream=StreamKind.CLIENT, happened="ended_on"):
    """The non-disclosure order ended."""

    ended_on: dt.date


class AddressTold(
    Fact,
    name="address_told",
    stream=StreamKind.CLIENT,
    happened="told_on",
    sensitive=("street_address", "postal_code", "municipality", "telephone"),
):
    """The client's address and telephone number as told on `told_on`."""

    told_on: dt.date
    street_address: str | None = None
    postal_code: str | None = None
    municipality: str | None = None
    telephone: str | None = None


FACTS: tuple[type[Fact], ...] = (
    ClientRegistered,
    BirthExpected,
    ChildBorn,
    FamilyJoined,
    ConsentGiven,
    ConsentWithdrawn,
    NonDisclosureOrdered,
    NonDisclosureEnded,
    AddressTold,
)
