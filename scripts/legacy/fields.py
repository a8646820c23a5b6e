"""Reads single values of a legacy row: dates, times, yes and no, codes. Each fault names its column, never the value.

Never here: what a row means.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TypeVar

from domain.calendar import HELSINKI
from domain.strict import FIRST_DAY, LAST_DAY
from scripts.legacy.faults import Fault, FaultyRow

_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
ValueT = TypeVar("ValueT")


class Values:
    """The values of one row, read by column. `now` is the moment of the import: nothing recorded lies after it."""

    def __init__(self, values: Mapping[str, str], now: dt.datetime) -> None:
        self._values = values
        self._now = now

    def text(self, column: str) -> str | None:
        """The text, None when the field is empty."""
        return self._values[column] or None

    def none_without(self, column: str, wanted: str) -> None:
        """Raises FaultyRow when the field says something that only counts with another, which is empty."""
        if self._values[column] and not self._values[wanted]:
            raise FaultyRow(Fault.MISSING_VALUE, f"{wanted} is empty, but {column} is not.")

    def required(self, column: str) -> str:
        """The text of a field that may not be empty."""
        value = self._values[column]
        if not value:
            raise FaultyRow(Fault.MISSING_VALUE, f"{column} is empty.")
        return value

    def flag(self, column: str) -> bool:
        """K (yes) or E (no)."""
        return self.code(column, {"K": True, "E": False})

    def code(self, column: str, codes: Mapping[str, ValueT]) -> ValueT:
        """What the field's code stands for."""
        return self.code_of(self.required(column), column, codes)

    def code_of(self, value: str, column: str, codes: Mapping[str, ValueT]) -> ValueT:
        """What a code stands for. A code that looks like one is told, anything else could be free text."""
        if value in codes:
            return codes[value]
        named = f" {value}" if re.fullmatch(r"[A-Z_]{1,30}", value) else ""
        raise FaultyRow(Fault.UNKNOWN_CODE, f"{column} has the unknown code{named}; known: {', '.join(codes)}.")

    def day(self, column: str, *, may_lie_ahead: bool = False) -> dt.date:
        """A date dd.mm.yyyy that the calendar has."""
        found = _DAY.fullmatch(self.required(column))
        if found is None:
            raise FaultyRow(Fault.BAD_VALUE, f"{column} is no date of the form dd.mm.yyyy.")
        try:
            day = dt.date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            raise FaultyRow(Fault.NO_SUCH_DAY, f"{column} names a day that the calendar lacks.") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise FaultyRow(Fault.BAD_VALUE, f"{column} is no day from {FIRST_DAY.year} to {LAST_DAY.year}.")
        if not may_lie_ahead and day > self._now.astimezone(HELSINKI).date():
            raise FaultyRow(Fault.IN_THE_FUTURE, f"{column} lies in the future.")
        return day

    def day_or_none(self, column: str, *, may_lie_ahead: bool = False) -> dt.date | None:
        """A date, None when the field is empty."""
        return self.day(column, may_lie_ahead=may_lie_ahead) if self._values[column] else None

    def time(self, column: str) -> dt.time:
        """A time HH:MM."""
        found = _TIME.fullmatch(self.required(column))
        try:
            return dt.time(int(found[1]), int(found[2])) if found else _no_time(column)
        except ValueError:
            return _no_time(column)

    def moment(self, day_column: str, time_column: str, *, may_lie_ahead: bool = False) -> dt.datetime:
        """A day and a time in Helsinki."""
        day = self.day(day_column, may_lie_ahead=may_lie_ahead)
        moment = dt.datetime.combine(day, self.time(time_column), HELSINKI)
        if moment > self._now and not may_lie_ahead:
            raise FaultyRow(Fault.IN_THE_FUTURE, f"{day_column} and {time_column} lie in the future.")
        return moment


def _no_time(column: str) -> dt.time:
    raise FaultyRow(Fault.BAD_VALUE, f"{column} is no time of the form HH:MM.")


def check_order(beginning: dt.date | None, end: dt.date | None, names: str) -> None:
    """Raises FaultyRow when the end lies before the beginning; `names` are the columns."""
    if beginning is not None and end is not None and end < beginning:
        raise FaultyRow(Fault.ENDED_BEFORE_IT_BEGAN, f"It ended before it began ({names}).")
