"""The command CertifyDestruction, which only the one who carries out a destruction gives: it has no route."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import AwareDatetime

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.destruction import DESTRUCTIONS, DestructionCertified
from domain.register.state import RegisterState
from domain.strict import Ordinal, Position


class CertifyDestruction(RegisterCommand):
    """Record that the keys of an approved destruction are no more. What the fields say: see DestructionCertified."""

    destruction_id: UUID
    key_ids: tuple[UUID, ...]
    segments_count: Ordinal
    searched_to: Position
    fenced_at: AwareDatetime
    overwritten_at: AwareDatetime
    cleaned_at: AwareDatetime
    sealed_size: Position | None = None
    sealed_root: str | None = None

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is certified already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        left = DESTRUCTIONS.to_certify(state.destructions, self.destruction_id)
        if left is None:
            return []
        destruction, approved_by = left
        request = destruction.request
        return [
            DestructionCertified(
                client_id=request.client_id,
                task=request.task,
                ground=request.ground,
                requested_by=destruction.requested_by,
                approved_by=approved_by,
                **self.model_dump(),
            )
        ]
