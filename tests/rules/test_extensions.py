"""Extensions month by month: reckoned from the original start, against a reference that counts day by day."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.episode.facts import EpisodeStarted
from domain.fact import Fact
from domain.rules.judge import judge
from tests.rules.models import CATALOGUE
from tests.rules.story import day, extension, held, started, story

L2 = next(model for model in CATALOGUE if model.service == "L2")
ONE_DAY = dt.timedelta(days=1)
RULES = ("duration", "extension-in-time", "extension-valid-from")
Told = dict[str, tuple[float | None, float | None, str | None]]


def found(*facts: Fact) -> Told:
    """What deviates of L2's rules on extensions: measured, limit and unit, by key."""
    deviations = judge(L2, story(*facts)).deviations.values()
    return {one.key: (one.measured, one.limit, one.unit) for one in deviations if one.rule_id in RULES}


def remedy(key: str, *facts: Fact) -> str:
    return judge(L2, story(*facts)).remedies[key]


def started_on(start: dt.date) -> Fact:
    return EpisodeStarted(started_on=start)


def decided_on(when: dt.date, **more: dt.date) -> Fact:
    return extension(f"{when.day}.{when.month}.{when.year}", **more)


def held_on(when: dt.date) -> Fact:
    return held(f"{when.day}.{when.month}.{when.year}")


def last_days(start: dt.date) -> Iterator[dt.date]:
    """The reference: the last day of one month from the start, of two, and so on, found by walking the days."""
    month = today = start
    while True:
        today += ONE_DAY
        months_on = (today.year - month.year) * 12 + today.month - month.month
        if months_on == 0:
            continue
        if today.day == start.day:
            yield today - ONE_DAY
        elif today.day < start.day and (today + ONE_DAY).month != today.month:
            yield today
        else:
            continue
        month = today


def ends(start: dt.date) -> list[dt.date]:
    """The last days of one to seven months; the index is the number of months."""
    return [start - ONE_DAY, *itertools.islice(last_days(start), 7)]


STARTS = st.dates(dt.date(2023, 1, 1), dt.date(2032, 12, 31))
MONTH_ENDS = st.sampled_from(
    [dt.date(year, month, number) for year in (2023, 2024, 2027, 2028) for month, number in
     ((1, 29), (1, 30), (1, 31), (2, 28), (3, 31), (8, 29), (8, 30), (8, 31), (10, 31), (11, 30), (12, 31))]
    + [dt.date(2024, 2, 29), dt.date(2028, 2, 29)]
)  # fmt: skip
ANY_START = STARTS | MONTH_ENDS


def test_three_months_from_the_tenth_of_march_end_on_the_ninth_of_june_and_six_in_september() -> None:
    reckoned = ends(dt.date(2023, 3, 10))
    assert (reckoned[3], reckoned[6]) == (dt.date(2023, 6, 9), dt.date(2023, 9, 9))
    assert found(started("10.3."), extension("9.6."), extension("9.7."), extension("9.8."), held_on(reckoned[6])) == {}


def test_the_fourth_extension_names_the_last_day_that_is_allowed() -> None:
    facts = (started("10.3."), extension("9.6."), extension("9.7."), extension("9.8."), extension("9.9."))
    assert found(*facts) == {"duration/5": (214, 184, "days")}
    assert "the day allowed is 2023-09-09" in remedy("duration/5", *facts)


@pytest.mark.parametrize("decided", ["10.9.", "1.10.", "31.12."])
def test_nothing_is_extended_when_six_months_have_passed_however_few_were_granted(decided: str) -> None:
    facts = (started("10.3."), extension(decided))
    assert "duration/2" in found(*facts)
    assert "the day allowed is 2023-09-09" in remedy("duration/2", *facts)


def test_an_extension_from_a_day_in_the_seventh_month_is_past_six_months_though_decided_in_time() -> None:
    facts = (started("10.3."), extension("9.6.", valid_from=day("10.9.")))
    assert set(found(*facts)) == {"duration/2", "extension-valid-from/2/first-day"}
    assert remedy("extension-valid-from/2/first-day", *facts) == "Let the extension be valid from 2023-06-10."


