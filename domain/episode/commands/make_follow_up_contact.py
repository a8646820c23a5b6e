"""The command MakeFollowUpContact."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.episode.commands.base import Telling
from domain.episode.facts import FollowUpContactMade
from domain.strict import Months


class MakeFollowUpContact(Telling):
    """Record a contact with the client after the end."""

    tells = FollowUpContactMade
    after_grant = True

    made_on: dt.date
    months_after: Months | None = None
    worker_id: str
    client_id: UUID | None = None
    reached: bool
    note: str | None = None
