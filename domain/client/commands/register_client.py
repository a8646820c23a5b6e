"""The command RegisterClient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.client.commands.base import ClientCommand
from domain.client.facts import BirthExpected, ClientRegistered, NonDisclosureOrdered
from domain.client.identity import born_on_of
from domain.client.state import ClientState
from domain.command import Context
from domain.fact import Fact


class RegisterClient(ClientCommand):
    """Enter a person in the register: a child, an expecting mother or an adult for whom decisions will be made."""

    begins = True

    identity_code: str | None = None
    born_on: dt.date | None = None
    given_name: str | None = None
    family_name: str | None = None
    family_id: UUID | None = None
    municipality: str | None = None
    area: str | None = None
    expecting_birth_on: dt.date | None = None
    non_disclosure: bool = False

    def decide(self, state: ClientState, context: Context) -> Sequence[Fact]:
        """One to three facts. Raises BadIdentityCode. That the identity can be somebody's, domain.truth sees to."""
        told = {"expecting_birth_on", "non_disclosure", "born_on"}
        born_on = self.born_on or (born_on_of(self.identity_code) if self.identity_code else None)
        facts: list[Fact] = [ClientRegistered(**self.model_dump(exclude=told), born_on=born_on)]
        if self.expecting_birth_on:
            facts.append(BirthExpected(learnt_on=context.today, expected_on=self.expecting_birth_on))
        if self.non_disclosure:
            facts.append(NonDisclosureOrdered())
        return facts
