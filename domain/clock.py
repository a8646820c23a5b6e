"""The calendar's own fact: that a day was reached, told of a stream in which nothing else tells it.

Where nobody records anything, no entry says that a month has begun; this one does, and explains the duties that the
month opens (decision 7). The ledger's clock tells it, never a person. Must never hold: a clock.
"""

from __future__ import annotations

import datetime as dt

from domain.fact import Fact

CLOCK = "clock"
"""The actor of what the ledger's own clock tells."""


class CalendarReached(Fact, name="calendar_reached", happened="reached_on"):
    """The calendar has reached this day, and with it periods of which something is due.

    It says nothing about the work, so nobody can correct or strike it, and it stands in nobody's way.
    """

    reached_on: dt.date


FACTS: tuple[type[Fact], ...] = (CalendarReached,)
