"""The command RecordLogRestore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import LogKeyPurpose, LogRestored
from domain.register.roles import ADMINISTRATOR
from domain.register.state import RegisterState

Root = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""32 bytes in base64, as checkpoints write them."""
Size = Annotated[int, Field(ge=0, lt=2**63)]


class RecordLogRestore(RegisterCommand):
    """Record that the register was put back on purpose to what a backup held. `statement` is the signed note."""

    callers_role = ADMINISTRATOR

    sealed_size: Size
    sealed_root: Root
    restored_size: Size
    restored_root: Root
    statement: Annotated[str, Field(min_length=1, max_length=20_000)]

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is recorded already. Raises UnknownRegister, OutOfOrder."""
        require_open(state)
        fact = LogRestored(**self.model_dump())
        if fact in state.restores:
            return []
        if not state.keys_for(LogKeyPurpose.RESTORES):
            raise OutOfOrder(
                "No key may sign a restore of this register.",
                remedy="Such a key is adopted before it is needed: `jaksokirja keys new restores` makes one.",
            )
        return [fact]
