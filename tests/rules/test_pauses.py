"""Which resumption ends which pause, where pauses are told in another order than that of their days."""

from __future__ import annotations

import datetime as dt

from domain.calendar import day_in_helsinki
from domain.entry import Entry
from domain.episode.facts import EpisodeSuspended
from domain.fact import Fact
from domain.rules.case import Hit
from domain.rules.pause import Course
from tests.rules.story import day, resumed, story, suspended


def hit_of(entry: Entry) -> Hit:
    on = day_in_helsinki(entry.occurred_at)
    return Hit(entry, entry.version, entry.fact, entry.occurred_at, on, (on, entry.version))


def days_between(*facts: Fact) -> list[tuple[dt.date, dt.date | None]]:
    hits = [hit_of(entry) for entry in story(*facts)]
    ends = sorted((one for one in hits if isinstance(one.fact, EpisodeSuspended)), key=lambda one: one.in_world)
    course = Course.between(ends, [one for one in hits if one not in ends])
    return [(one.end.day, one.again.day if one.again else None) for one in course.pauses]


def test_a_pause_told_late_with_its_end_leaves_a_later_one_as_it_was() -> None:
    late = suspended("10.3."), resumed("15.3.")
    assert days_between(suspended("1.4."), *late) == [(day("10.3."), day("15.3.")), (day("1.4."), None)]
    assert days_between(suspended("1.4."), *late, resumed("9.4.")) == [
        (day("10.3."), day("15.3.")), (day("1.4."), day("9.4.")),
    ]  # fmt: skip
