"""What is so about a client, folded from the facts in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.calendar import age_on
from domain.client.facts import (
    AddressTold,
    BirthExpected,
    ChildBorn,
    ClientRegistered,
    ConsentGiven,
    ConsentScope,
    ConsentWithdrawn,
    FamilyJoined,
    NonDisclosureEnded,
    NonDisclosureOrdered,
)
from domain.entry import Entry
from domain.state import StreamState

OF_AGE = 18
"""Whoever is younger is a child (Child Welfare Act 417/2007, § 6)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ClientState(StreamState):
    """A client. Holds identity: never logged, never shown by repr. `identity_withheld`: told, but not to be read."""

    registered: bool = False
    family_id: UUID | None = None
    area: str | None = None
    identity_code: str | None = None
    identity_withheld: bool = False
    born_on: dt.date | None = None
    birth_expected_on: dt.date | None = None
    expectation_learnt_on: dt.date | None = None
    gave_birth_on: dt.date | None = None
    non_disclosure: bool = False
    consents: tuple[ConsentGiven, ...] = ()
    address: AddressTold | None = None

    def age_on(self, day: dt.date) -> int | None:
        """Full years on `day`; None when the date of birth is not known."""
        return None if self.born_on is None else age_on(self.born_on, day)

    def of_age_on(self, day: dt.date) -> bool | None:
        """Whether the client was no child any more on `day`; None when the date of birth is not known."""
        age = self.age_on(day)
        return None if age is None else age >= OF_AGE

    def expecting_on(self, day: dt.date) -> bool:
        """Whether a child was expected and not yet born on `day`, as far as is known."""
        return self.expectation_learnt_on is not None and (self.gave_birth_on is None or day < self.gave_birth_on)

    def consents_to(self, scope: ConsentScope) -> bool:
        """Whether a consent of that scope stands."""
        return any(consent.scope is scope for consent in self.consents)


_IDENTITY = {"identity_code", "born_on"}


def fold_client(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ClientState:
    """The client's state from the stream's entries."""
    known: dict[str, object] = {}
    consents: dict[UUID, ConsentGiven] = {}
    for entry in in_force:
        fact = entry.fact
        match fact:
            case ClientRegistered():
                known |= {
                    "registered": True,
                    "family_id": fact.family_id,
                    "area": fact.area,
                    "identity_code": fact.identity_code,
                    "born_on": fact.born_on,
                    "identity_withheld": bool(_IDENTITY & fact.withheld.keys()),
                }
            case BirthExpected():
                known |= {"birth_expected_on": fact.expected_on, "expectation_learnt_on": fact.learnt_on}
                known.pop("gave_birth_on", None)
            case ChildBorn():
                known["gave_birth_on"] = fact.born_on
            case FamilyJoined():
                known["family_id"] = fact.family_id
            case ConsentGiven():
                consents[fact.consent_id] = fact
            case ConsentWithdrawn():
                consents.pop(fact.consent_id, None)
            case NonDisclosureOrdered():
                known["non_disclosure"] = True
            case NonDisclosureEnded():
                known["non_disclosure"] = False
            case AddressTold():
                known["address"] = fact
            case _:
                pass
    return ClientState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        consents=tuple(consents.values()),
        **known,  # type: ignore[arg-type] # the keys above are the fields' names
    )
