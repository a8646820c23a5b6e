"""The Finnish calendar: days off, working days, months as steps and as durations, ages, the change of clocks."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import (
    HELSINKI,
    add_months,
    add_working_days,
    age_on,
    day_in_helsinki,
    is_working_day,
    last_day_of_months,
    late_after,
    midsummer_eve,
    next_working_day,
    start_of_day,
    working_days_between,
)

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))


def day(text: str) -> dt.date:
    number, month, year = text.split(".")
    return dt.date(int(year), int(month), int(number))


@pytest.mark.parametrize(
    "off",
    [
        "1.1.2024",  # New Year's Day
        "6.1.2023",  # Epiphany, a Friday
        "7.4.2023",  # Good Friday
        "10.4.2023",  # Easter Monday
        "1.5.2023",  # May Day
        "18.5.2023",  # Ascension Day
        "23.6.2023",  # Midsummer Eve
        "24.6.2023",  # Midsummer Day
        "6.12.2023",  # Independence Day, a Wednesday
        "24.12.2024",  # Christmas Eve, a Tuesday
        "25.12.2023",
        "26.12.2023",
        "4.11.2023",  # All Saints' Day, a Saturday
        "5.2.2023",  # a Sunday
    ],
)
def test_a_day_off_is_no_working_day(off: str) -> None:
    assert not is_working_day(day(off))


@pytest.mark.parametrize(
    "working", ["2.1.2024", "5.1.2023", "6.4.2023", "2.5.2023", "22.6.2023", "27.12.2023", "31.12.2024"]
)
def test_the_day_beside_a_day_off_is_a_working_day(working: str) -> None:
    assert is_working_day(day(working))


@pytest.mark.parametrize(
    ("year", "eve"), [(2020, "19.6.2020"), (2021, "25.6.2021"), (2022, "24.6.2022"), (2025, "20.6.2025")]
)
def test_midsummer_eve_is_the_friday_between_the_19th_and_the_25th_of_june(year: int, eve: str) -> None:
    assert midsummer_eve(year) == day(eve)


@pytest.mark.parametrize(
    ("arrival", "days", "last"),
    [
        ("6.2.2023", 0, "6.2.2023"),
        ("6.2.2023", 1, "7.2.2023"),
        ("3.2.2023", 1, "6.2.2023"),
        ("22.6.2023", 1, "26.6.2023"),
        ("22.12.2023", 1, "27.12.2023"),
        ("5.12.2023", 1, "7.12.2023"),
        ("29.12.2023", 2, "3.1.2024"),
    ],
)
def test_in_n_working_days_does_not_count_the_arrival_day(arrival: str, days: int, last: str) -> None:
    assert add_working_days(day(arrival), days) == day(last)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("15.1.2023", 1, "15.2.2023"),
        ("31.1.2023", 1, "28.2.2023"),
        ("31.1.2024", 1, "29.2.2024"),
        ("29.2.2024", 12, "28.2.2025"),
        ("31.12.2023", 2, "29.2.2024"),
        ("30.11.2023", 13, "30.12.2024"),
    ],
)
def test_a_month_as_a_step_is_the_same_numbered_day_or_the_last_of_the_month(start: str, months: int, due: str) -> None:
    assert add_months(day(start), months) == day(due)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("1.1.2023", 3, "31.3.2023"),
        ("15.1.2023", 1, "14.2.2023"),
        ("31.1.2023", 1, "28.2.2023"),
        ("30.11.2023", 3, "29.2.2024"),
        ("29.2.2024", 12, "28.2.2025"),
        ("28.2.2023", 1, "27.3.2023"),
    ],
)
def test_a_month_as_a_duration_ends_the_day_before_the_same_numbered_day(start: str, months: int, last: str) -> None:
    assert last_day_of_months(day(start), months) == day(last)


def test_a_duration_is_reckoned_from_its_start_and_does_not_drift() -> None:
    ends = [last_day_of_months(day("31.1.2023"), months) for months in (1, 2, 3)]
    assert ends == [day("28.2.2023"), day("30.3.2023"), day("30.4.2023")]


@pytest.mark.parametrize(
    ("due", "late"), [("23.6.2023", "26.6.2023"), ("24.12.2023", "27.12.2023"), ("8.2.2023", "8.2.2023")]
)
def test_a_duty_due_on_a_day_off_is_late_only_after_the_next_working_day(due: str, late: str) -> None:
    assert late_after(day(due)) == day(late)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("10.5.2014", "9.5.2023", 8),
        ("10.5.2014", "10.5.2023", 9),
        ("29.2.2012", "28.2.2023", 10),
        ("29.2.2012", "1.3.2023", 11),
        ("29.2.2012", "29.2.2024", 12),
    ],
)
def test_an_age_is_full_years_and_a_leap_day_is_kept_on_the_first_of_march(born: str, on: str, age: int) -> None:
    assert age_on(day(born), day(on)) == age


@pytest.mark.parametrize(
    ("utc", "helsinki"),
    [
        ("2023-01-31T21:59:59", "31.1.2023"),
        ("2023-01-31T22:00:00", "1.2.2023"),  # winter: two hours ahead
        ("2023-06-30T20:59:59", "30.6.2023"),
        ("2023-06-30T21:00:00", "1.7.2023"),  # summer: three
    ],
)
def test_the_day_is_the_day_in_helsinki_winter_and_summer(utc: str, helsinki: str) -> None:
    assert day_in_helsinki(dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)) == day(helsinki)


@pytest.mark.parametrize(("changing", "hours"), [("26.3.2023", 23), ("29.10.2023", 25), ("6.3.2023", 24)])
def test_the_day_of_the_change_of_clocks_is_an_hour_shorter_or_longer(changing: str, hours: int) -> None:
    begins, ends = (start_of_day(day(changing) + dt.timedelta(days=more)).astimezone(dt.UTC) for more in (0, 1))
    assert (ends - begins).total_seconds() == hours * 3600


@given(DAYS)
@settings(deadline=None)  # the days off of a year are reckoned when first asked for
def test_a_day_begins_on_itself(any_day: dt.date) -> None:
    assert day_in_helsinki(start_of_day(any_day)) == any_day
    assert start_of_day(any_day).tzinfo is HELSINKI


@given(DAYS, st.integers(0, 40))
@settings(deadline=None)  # the days off of a year are reckoned when first asked for
def test_adding_working_days_ends_on_a_working_day_that_many_on(arrival: dt.date, days: int) -> None:
    last = add_working_days(arrival, days)
    assert working_days_between(arrival, last) == days
    assert days == 0 or is_working_day(last)


@given(DAYS)
@settings(deadline=None)  # the days off of a year are reckoned when first asked for
def test_the_next_working_day_is_the_first_one_not_before(any_day: dt.date) -> None:
    found = next_working_day(any_day)
    assert is_working_day(found)
    assert working_days_between(any_day - dt.timedelta(days=1), found) == 1


@given(DAYS, st.integers(1, 60))
@settings(deadline=None)  # the days off of a year are reckoned when first asked for
def test_a_duration_never_outlasts_its_step(start: dt.date, months: int) -> None:
    assert last_day_of_months(start, months) <= add_months(start, months)
    assert last_day_of_months(start, months) < last_day_of_months(start, months + 1)


@given(DAYS, DAYS)
@settings(deadline=None)  # the days off of a year are reckoned when first asked for
def test_a_year_on_everyone_is_a_year_older(born: dt.date, on: dt.date) -> None:
    same_day_next_year = add_months(on, 12)
    assert age_on(born, same_day_next_year) - age_on(born, on) in (0, 1)
