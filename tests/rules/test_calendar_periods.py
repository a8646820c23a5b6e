"""Duties of calendar periods (every month, quarter, year) and those due on a day that their opening tells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clock import CalendarReached
from domain.episode.facts import AgreementMade, AgreementSubject
from domain.fact import Fact
from domain.rules.base import Due
from domain.rules.case import Case
from domain.rules.duty import Duty
from domain.rules.period import periods
from tests.rules.story import ACT, closed, day, held, planned, reopened, reported, started, story

BEGUN = "15.1."


def duty(**fields: Any) -> Duty:
    """A duty opened by the start and met by meetings, until the closure; other fields as given."""
    told: dict[str, Any] = {
        "id": "calendar",
        "kind": "duty",
        "strength": "must",
        "texts": {"fi": "f", "sv": "s", "en": "e"},
        "source": "own",
        "opens_on": {"fact": "episode_started"},
        "met_by": {"fact": "meeting_held"},
        "until": {"fact": "episode_closed"},
        "resumed_by": {"fact": "episode_reopened"},
    }
    return Duty.model_validate(told | fields)


def found(rule: Duty, *facts: Fact) -> list[Due]:
    return [due for due in rule.find(Case(story(*facts))) if isinstance(due, Due)]


def january_told(when: str) -> Fact:
    """The report of January, written on that day."""
    return reported(when).model_copy(update={"covers_from": day("1.1."), "covers_to": day("31.1.")})


def reached(when: str) -> Fact:
    return CalendarReached(reached_on=day(when))


def told(rule: Duty, *facts: Fact) -> list[tuple[str, bool]]:
    """The periods that there are duties of, and whether each is met."""
    return [(due.apart, due.met_by is not None) for due in found(rule, *facts)]


def test_every_month_that_has_begun_by_the_latest_entry_has_a_duty_and_no_later_one() -> None:
    monthly = duty(every="month")
    assert told(monthly, started(BEGUN)) == [("2023-01", False)]
    assert told(monthly, started(BEGUN), held("3.3.")) == [("2023-01", False), ("2023-02", False), ("2023-03", True)]


def test_a_period_that_has_not_begun_is_not_due_even_when_the_one_before_is_met() -> None:
    assert told(duty(every="month"), started(BEGUN), held("20.1.")) == [("2023-01", True)]


def test_the_calendar_tells_that_a_period_has_begun_as_any_entry_does() -> None:
    monthly = duty(every="month")
    silent = told(monthly, started(BEGUN), reached("28.2.2024"))
    assert silent == [(f"{2023 + nth // 12}-{nth % 12 + 1:02}", False) for nth in range(14)]
    assert told(monthly, started(BEGUN), reached("31.1.")) == told(monthly, started(BEGUN))
    assert told(monthly, reached("1.2."), started(BEGUN)) == [("2023-01", False), ("2023-02", False)]


def test_a_later_period_came_to_be_on_its_first_day_and_the_first_one_with_its_opening() -> None:
    dues = found(duty(every="month"), started(BEGUN), reached("1.3."))
    assert [due.opened_on for due in dues] == [None, day("1.2."), day("1.3.")]


def test_each_names_the_entry_that_opened_it_and_is_due_on_the_last_day_of_its_period() -> None:
    dues = found(duty(every="quarter"), started(BEGUN), held("3.4."))
    assert [(due.started_by, due.due_on) for due in dues] == [
        (1, day("31.3.")), (1, day("30.6.")),
    ]  # fmt: skip


def test_a_meeting_before_the_start_meets_nothing_but_one_of_the_same_month_does() -> None:
    assert told(duty(every="month"), held("30.12.2022"), held("2.1."), started(BEGUN))[0] == ("2023-01", True)


def test_a_report_belongs_to_the_month_that_it_covers_and_meets_its_duty_on_the_day_it_was_written() -> None:
    rule = duty(every="month", on_day_of_next_month=10, met_by={"fact": "report_written", "at": "covers_to"})
    (january, *_) = found(rule, started(BEGUN), january_told("5.2."))
    assert (january.apart, january.due_on, january.met_on) == ("2023-01", day("10.2."), day("5.2."))


def test_what_is_told_of_a_month_stays_due_after_the_end_for_each_month_begun() -> None:
    rule = duty(every="month", on_day_of_next_month=10, met_by={"fact": "report_written", "at": "covers_to"})
    assert told(rule, started(BEGUN), closed("1.2.")) == [("2023-01", False), ("2023-02", False)]


def test_what_should_happen_in_a_month_is_not_due_when_the_end_came_before_the_month_was_out() -> None:
    assert told(duty(every="month"), started(BEGUN), closed("27.2.")) == [("2023-01", False)]
    assert len(told(duty(every="month"), started(BEGUN), closed("27.2."), reopened("28.2."))) == 2


def test_so_many_times_in_a_year_and_only_in_some_of_its_months() -> None:
    twice = duty(every="year", times=2)
    assert told(twice, started(BEGUN), held("1.3.")) == [("2023", False)]
    assert told(twice, started(BEGUN), held("1.3."), held("2.3."))[0] == ("2023", True)
    autumn = duty(every="year", months=(9, 11))
    assert [due.due_on for due in found(autumn, started(BEGUN))] == [dt.date(2023, 11, 30)]
    assert told(autumn, started(BEGUN), held("31.8."))[0] == ("2023", False)
    assert told(autumn, started(BEGUN), held("1.9."))[0] == ("2023", True)
    assert told(autumn, started("1.12."), held("2.12."), reached("31.12.")) == []  # this year's were over
    assert told(autumn, started("1.12."), reached("1.1.2024")) == [("2024", False)]


def test_a_duty_may_be_due_on_the_day_that_its_opening_tells() -> None:
    rule = duty(opens_on={"fact": "meeting_planned"}, due_field="starts_at")
    (due,) = found(rule, planned("6.3."))
    assert (due.due_on, due.met_by) == (day("6.3."), None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"every": "month", "within_days": 3}, "exactly one way"),
        ({}, "exactly one way"),
        ({"within_days": 3, "times": 2}, "say every"),
        ({"within_days": 3, "made_up_within_months": 2}, "say every"),
        ({"every": "month", "recurring": True}, "neither recurs"),
        ({"every": "month", "months": (1, 2)}, "of every year"),
        ({"every": "year", "months": (11, 9)}, "of every year"),
        ({"due_field": "nonesuch"}, "no field"),
        ({"within_days": 3, "day_field": "due_day"}, "tells the day in"),
        (
            {"within_days": 3, "not_before": {"fact": "episode_started"}, "keeps_its_day": True, "resumed_by": []},
            "keeps",
        ),
        ({"same_day": True, "not_before": {"fact": "episode_started"}}, "days or months"),
        ({"every": "fortnight"}, "month"),
    ],
)
def test_a_duty_of_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        duty(**fields)


def test_periods_follow_one_another_over_the_turn_of_the_year() -> None:
    quarters = periods("quarter", dt.date(2024, 11, 30))
    assert [next(quarters).name for _ in range(2)] == ["2024-Q4", "2025-Q1"]
    months = periods("month", dt.date(2024, 2, 29))
    assert next(months).last == dt.date(2024, 2, 29)


def test_two_years_begin_with_the_year_of_the_opening_and_are_due_at_the_end_of_the_second() -> None:
    every_other = duty(every="two_years")
    due = found(every_other, started(BEGUN), held("3.3."), reached("1.1.2025"))
    assert [(one.apart, one.due_on, one.met_by is not None) for one in due] == [
        ("2023-2024", dt.date(2024, 12, 31), True),
        ("2025-2026", dt.date(2026, 12, 31), False),
    ]


def test_months_that_lie_between_an_end_and_what_resumed_it_are_not_told_of() -> None:
    rule = duty(every="month", on_day_of_next_month=10, met_by={"fact": "report_written", "at": "covers_to"})
    ended = [started(BEGUN), closed("12.2."), reopened("4.6."), closed("20.6.")]
    assert told(rule, *ended) == [("2023-01", False), ("2023-02", False), ("2023-06", False)]
    assert [due.opened_on for due in found(rule, *ended)] == [None, day("1.2."), day("4.6.")]
    assert told(rule, started(BEGUN), closed("31.1."), reopened("1.3.")) == [("2023-01", False), ("2023-03", False)]
    assert told(rule, started(BEGUN), closed("31.1."), reopened("28.2."))[1] == ("2023-02", False)


def test_a_month_in_which_it_ended_for_a_while_is_covered_by_the_days_on_which_it_went_on() -> None:
    rule = duty(
        every="month",
        on_day_of_next_month=10,
        met_by={"fact": "report_written"},
        covers=["covers_from", "covers_to"],
    )
    ended = [started("1.1."), january_told("31.1."), closed("12.2."), reopened("4.6.")]
    assert told(rule, *ended, reported("12.2."))[1] == ("2023-02", True)
    assert told(rule, *ended, reported("11.2."))[1] == ("2023-02", False)


def test_what_should_happen_in_a_month_that_was_out_while_it_was_ended_is_not_due_unless_it_happened() -> None:
    ended = [started(BEGUN), closed("12.2."), reopened("4.6.")]
    assert told(duty(every="month"), *ended) == [("2023-01", False), ("2023-06", False)]
    assert told(duty(every="month"), *ended, held("3.2."))[1] == ("2023-02", True)


def test_reports_every_so_many_months_that_were_due_while_it_was_ended_are_due_no_more() -> None:
    agreed = AgreementMade(
        agreement_id=ACT, subject=AgreementSubject.REPORTING, agreed_on=day(BEGUN), agreed_with="x", every_months=1
    )
    rule = duty(opens_on={"fact": "agreement_made"}, met_by={"fact": "report_written"}, months_field="every_months")
    ended = [agreed, reported("14.2."), closed("20.2."), reopened("4.6.")]
    assert [(due.due_on, due.met_by) for due in found(rule, *ended, reported("14.6."))] == [
        (day("15.2."), 2), (day("15.6."), 5),
    ]  # fmt: skip
    assert [due.met_by for due in found(rule, *ended, reported("14.3."))] == [2, 5, None]
    assert [due.opened_on for due in found(rule, *ended, reached("30.6."))] == [None, day("4.6."), day("15.6.")]


def test_a_periods_duty_that_was_met_before_its_period_began_came_to_be_when_it_was_met_whatever_is_told_later() -> (
    None
):
    agreed = AgreementMade(
        agreement_id=ACT, subject=AgreementSubject.REPORTING, agreed_on=day(BEGUN), agreed_with="x", every_months=1
    )
    rule = duty(opens_on={"fact": "agreement_made"}, met_by={"fact": "report_written"}, months_field="every_months")
    early = [agreed, reported("16.1."), reported("20.1.")]
    assert [due.opened_on for due in found(rule, *early)][:2] == [None, day("20.1.")]
    assert [due.opened_on for due in found(rule, *early, reached("16.3."))][:2] == [None, day("20.1.")]