@pytest.mark.parametrize(
    ("decided", "valid_from", "right"),
    [
        ("1.6.", "10.6.", True),
        ("1.6.", "9.6.", False),
        ("1.6.", "11.6.", False),
        ("10.6.", "10.6.", True),
        ("14.6.", "14.6.", True),
        ("14.6.", "10.6.", False),
        ("14.6.", "15.6.", False),
    ],
)
def test_an_extension_begins_the_day_after_the_period_before_or_when_late_on_its_decision_day(
    decided: str, valid_from: str, *, right: bool
) -> None:
    told = found(started("10.3."), extension(decided, valid_from=day(valid_from)))
    assert ("extension-valid-from/2/first-day" not in told) is right


def test_an_extension_that_tells_a_last_day_past_its_month_is_of_more_than_a_month() -> None:
    within = found(started("10.3."), extension("9.6.", valid_to=day("9.7.")))
    past = found(started("10.3."), extension("9.6.", valid_to=day("10.7.")))
    assert (within, past) == ({}, {"duration/2": (123, 122, "days")})


def test_a_shorter_extension_is_followed_by_the_rest_of_its_month() -> None:
    facts = (started("10.3."), extension("9.6.", valid_to=day("20.6.")))
    assert found(*facts, extension("20.6."), held_on(day("9.7."))) == {}
    assert "duration/3" in found(*facts, held_on(day("21.6.")))


def test_work_on_a_day_without_a_decision_deviates_though_an_extension_came_later() -> None:
    told = found(started("10.3."), held_on(day("12.6.")), extension("14.6."), held_on(day("14.6.")))
    assert told == {"duration/2": (95, 92, "days"), "extension-in-time/3/gap": (4, 0, "days")}


def test_an_extension_entered_late_cannot_push_an_earlier_one_past_the_limit() -> None:
    facts = (started("10.3."), extension("9.6."), extension("9.7."), extension("9.8."), extension("1.8."))
    assert "duration/5" in found(*facts)
    assert "duration/4" not in found(*facts)


@given(ANY_START)
def test_each_end_is_the_day_before_the_same_numbered_day_else_the_months_last(start: dt.date) -> None:
    _, _, _, third, fourth, fifth, sixth, _ = ends(start)
    extensions = [decided_on(third), decided_on(fourth), decided_on(fifth)]
    facts = [started_on(start), *extensions]
    assert found(*facts, held_on(sixth)) == {}
    assert set(found(*facts, held_on(sixth + ONE_DAY))) == {"duration/5"}
    assert set(found(*facts, decided_on(sixth))) == {"duration/5"}


@given(ANY_START, st.lists(st.integers(1, 230), min_size=1, max_size=4, unique=True))
def test_extensions_are_judged_as_walking_the_months_judges_them(start: dt.date, after_days: list[int]) -> None:
    decisions = [start + dt.timedelta(days=days) for days in sorted(after_days)]
    steps = ends(start)
    previous_last, previous_first = steps[3], None
    expected: set[str] = set()
    for entry, decided in enumerate(decisions, start=2):
        first = decided if decided > previous_last else previous_last + ONE_DAY
        if previous_first is not None and decided < previous_first:
            expected.add(f"duration/{entry}/at-once")
        if decided > previous_last + ONE_DAY:
            expected.add(f"extension-in-time/{entry}/gap")
        if first > steps[6]:
            expected.add(f"duration/{entry}")
            break
        previous_first, previous_last = first, min(end for end in steps if end >= first)
    judged = decisions[: entry - 1]
    assert set(found(started_on(start), *map(decided_on, judged))) == expected


@given(ANY_START, st.integers(2, 60))
def test_the_days_without_a_decision_are_counted(start: dt.date, late: int) -> None:
    third = ends(start)[3]
    told = found(started_on(start), decided_on(third + dt.timedelta(days=late)))
    assert told == {"extension-in-time/2/gap": (late - 1, 0, "days")}
