"""For any history, the duties of a calendar rule are those that a naive count of the calendar's days gives."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import start_of_day
from domain.catalogue.loader import load_catalogue
from domain.clock import CalendarReached
from domain.consequence import DutyOpened, DutyWithdrawn, conclude, concluded
from domain.contact.facts import ContactSource, FamilyConsent
from domain.entry import Entry
from domain.episode.facts import (
    ChildJoined,
    ClosureReason,
    EpisodeClosed,
    EpisodeStarted,
    Recipient,
    ReferralReceived,
    ReportWritten,
)
from domain.fact import Fact
from domain.rules.base import Due
from domain.rules.case import Case
from domain.rules.judge import judge
from domain.rules.reaching import reaching_tells
from tests.rules.story import ACT, CHILD, SIBLING, STREAM, held, meeting, referral, story
from tests.rules.test_calendar_periods import duty

ONE_DAY = dt.timedelta(days=1)
DAYS = st.dates(dt.date(2022, 12, 15), dt.date(2026, 3, 5))
(P7,) = (model for model in load_catalogue() if model.service == "P7")


def period_of(every: str, day: dt.date, since: dt.date) -> str:
    """The period in which the day is, told without the module under test."""
    match every:
        case "month":
            return day.isoformat()[:7]
        case "quarter":
            return f"{day.year}-Q{1 + (day.month > 3) + (day.month > 6) + (day.month > 9)}"
        case "year":
            return str(day.year)
        case _:
            first = day.year - (day.year - since.year) % 2
            return f"{first}-{first + 1}"


def periods_of(every: str, since: dt.date, last: dt.date) -> list[str]:
    """The periods of all days from one to the other, day by day."""
    days = (since + number * ONE_DAY for number in range((last - since).days + 1))
    return list(dict.fromkeys(period_of(every, day, since) for day in days))


def closed_on(day: dt.date) -> Fact:
    return EpisodeClosed(closed_on=day, reason=ClosureReason.GOALS_MET)


@given(
    every=st.sampled_from(["month", "quarter", "year", "two_years"]),
    since=DAYS,
    meetings=st.lists(DAYS, max_size=6),
    ended=st.none() | DAYS,
    reached=DAYS,
    told_next_month=st.booleans(),
)
def test_the_duties_are_those_of_the_periods_whose_days_there_were(
    *,
    every: str,
    since: dt.date,
    meetings: list[dt.date],
    ended: dt.date | None,
    reached: dt.date,
    told_next_month: bool,
) -> None:
    rule = duty(every=every, **({"on_day_of_next_month": 10} if told_next_month else {}))
    end = [closed_on(max(ended, since))] if ended else []
    facts = [EpisodeStarted(started_on=since), *(held(f"{d.day}.{d.month}.{d.year}") for d in meetings), *end]
    found = [due for due in rule.find(Case(story(*facts, CalendarReached(reached_on=reached)))) if isinstance(due, Due)]

    horizon = max([since, reached, *meetings, *([max(ended, since)] if ended else [])])
    last = min(horizon, max(ended, since)) if ended else horizon
    had = {period_of(every, day, since) for day in meetings if day.year >= since.year - (since.year % 2)}
    wanted = periods_of(every, since, last)
    met = [name for name in wanted if name in had]
    if ended and not told_next_month and wanted[-1] == period_of(every, last, since) and wanted[-1] not in had:
        wanted = wanted[:-1]  # what should have happened by the period's end is due no more
    assert [due.apart for due in found] == wanted
    assert [due.apart for due in found if due.met_by] == met


def report(month: dt.date) -> Fact:
    """The report of the whole month, written on its last day."""
    last = (month + 32 * ONE_DAY).replace(day=1) - ONE_DAY
    return ReportWritten(
        report_id=meeting(f"report {month}"),
        report_kind="monthly",
        covers_from=month,
        covers_to=last,
        written_on=last,
        worker_id="w1",
        client_id=CHILD,
        recipient=Recipient.PURCHASER_SOCIAL_WORKER,
    )


def recorded(facts: list[Fact]) -> list[Entry]:
    """The facts as recorded one after the other, with what is concluded from each."""
    entries: list[Entry] = []

    def add(fact: Fact) -> None:
        moment = fact.happened_at() or start_of_day(dt.date(2023, 1, 1))
        entries.append(Entry(STREAM, len(entries) + 1, fact, moment, "tester", ACT))

    for fact in facts:
        add(fact)
        for conclusion in conclude(judge(P7, entries), concluded(entries)):
            add(conclusion)
    return entries


@settings(max_examples=40, deadline=None)
@given(
    months=st.sets(st.sampled_from([dt.date(2023 + n // 12, n % 12 + 1, 1) for n in range(1, 14)]), max_size=4),
    started=st.dates(dt.date(2023, 1, 1), dt.date(2023, 1, 31)),
    ended=st.none() | st.dates(dt.date(2023, 2, 1), dt.date(2024, 3, 31)),
    reached=st.lists(st.dates(dt.date(2023, 1, 1), dt.date(2024, 3, 31)), min_size=1, max_size=3),
    data=st.data(),
)
def test_in_whatever_order_they_are_recorded_each_month_has_one_report_due(
    months: set[dt.date],
    started: dt.date,
    ended: dt.date | None,
    reached: list[dt.date],
    data: st.DataObject,
) -> None:
    acts = [
        ReferralReceived(
            client_ids=(CHILD,),
            received_on=dt.date(2023, 1, 1),
            source=ContactSource.FAMILY,
            consent=FamilyConsent.GIVEN,
        ),
        EpisodeStarted(started_on=started),
        *map(report, sorted(months)),
        *([closed_on(ended)] if ended else []),
        *(CalendarReached(reached_on=day) for day in reached),
    ]
    entries = recorded(data.draw(st.permutations(acts)))
    days = [entry.occurred_at.date() for entry in story(*acts)]
    last = min([max(days), *([ended] if ended else [])])
    rule = "monthly-report"
    standing = {key.rpartition("/")[2] for key, one in concluded(entries).duties.items() if one.rule_id == rule}
    assert standing == set(periods_of("month", started, last))
    for key in {fact.duty_key for entry in entries if isinstance(fact := entry.fact, DutyOpened)}:
        opened = sum(isinstance(entry.fact, DutyOpened) and entry.fact.duty_key == key for entry in entries)
        gone = sum(isinstance(entry.fact, DutyWithdrawn) and entry.fact.duty_key == key for entry in entries)
        assert opened - gone == (key in concluded(entries).duties)
    assert not reaching_tells(P7, entries, max(days)), "what has been reached is told"


def test_the_first_report_of_a_child_who_came_along_is_asked_for_from_that_day_on() -> None:
    joined = ChildJoined(client_id=SIBLING, of_episode=(CHILD,), joined_on=dt.date(2023, 3, 13))
    told = [referral("1.1."), EpisodeStarted(started_on=dt.date(2023, 1, 11)), joined, held("20.4.")]
    reports = [one for one in judge(P7, story(*told)).duties.values() if one.rule_id == "monthly-report"]
    asked_from = {client: [one.opened_on for one in reports if one.client_id == client] for client in (CHILD, SIBLING)}
    first = {month: dt.date(2023, month, 1) for month in (2, 3, 4)}
    assert asked_from[CHILD] == [None, first[2], first[3], first[4]], "the first from the start, which opened it"
    assert asked_from[SIBLING] == [dt.date(2023, 3, 13), first[4]]
