"""The command AdoptLogKey."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from domain.command import Context
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import LogKeyAdopted, LogKeyPurpose
from domain.register.roles import ADMINISTRATOR
from domain.register.state import RegisterState

VerifierKeyText = Annotated[str, Field(max_length=400, pattern=r"^[^+\s]{1,300}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$")]
"""The shape of a C2SP vkey for Ed25519: name, id, and the kind with the 32 bytes of the key in base64."""


class AdoptLogKey(RegisterCommand):
    """Let a public key sign the register's log from a size on, beside the one before to the end of an overlap.

    A key that signed before another came in its place can be adopted again: so a false adoption is undone.
    """

    callers_role = ADMINISTRATOR

    verifier_key: VerifierKeyText
    purpose: LogKeyPurpose
    from_size: Annotated[int, Field(ge=1, lt=2**63)]
    overlap_to: dt.date | None = None

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is adopted so already. Raises UnknownRegister, OutOfOrder, EndedBeforeItBegan."""
        require_open(state)
        fact = LogKeyAdopted(**self.model_dump())
        if fact in state.log_keys:
            return []
        before = state.keys_for(self.purpose)
        others = [key for key in state.log_keys if key.purpose is not self.purpose]
        if any(key.verifier_key == self.verifier_key for key in (*before[-1:], *others)):
            raise OutOfOrder("This key was adopted on other terms.", remedy="Make a new key for the new terms.")
        self._check_overlap(before, context)
        return [fact]

    def _check_overlap(self, before: Sequence[LogKeyAdopted], context: Context) -> None:
        if not before and self.overlap_to is not None:
            raise OutOfOrder("No key has signed before this one.", remedy="Leave overlap_to out.")
        if self.overlap_to is not None and self.overlap_to < context.today:
            raise EndedBeforeItBegan(
                "overlap_to has passed.", remedy="Give a day to come, or leave it out: then only the new key signs.",
                field="overlap_to",
            )  # fmt: skip
