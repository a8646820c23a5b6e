"""The ledger's clock: a stream in which nobody records anything still learns which periods have begun."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from api.clock import keep_time, reach, seconds_to_wait
from domain.amend.correct_entry import CorrectEntry
from domain.amend.reach_calendar import ReachCalendar
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.amend.waive_duty import WaiveDuty
from domain.calendar import HELSINKI
from domain.clock import CLOCK, CalendarReached
from domain.consequence import Duty, DutyMet, DutyOpened, DutyWithdrawn
from domain.correction import MistakeKind
from domain.episode.facts import EpisodeClosed, EpisodeStarted
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.quality.facts import QualityFileOpened
from domain.refusal import InTheFuture, OnlyByTheClock, OutOfOrder
from tests.domain.desk import Desk
from tests.domain.marks import covers, refuses
from tests.domain.quality_desk import audit_held, file_opened, survey
from tests.driven.lapland import STARTED, Work, closed, course, monthly

MISTAKE = MistakeKind.FACTUAL_ERROR
FOURTEEN = [f"{2023 + nth // 12}-{nth % 12 + 1:02}" for nth in range(2, 16)]
"""March 2023 to April 2024."""
REACHED = dt.date(2024, 4, 30)


def reports(desk: Desk, episode: UUID) -> dict[str, Duty]:
    """The monthly reports that are due, by month."""
    standing = desk.episode(episode).concluded.duties.values()
    return {duty.key.rpartition("/")[2]: duty for duty in standing if duty.rule_id == "monthly-report"}


def reach_day(desk: Desk, episode: UUID, day: dt.date = REACHED) -> Any:
    return desk.do(episode, ReachCalendar(reached_on=day), actor=CLOCK)


def report(first: dt.date, last: dt.date) -> Any:
    return monthly(covers_from=first, covers_to=last, written_on=last)


@covers(ReachCalendar)
def test_a_silent_episode_of_fourteen_months_owes_fourteen_reports_each_with_its_own_due_day(desk: Desk) -> None:
    episode = course("P7")(desk)
    assert list(reports(desk, episode)) == ["2023-03"]
    reach_day(desk, episode)
    found = reports(desk, episode)
    assert list(found) == FOURTEEN
    assert [duty.due_on for duty in found.values()] == [
        dt.date(2023 + nth // 12, nth % 12 + 1, 10) for nth in range(3, 17)
    ]


def test_each_duty_that_a_day_opens_names_it_as_its_cause_and_came_to_be_on_the_first_of_its_month(desk: Desk) -> None:
    episode = course("P7")(desk)
    outcome = reach_day(desk, episode)
    day, *opened = outcome.entries
    assert (day.fact, day.actor) == (CalendarReached(reached_on=REACHED), CLOCK)
    april = opened[0]
    assert isinstance(april.fact, DutyOpened)
    assert (april.caused_by, april.fact.started_by) == (day.version, desk.number(episode, EpisodeStarted))
    assert april.occurred_at == dt.datetime(2023, 4, 1, tzinfo=HELSINKI)


def test_a_day_that_opens_nothing_is_not_recorded(desk: Desk) -> None:
    episode = course("P7")(desk)
    assert reach_day(desk, episode, dt.date(2023, 3, 31)).entries == ()
    assert reach_day(desk, episode).entries
    assert reach_day(desk, episode).entries == ()
    assert reach_day(desk, episode, dt.date(2024, 4, 1)).entries == ()
    assert reach_day(desk, desk.started("K2")).entries == ()
    assert reach_day(desk, desk.client()).entries == ()


@pytest.mark.parametrize("clock_first", [True, False])
def test_whether_an_entry_or_the_clock_comes_first_the_same_duties_stand(desk: Desk, clock_first: bool) -> None:
    episode = course("P7")(desk)
    may = report(dt.date(2023, 5, 1), dt.date(2023, 5, 31))
    steps: list[Callable[[], Any]] = [lambda: reach_day(desk, episode), lambda: told(desk, episode, may)]
    for step in steps if clock_first else reversed(steps):
        step()
    found = reports(desk, episode)
    assert list(found) == FOURTEEN
    assert [month for month, duty in found.items() if duty.met_by] == ["2023-05"]


def told(desk: Desk, episode: UUID, step: Any) -> None:
    """Take a step of a course in an episode that there is already."""
    Work(desk, "P7", desk.episode(episode).client_ids[0], episode).do(step)


def test_a_closure_entered_late_withdraws_what_begins_after_it_and_no_more(desk: Desk) -> None:
    episode = course("P7")(desk)
    reach_day(desk, episode)
    told(desk, episode, closed(closed_on=dt.date(2023, 6, 15)))
    assert list(reports(desk, episode)) == FOURTEEN[:4]
    entry = desk.number(episode, EpisodeClosed)
    desk.do(episode, StrikeOutEntry(entry=entry, mistake=MISTAKE, reason="Ei päättynyt."))
    assert list(reports(desk, episode)) == FOURTEEN


def test_a_correction_of_the_start_takes_the_months_before_it_and_keeps_the_others(desk: Desk) -> None:
    episode = course("P7")(desk)
    reach_day(desk, episode)
    changes = {"started_on": "2023-05-02"}
    entry = desk.number(episode, EpisodeStarted)
    outcome = desk.do(episode, CorrectEntry(entry=entry, mistake=MISTAKE, changes=changes, reason="Alkoi myöhemmin."))
    gone = [fact.duty_key for fact in outcome.facts() if isinstance(fact, DutyWithdrawn)]
    assert [key.rpartition("/")[2] for key in gone if key.startswith("monthly-report")] == FOURTEEN[:2]
    assert list(reports(desk, episode)) == FOURTEEN[2:]


def test_a_late_report_meets_the_duty_of_the_month_that_it_covers(desk: Desk) -> None:
    episode = course("P7")(desk)
    reach_day(desk, episode)
    late = monthly(covers_from=dt.date(2023, 4, 1), covers_to=dt.date(2023, 4, 30), written_on=dt.date(2024, 2, 2))
    told(desk, episode, late)
    april = reports(desk, episode)["2023-04"]
    assert april.met_on == dt.date(2024, 2, 2)
    assert sum(duty.met_by is not None for duty in reports(desk, episode).values()) == 1


@refuses(ReachCalendar)
def test_no_person_tells_that_a_day_was_reached_and_no_clock_one_that_was_not(desk: Desk) -> None:
    episode = course("P7")(desk)
    assert isinstance(desk.refused(episode, ReachCalendar(reached_on=REACHED)), OnlyByTheClock)
    tomorrow = desk.now.date() + dt.timedelta(days=1)
    ahead = desk.refused(episode, ReachCalendar(reached_on=dt.date(tomorrow.year + 1, 1, 1)), actor=CLOCK)
    assert isinstance(ahead, InTheFuture)


@refuses(CorrectEntry, StrikeOutEntry)
def test_that_a_day_was_reached_is_neither_corrected_nor_struck_but_its_duties_can_be_waived(desk: Desk) -> None:
    episode = course("P7")(desk)
    reach_day(desk, episode)
    entry = desk.number(episode, CalendarReached)
    strike = StrikeOutEntry(entry=entry, mistake=MISTAKE, reason="Ei.")
    correct = CorrectEntry(entry=entry, mistake=MISTAKE, changes={"reached_on": "2023-03-09"}, reason="Ei.")
    assert isinstance(desk.refused(episode, strike), OutOfOrder)
    assert isinstance(desk.refused(episode, correct), OutOfOrder)
    key = reports(desk, episode)["2023-07"].key
    desk.do(episode, WaiveDuty(duty_key=key, waived_on=desk.now.date(), reason="Heinäkuussa ei työskennelty."))
    assert reports(desk, episode)["2023-07"].waived


def test_the_clock_stands_in_nobodys_way_when_all_else_is_struck(desk: Desk) -> None:
    file_id = file_opened(desk, "P2", dt.date(2023, 1, 9))
    assert reach_day(desk, file_id).entries
    entry = desk.number(file_id, QualityFileOpened)
    desk.do(file_id, StrikeOutEntry(entry=entry, mistake=MISTAKE, reason="Turha."))
    assert desk.book.state(file_id, StreamKind.QUALITY).concluded.duties == {}


def test_two_clocks_at_once_tell_each_stream_once(desk: Desk) -> None:
    episodes = [course("P7")(desk) for _ in range(3)]
    other = Book(desk.dsn, desk.book.register_name, keyring=desk.keyring(), clock=desk.book.clock)
    found: list[int] = []
    gate = threading.Barrier(2)

    def run(book: Book) -> None:
        gate.wait()
        found.append(len(reach(book, episodes)))

    threads = [threading.Thread(target=run, args=(book,)) for book in (desk.book, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sum(found) == 3
    for episode in episodes:
        facts = [entry.fact for entry in desk.entries(episode)]
        assert sum(isinstance(fact, CalendarReached) for fact in facts) == 1
        keys = [fact.duty_key for fact in facts if isinstance(fact, DutyOpened)]
        assert len(keys) == len(set(keys))


def test_a_clock_run_again_records_nothing_not_even_its_command(desk: Desk) -> None:
    episode = course("P7")(desk)
    (one,) = reach(desk.book, [episode])
    assert {duty.rule_id for duty in one.duties} >= {"monthly-report"}
    before = desk.last_position()
    assert reach(desk.book, [episode]) == []
    assert desk.last_position() == before


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2025-03-29T23:30", 0.5),
        ("2025-03-30T00:01", 1),  # 23 hours to go, but never longer than an hour
        ("2025-10-25T23:59", 1 / 60),
        ("2025-10-26T23:30", 0.5),  # the day had 25 hours
    ],
)
def test_the_clock_wakes_a_minute_after_midnight_in_helsinki_whatever_the_clocks_do(now: str, hours: float) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=HELSINKI)
    expected = min(hours * 3600 + 60, 3600)
    assert seconds_to_wait(moment.astimezone(dt.UTC)) == expected


@pytest.mark.parametrize(
    ("moment", "months"),
    [
        ("2024-03-31T20:59+00:00", 13),  # 23:59 in Helsinki, in summer time since that morning
        ("2024-03-31T21:00+00:00", 14),
        ("2023-10-31T21:59+00:00", 8),  # 23:59 in winter time, since two days
        ("2023-10-31T22:00+00:00", 9),
        ("2024-02-29T21:59+00:00", 12),
        ("2024-02-29T22:00+00:00", 13),
    ],
)
def test_a_month_begins_at_midnight_in_helsinki(desk: Desk, moment: str, months: int) -> None:
    episode = course("P7")(desk)
    desk.now = dt.datetime.fromisoformat(moment)
    reach(desk.book, [episode])
    assert len(reports(desk, episode)) == months


def test_a_register_whose_clock_fails_keeps_no_other_from_its_day_and_is_run_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.clock.RETRY_SECONDS", 0.0)
    stop, runs = threading.Event(), []

    def run(name: str) -> int:
        runs.append(name)
        if runs == ["one"]:
            raise RuntimeError("once")
        if len(runs) == 4:
            stop.set()
        return 0

    keep_time(lambda: ["one", "other"], run, lambda: dt.datetime.now(dt.UTC), stop)
    assert runs == ["one", "other", "one", "other"]


def test_what_is_met_before_its_period_begins_is_met_as_it_opens(desk: Desk) -> None:
    episode = course("P7", report(STARTED, dt.date(2023, 3, 31)))(desk)
    outcome = reach_day(desk, episode, dt.date(2023, 4, 1))
    assert [fact.duty_key.rpartition("/")[2] for fact in outcome.opened_duties] == ["2023-04"]
    assert not outcome.facts(DutyMet)


def of_rule(desk: Desk, stream_id: UUID, rule_id: str) -> dict[str, dt.date | None]:
    """When the duty of each period was met."""
    standing = desk.book.state(stream_id, StreamKind.QUALITY).concluded.duties.values()
    return {duty.key.rpartition("/")[2]: duty.met_on for duty in standing if duty.rule_id == rule_id}


def test_a_late_audit_meets_the_two_years_that_it_came_too_late_for(desk: Desk) -> None:
    file_id = file_opened(desk, "P2", dt.date(2023, 2, 1))
    desk.now = dt.datetime(2025, 4, 2, 12, tzinfo=HELSINKI)
    reach_day(desk, file_id, dt.date(2025, 1, 1))
    assert of_rule(desk, file_id, "Q1.audit-on-site") == {"2023-2024": None, "2025-2026": None}
    late = dt.date(2025, 3, 14)
    audit_held(desk, file_id, on=late)
    assert of_rule(desk, file_id, "Q1.audit-on-site") == {"2023-2024": late, "2025-2026": None}
    assert of_rule(desk, file_id, "Q1.audit-written") == {"2023-2024": None, "2025-2026": None}


def test_a_survey_round_counts_for_the_quarter_that_it_names_however_late(desk: Desk) -> None:
    file_id = file_opened(desk, "P2", dt.date(2023, 2, 1))
    day = dt.date(2024, 2, 20)
    desk.do(file_id, survey(new_id(), held_on=day, stands_for_on=dt.date(2023, 5, 5)))
    met = {quarter for quarter, met_on in of_rule(desk, file_id, "Q1.survey-round").items() if met_on}
    assert met == {"2023-Q2"}
    desk.do(file_id, survey(new_id(), held_on=day))
    met = {quarter for quarter, met_on in of_rule(desk, file_id, "Q1.survey-round").items() if met_on}
    assert met == {"2023-Q2", "2023-Q4"}, "without a name: the oldest open one of the last two months"
