"""Made-up people for the demonstration history: dates of birth, and identity codes that nobody real can have."""

from __future__ import annotations

import datetime as dt
from random import Random

_CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def identity_code(born_on: dt.date, draw: Random) -> str:
    """A code whose individual number, 900-999, is never given to anybody, with its right check character."""
    number = f"{born_on:%d%m%y}{draw.randint(900, 999)}"
    separator = "A" if born_on.year >= 2000 else "-"
    return f"{number[:6]}{separator}{number[6:]}{_CHECK_CHARACTERS[int(number) % 31]}"


def spoilt(code: str) -> str:
    """The code with a check character that is not its own."""
    after = (_CHECK_CHARACTERS.index(code[-1]) + 1) % len(_CHECK_CHARACTERS)
    return code[:-1] + _CHECK_CHARACTERS[after]


def birthday(age_years: int, day: dt.date, draw: Random) -> dt.date:
    """A date of birth of somebody who is that old on the day."""
    return day - dt.timedelta(days=round((age_years + 0.1 + 0.8 * draw.random()) * 365.25))
