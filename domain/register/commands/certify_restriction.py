"""The command CertifyRestriction, which only the one who carries out a restriction gives: it has no route."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import AwareDatetime

from domain.command import Context
from domain.fact import Fact
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.restriction import RESTRICTIONS, RestrictionCertified
from domain.register.state import RegisterState
from domain.strict import Ordinal, Position


class CertifyRestriction(RegisterCommand):
    """Record that an approved restriction is carried out. What the fields say: see RestrictionCertified."""

    restriction_id: UUID
    versions: tuple[Ordinal, ...]
    key_ids: tuple[UUID, ...]
    restricted_count: Ordinal
    kept_count: Ordinal
    searched_to: Position
    retired_at: AwareDatetime
    parted_at: AwareDatetime
    overwritten_at: AwareDatetime
    cleaned_at: AwareDatetime
    sealed_size: Position | None = None
    sealed_root: str | None = None

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is certified already. Raises UnknownRegister, Unknown, OutOfOrder."""
        require_open(state)
        left = RESTRICTIONS.to_certify(state.restrictions, self.restriction_id)
        if left is None:
            return []
        restriction, approved_by = left
        return [
            RestrictionCertified(
                stream_id=restriction.request.stream_id,
                entry=restriction.request.entry,
                requested_by=restriction.requested_by,
                approved_by=approved_by,
                **self.model_dump(),
            )
        ]
