"""What the facts of an episode share: kinds of field, parts, and who is told something.

Never here: a fact of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.fact import StreamKind
from domain.strict import Strict

EPISODE = StreamKind.EPISODE
SomeClients = Annotated[tuple[UUID, ...], Field(min_length=1)]
SomeWorkers = Annotated[tuple[str, ...], Field(min_length=1)]
"""At least one: nothing is done by nobody, or for nobody."""
Codes = tuple[str, ...] | None
"""Several codes; none told is None, so that the bytes of what was stored before stay as they were."""


class Recipient(StrEnum):
    """To whom a document is delivered or a notice given."""

    PURCHASER_SOCIAL_WORKER = "purchaser_social_worker"
    CLIENT = "client"
    CONTROLLER = "controller"
    CHILD_SUPERVISOR = "child_supervisor"
    ARRANGING_TEAM = "arranging_team"
    PURCHASER_DEPUTY = "purchaser_deputy"
    PURCHASER = "purchaser"
    CHILD_WELFARE = "child_welfare"


class Part(Strict):
    """A part of a fact: has no name of its own in the ledger."""
