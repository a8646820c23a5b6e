"""Identity codes of people who do not exist: individual numbers 900-999, which the register never gives."""

from __future__ import annotations

import datetime as dt

from stdnum.fi import hetu

_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def identity_code(born_on: dt.date, number: int = 900) -> str:
    """The right code for that date of birth; `number` is 900 to 999."""
    assert 900 <= number <= 999
    separator = "A" if born_on.year >= 2000 else "-"
    digits = f"{born_on:%d%m%y}{number}"
    return str(hetu.validate(f"{digits[:6]}{separator}{number}{_CHARACTERS[int(digits) % 31]}", allow_temporary=True))
