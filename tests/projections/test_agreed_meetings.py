"""On a day before it was held, a meeting is planned as it had been agreed upon by then, whatever became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from domain.episode.facts import CancelledBy, MeetingCancelled, MeetingKind, MeetingMode
from projections.engine import run_once
from projections.queries import Reading, reading
from projections.rebuild import rebuild
from tests.projections.conftest import Book, Rows
from tests.projections.history import History, day, decision, held, moment, planned, referral, started


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def next_meeting(ask: Reading, on: int, as_of: int | None = None) -> dt.date | None:
    (episode,) = ask.caseload_episodes(on_day=day(on), as_of=as_of).rows
    return episode.next_meeting_on


def visited(ask: Reading, by: Any, on: int, as_of: int | None = None) -> dict[str | None, str]:
    """What had become of the one meeting of each group."""
    told = {}
    for row in ask.visits(by, on_day=day(on), as_of=as_of).rows:
        counts = {"planned": row.planned_meetings, "held": row.held_meetings, "cancelled": row.cancelled_meetings}
        (told[row.group_key],) = (status for status, count in counts.items() if count == 1)
        beneath = ask.explain("visits", by=by, key=row.group_key, on_day=day(on), as_of=as_of).rows
        assert [one.status for one in beneath] == [told[row.group_key]], "and so it is explained"
    return told


def test_a_meeting_is_planned_as_it_was_agreed_whatever_became_of_it(
    book: Book, history: History, ask: Reading
) -> None:
    episode, meeting, child = uuid4(), uuid4(), uuid4()
    known = history.record(
        episode, referral(child), decision(), started(), planned(meeting, on=28, at=2, workers=("anna",))
    )
    history.record(episode, held(meeting, child, on=40, mode=MeetingMode.PHONE, worker_ids=("bo",)))
    run_once(*book)
    assert visited(ask, "worker", 1) == {}
    for on in (2, 27, 28, 39):
        assert visited(ask, "worker", on) == visited(ask, "worker", on, known) == {"anna": "planned"}
        assert visited(ask, "month", on) == {"2021-03": "planned"}, "for the day that was agreed"
    assert next_meeting(ask, 27) == day(28)
    assert next_meeting(ask, 28) is None
    assert visited(ask, "worker", 40) == {"bo": "held"}
    assert visited(ask, "month", 40) == {"2021-04": "held"}
    assert visited(ask, "worker", 40, known) == {"anna": "planned"}
    asked = ask.visits("month", on_day=day(20), from_on=day(40), to_on=day(40)).rows
    assert asked == [], "nothing was agreed for the day on which it was held"


def test_a_meeting_agreed_upon_anew_is_planned_for_the_day_that_had_been_agreed_by_then(
    book: Book, history: History, ask: Reading
) -> None:
    episode, meeting = uuid4(), uuid4()
    called_off = MeetingCancelled(
        meeting_id=meeting, meeting_kind=MeetingKind.CLIENT_MEETING, cancelled_at=moment(12), starts_at=moment(14),
        cancelled_by=CancelledBy.FAMILY,
    )  # fmt: skip
    history.record(
        episode, referral(uuid4()), decision(), started(), planned(meeting, on=10, at=3),
        planned(meeting, on=14, at=8), called_off, planned(meeting, on=40, at=13), held(meeting, uuid4(), on=40),
    )  # fmt: skip
    run_once(*book)
    assert [next_meeting(ask, on) for on in (2, 3, 7, 8, 11, 12, 13, 39, 40)] == [
        None, day(10), day(10), day(14), day(14), None, day(40), day(40), None,
    ]  # fmt: skip
    months = [visited(ask, "month", on) for on in (2, 3, 11, 12, 13, 40)]
    march, april = "2021-03", "2021-04"
    assert months == [
        {}, {march: "planned"}, {march: "planned"}, {march: "cancelled"}, {april: "planned"}, {april: "held"},
    ]  # fmt: skip
    history.strike(episode, 5)
    run_once(*book)
    assert [next_meeting(ask, on) for on in (8, 9, 10)] == [day(10), day(10), None], "the second plan was none"


def test_a_calling_off_that_names_no_workers_is_of_those_with_whom_it_had_been_agreed(
    book: Book, history: History, ask: Reading
) -> None:
    episode, meeting = uuid4(), uuid4()
    called_off = MeetingCancelled(
        meeting_id=meeting, meeting_kind=MeetingKind.CLIENT_MEETING, cancelled_at=moment(12), starts_at=moment(14),
        cancelled_by=CancelledBy.FAMILY,
    )  # fmt: skip
    history.record(episode, referral(uuid4()), decision(), started(), planned(meeting, on=14, at=8, workers=("anna",)))
    history.record(episode, called_off)
    run_once(*book)
    assert visited(ask, "worker", 12) == visited(ask, "worker", 14) == {"anna": "cancelled"}
    history.record(episode, planned(meeting, on=40, at=13, workers=("bo",)))
    run_once(*book)
    assert [visited(ask, "worker", on) for on in (8, 12, 13)] == [
        {"anna": "planned"}, {"anna": "cancelled"}, {"bo": "planned"},
    ]  # fmt: skip
    (beneath,) = ask.explain("visits", by="worker", key="anna", on_day=day(12)).rows
    assert len(beneath.event_positions) == 2, "it stands on the agreement too"


def test_what_was_agreed_is_the_same_when_it_is_rebuilt(book: Book, history: History, rows: Rows) -> None:
    episode, meeting = uuid4(), uuid4()
    history.record(episode, referral(uuid4()), planned(meeting, on=10, at=3), planned(meeting, on=14, at=8))
    history.strike(episode, 3)
    history.correct(episode, 2, planned(meeting, on=11, at=3, workers=("bo",)))
    followed = rows("agreed_meetings", standing=False)
    (standing,) = rows("agreed_meetings")
    assert (standing["starts_on"], standing["worker_ids"], standing["entry"]) == (day(11), ["bo"], 2)
    rebuild(*book)
    assert rows("agreed_meetings", standing=False) == followed


def test_what_was_agreed_last_stands_in_whatever_order_it_was_told(book: Book, history: History, ask: Reading) -> None:
    episode, meeting = uuid4(), uuid4()
    history.record(
        episode, referral(uuid4()), decision(), started(), planned(meeting, on=14, at=8, workers=("bo",)),
        planned(meeting, on=10, at=3, workers=("anna",)),
    )  # fmt: skip
    run_once(*book)
    assert [next_meeting(ask, on) for on in (2, 3, 7, 8, 13, 14)] == [None, day(10), day(10), day(14), day(14), None]
    assert visited(ask, "worker", 7) == {"anna": "planned"}
    assert visited(ask, "worker", 8) == visited(ask, "worker", 14) == {"bo": "planned"}
    assert ask.visits("worker", on_day=day(10), from_on=day(10), to_on=day(10)).rows == [], "it is on another day"


def test_a_calling_off_told_before_the_plan_that_it_called_off_stands(
    book: Book, history: History, ask: Reading, rows: Rows
) -> None:
    episode, meeting = uuid4(), uuid4()
    called_off = MeetingCancelled(
        meeting_id=meeting, meeting_kind=MeetingKind.CLIENT_MEETING, cancelled_at=moment(12), starts_at=moment(14),
        cancelled_by=CancelledBy.FAMILY, worker_ids=("anna",),
    )  # fmt: skip
    history.record(
        episode, referral(uuid4()), decision(), started(), called_off, planned(meeting, on=14, at=8, workers=("anna",))
    )
    run_once(*book)
    assert [visited(ask, "worker", on) for on in (8, 12, 14)] == [
        {"anna": "planned"}, {"anna": "cancelled"}, {"anna": "cancelled"},
    ]  # fmt: skip
    followed = rows("meetings", standing=False)
    rebuild(*book)
    assert rows("meetings", standing=False) == followed
