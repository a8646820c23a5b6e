"""The command RegisterClient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from stdnum.exceptions import ValidationError
from stdnum.fi import hetu

from domain.client.commands.base import ClientCommand
from domain.client.facts import BirthExpected, ClientRegistered, NonDisclosureOrdered
from domain.client.state import ClientState
from domain.command import Context
from domain.fact import Fact
from domain.refusal import BadIdentityCode, MissingIdentity

CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
"""The separator of a personal identity code tells the century (Government Decree 690/2022)."""


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
        """One to three facts. Raises MissingIdentity, BadIdentityCode."""
        if self.identity_code is None and self.born_on is None:
            raise MissingIdentity(
                "The client has no identity.",
                remedy="Give a personal identity code, or a date of birth when there is none yet.",
                field="identity_code",
            )
        told = {"expecting_birth_on", "non_disclosure", "born_on"}
        born_on = self._born_on()
        facts: list[Fact] = [ClientRegistered(**self.model_dump(exclude=told), born_on=born_on)]
        if self.expecting_birth_on:
            facts.append(BirthExpected(learnt_on=context.today, expected_on=self.expecting_birth_on))
        if self.non_disclosure:
            facts.append(NonDisclosureOrdered())
        return facts

    def _born_on(self) -> dt.date | None:
        if self.identity_code is None:
            return self.born_on
        try:
            code = hetu.validate(self.identity_code, allow_temporary=True)
        except ValidationError:
            raise BadIdentityCode(
                "The personal identity code does not check.",
                remedy="Give it as in the population register: ddmmyy, separator, individual number, check character.",
                field="identity_code",
            ) from None
        born_on = dt.date(CENTURIES[code[6]] + int(code[4:6]), int(code[2:4]), int(code[:2]))
        if self.born_on not in (None, born_on):
            raise BadIdentityCode(
                "The date of birth and the personal identity code disagree.",
                remedy="Give the date of birth that stands in the identity code, or leave it out.",
                field="born_on",
            )
        return born_on
