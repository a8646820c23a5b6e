"""Finnish calendar rules: Europe/Helsinki, working days, months as steps and as durations, ages.

Source: the domain book, § 2 "calendar"; Act 150/1930 § 5 (a due date on a holiday, Independence Day, May Day,
Christmas Eve, Midsummer Eve or Saturday moves to the next working day). Pure: today is always an argument.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

HELSINKI = ZoneInfo("Europe/Helsinki")
CALENDAR_NAME = "fi-working-days"
"""How the calendar is named in the provenance of a due date."""
_TOLD_YEARS = range(2000, 2041)


def day_in_helsinki(moment: dt.datetime) -> dt.date:
    """The calendar day in Finland at an aware moment."""
    return moment.astimezone(HELSINKI).date()


def start_of_day(day: dt.date) -> dt.datetime:
    """00:00 in Helsinki at the beginning of `day`."""
    return dt.datetime.combine(day, dt.time(), HELSINKI)


@lru_cache(maxsize=64)
def _days_off(year: int) -> frozenset[dt.date]:
    public = holidays.country_holidays("FI", years=year, language="en_US")
    eves = {dt.date(year, 12, 24), midsummer_eve(year)}
    return frozenset(day for day in public if day.weekday() < 5) | frozenset(eves)


@cache
def edition() -> str:
    """What tells this calendar from another, which holds other days to be working days: a hash over them, in hex.

    Of the years in which registers are kept: what changes in others makes no other edition.
    """
    off = sorted(day for year in _TOLD_YEARS for day in _days_off(year))
    return hashlib.sha256(" ".join(map(str, off)).encode()).hexdigest()[:16]


def midsummer_eve(year: int) -> dt.date:
    """The Friday between 19 and 25 June."""
    first = dt.date(year, 6, 19)
    return first + dt.timedelta(days=(4 - first.weekday()) % 7)


def is_working_day(day: dt.date) -> bool:
    """Monday-Friday except public holidays, Midsummer Eve and Christmas Eve."""
    return day.weekday() < 5 and day not in _days_off(day.year)


def next_working_day(day: dt.date) -> dt.date:
    """`day` itself when it is a working day, else the first one after it."""
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day


def add_working_days(arrival: dt.date, days: int) -> dt.date:
    """The last day of "in `days` working days": the arrival day is not counted. `days` >= 0."""
    day = arrival
    for _ in range(days):
        day = next_working_day(day + dt.timedelta(days=1))
    return day


def working_days_between(start: dt.date, end: dt.date) -> int:
    """The working days after `start`, up to and with `end`: the least N for which "in N working days" was kept."""
    span = range(1, (end - start).days + 1)
    return sum(is_working_day(start + dt.timedelta(days=passed)) for passed in span)


def add_months(day: dt.date, months: int) -> dt.date:
    """A month as a duty step: the same-numbered day, else that month's last."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return dt.date(year, month0 + 1, min(day.day, last))


def last_day_of_months(start: dt.date, months: int) -> dt.date:
    """A month as a duration: the last day of a period of `months` from `start`, with no drift.

    It ends the day before the same-numbered day; where the month has none, on that month's last day.
    """
    same = add_months(start, months)
    return same - dt.timedelta(days=1) if same.day == start.day else same


def late_after(due_on: dt.date) -> dt.date:
    """The last day on which a duty due on `due_on` is in time: a non-working day rolls to the next working day."""
    return next_working_day(due_on)


def age_on(born_on: dt.date, day: dt.date) -> int:
    """Full years on `day`; one born on 29 February has the birthday on 1 March in common years (own reading)."""
    before_birthday = (day.month, day.day) < (born_on.month, born_on.day)
    return day.year - born_on.year - before_birthday
