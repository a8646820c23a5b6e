"""The command OpenSpell."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import SpellOpened


class OpenSpell(Telling):
    """Open a new spell of work: changed goals or a new challenge (S2)."""

    tells = SpellOpened
    after_grant = True

    opened_on: dt.date
    ground: str
    reason: str
