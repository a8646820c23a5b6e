"""Clients: family, area, non-disclosure, whether one is expecting; and their consents.

Must never hold: who they are. No identity code, name, birth date, address, nor the day a birth is expected.
"""

from collections.abc import Iterator

from domain.client.facts import (
    BirthExpected,
    ChildBorn,
    ClientRegistered,
    ConsentGiven,
    ConsentWithdrawn,
    FamilyJoined,
    NonDisclosureEnded,
    NonDisclosureOrdered,
)
from domain.entry import Entry
from projections.rows import Amend, Open, Operation, Projection, Table

CLIENTS = Table("clients", stream="client_id", key={}, columns=("family_id", "area", "non_disclosure", "expecting"))
CONSENTS = Table(
    "consents",
    stream="client_id",
    key={"consent_id": "uuid"},
    columns=("scope", "given_on", "withdrawn_on", "episode_id"),
)


def registered(_entry: Entry, fact: ClientRegistered) -> Iterator[Operation]:
    yield Amend("clients", (), {"family_id": fact.family_id, "area": fact.area}, opens=True)


def birth_expected(_entry: Entry, _fact: BirthExpected) -> Iterator[Operation]:
    yield Amend("clients", (), {"expecting": True})


def child_born(_entry: Entry, _fact: ChildBorn) -> Iterator[Operation]:
    yield Amend("clients", (), {"expecting": None})


def family_joined(_entry: Entry, fact: FamilyJoined) -> Iterator[Operation]:
    yield Amend("clients", (), {"family_id": fact.family_id})


def non_disclosure_ordered(_entry: Entry, _fact: NonDisclosureOrdered) -> Iterator[Operation]:
    yield Amend("clients", (), {"non_disclosure": True}, opens=True)


def non_disclosure_ended(_entry: Entry, _fact: NonDisclosureEnded) -> Iterator[Operation]:
    yield Amend("clients", (), {"non_disclosure": None})


def consent_given(_entry: Entry, fact: ConsentGiven) -> Iterator[Operation]:
    consent = {"scope": fact.scope, "given_on": fact.given_on, "episode_id": fact.episode_id}
    yield Open("consents", (fact.consent_id,), consent)


def consent_withdrawn(_entry: Entry, fact: ConsentWithdrawn) -> Iterator[Operation]:
    yield Amend("consents", (fact.consent_id,), {"withdrawn_on": fact.withdrawn_on})


PROJECTION = Projection.beside(
    __name__,
    (CLIENTS, CONSENTS),
    {
        ClientRegistered: registered,
        BirthExpected: birth_expected,
        ChildBorn: child_born,
        FamilyJoined: family_joined,
        NonDisclosureOrdered: non_disclosure_ordered,
        NonDisclosureEnded: non_disclosure_ended,
        ConsentGiven: consent_given,
        ConsentWithdrawn: consent_withdrawn,
    },
)
