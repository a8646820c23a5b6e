"""Who may do what a role is needed for, and who may see what runs side by side for a client or a family.

What runs side by side is a narrow right, checked before the question is asked: whoever works with them now, as a worker
assigned to an open episode of the client (of one of the family), and whoever leads a team or audits, by the token's
roles. Each look is logged: what was looked at, on which ground; never at whom.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Literal
from uuid import UUID

import structlog

from api.desk import Admitted
from api.identity import Identity
from api.problems import Problem
from domain.calendar import day_in_helsinki
from domain.commands import AnyCommand
from projections.queries import Reading

LOOKING_ROLES = ("team_leader", "auditor")
"""The roles of a token whose holder may look without an assignment."""

log = structlog.get_logger()


def require_role(admitted: Admitted, command_type: type[AnyCommand]) -> None:
    """Raises a 403 problem unless the caller's token has the role that the command asks for."""
    role = command_type.callers_role
    if role and role not in admitted.identity.roles:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "role_missing",
            f"{command_type.command_name()} is for tokens with the role {role}.",
            remedy=f"Send it with the token of one who has it: `jaksokirja token O1 --role {role}`.",
        )


def require_side_by_side(admitted: Admitted, reading: Reading, of: Literal["client", "family"], of_id: UUID) -> None:
    """Raises a 403 problem unless the caller may see it. What holds now decides, whatever time is asked about."""
    ground = _role(admitted.identity) or _assignment(
        admitted.identity, reading, of, of_id, day_in_helsinki(admitted.book.clock())
    )
    log.info("side_by_side", register=admitted.register, of=of, ground=ground or "none", permitted=ground is not None)
    if ground is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "side_by_side_not_yours",
            f"You have no open episode of that {of}, and no role that lets you see its services.",
            remedy=f"Ask with the token of a worker assigned to an open episode of the {of}, or of one with the role"
            f" {' or '.join(LOOKING_ROLES)}: `jaksokirja token O1 --role team_leader`.",
        )


def _role(identity: Identity) -> str | None:
    return next((role for role in LOOKING_ROLES if role in identity.roles), None)


def _assignment(
    identity: Identity, reading: Reading, of: Literal["client", "family"], of_id: UUID, today: dt.date
) -> str | None:
    works = reading.works_with_client if of == "client" else reading.works_with_family
    return "assignment" if works(identity.actor, of_id, on_day=today) else None
