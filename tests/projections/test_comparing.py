"""What changed between two moments: every difference of every figure is made up of rows, and each row of its events."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, get_args
from uuid import uuid4

import pytest

from domain.clock import CalendarReached
from domain.consequence import DutyWithdrawn
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.episode.facts import EpisodeTransferred, MeetingMode
from domain.register.facts import ServiceModelPublished
from projections import centres, queries, reviews
from projections.comparing.difference import FIGURES, Difference, FigureChange, GroupChange, Moment, Wanted, difference
from projections.comparing.figure import Asked, Compared, Values
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, closed, day, decision, held, referral, started
from tests.projections.random_history import consequence, duty_of, write_random

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
WINDOW = 30
Counted = Callable[[Sequence[Values]], Any]


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def number(column: str = "", *values: Any) -> Counted:
    """How many rows there are, whose column has one of the values."""
    return lambda rows: sum(not column or row[column] in values for row in rows)


def total(column: str) -> Counted:
    return lambda rows: sum(row[column] or 0 for row in rows)


def distinct(column: str) -> Counted:
    return lambda rows: len({row[column] for row in rows} - {None})


RECOUNTED: Mapping[str, Mapping[str, Counted]] = {
    "caseload": {
        "open_episodes": number(), "active_episodes": number("phase", "active"), "open_duties": total("open_duties"),
        "late_duties": total("late_duties"),
        "clients": lambda rows: len({client for row in rows for client in row["client_ids"] or ()}),
    },
    "visits": {
        "held_meetings": number("status", "held"), "planned_meetings": number("status", "planned"),
        "missed_meetings": number("status", "missed"), "held_minutes": total("held_minutes"),
    },
    "duties": {
        "duties": number(), "open_duties": number("status", "open", "open_late"),
        "met_in_time_duties": number("status", "met_in_time"), "waived_duties": number("status", "waived"),
    },
    "deviations": {
        "deviations": number(), "norm_deviations": number("strength", "norm"), "streams": distinct("stream_id"),
    },
    "contacts": {"contacts": number(), "answered_contacts": number("status", "answered")},
    "decisions": {"decisions": number(), "grants": number("kind", "granted"), "refusals": number("kind", "refused")},
    "referrals": {
        "referrals": number(), "granted_referrals": number("status", "granted"),
        "waiting_referrals": number("status", "waiting"),
    },
    "commitments": {
        "commitments": number(), "episodes": distinct("episode_id"), "used_meetings": total("used_meetings"),
        "used_minutes": total("used_minutes"),
    },
    "early-support": {
        "clients_granted": distinct("client_id"),
        "clients_moved_on": lambda rows: len({row["client_id"] for row in rows if row["moved_on"]}),
    },
    "outcomes": {"closed_episodes": distinct("episode_id"), "clients": distinct("client_id")},
    "feedback": {
        "feedback": number(), "handled_feedback": lambda rows: sum(row["handled_on"] is not None for row in rows),
    },
    "quality": {"cases": number()},
    "sessions": {"sessions": number(), "adult_visits": total("adults"), "places": distinct("place_id")},
    "group-meetings": {"meetings": number(), "participants": total("participants")},
    "gatherings": {"gatherings": number(), "participants": total("participants")},
}  # fmt: skip
"""Every figure that counts rows, counted again from its rows: an oracle beside the SQL."""


def groups_of(figure: Compared, by: str, row: Values) -> set[tuple[Any, ...]]:
    return {key if isinstance(key, tuple) else (key,) for key in figure.by[by](row)}


def row_content(row: Values) -> str:
    return repr(sorted((name, repr(value)) for name, value in row.items() if name != "event_positions"))


def rows_of(read: Reading, figure: Compared, asked: Asked) -> list[dict[str, Any]]:
    """The rows that a figure counts; the figure's own, where it counts none."""
    if figure.rows is None:
        return [row.model_dump() for row in figure.ask(read, asked).rows]
    with read.snapshot():
        cursor = read.connection.execute(figure.rows, asked.parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def applied(before: Sequence[Values], change: GroupChange) -> list[Values]:
    """The rows of a group after its changes: what left is taken away, what came is added."""
    left = [row_content(row.before) for row in change.rows if row.before is not None]
    stay = []
    for row in before:
        if row_content(row) in left:
            left.remove(row_content(row))
        else:
            stay.append(row)
    assert left == [], "a change takes away what was not there"
    return [*stay, *(row.after for row in change.rows if row.after is not None)]


def assert_explained(read: Reading, told: Difference, change: FigureChange, service: str = "K1") -> None:
    """The changed rows of each changed group make its later rows and figures of the earlier ones."""
    figure, since, until = FIGURES[change.figure], told.since, told.until
    then = Asked(as_of=since.position, on_day=since.on_day, by=change.by, service=service)
    now = Asked(as_of=until.position, on_day=until.on_day, by=change.by, service=service)
    before, after = ([*rows_of(read, figure, asked)] for asked in (then, now))
    figures = []
    for asked in (then, now):
        rows = [row.model_dump() for row in figure.ask(read, asked).rows]
        figures.append({group_of(figure, row, service): row_content(row) for row in rows})
    differ = {key for key in figures[0] | figures[1] if figures[0].get(key) != figures[1].get(key)}
    assert {tuple(group.group.values()) for group in change.groups} == differ
    for group in change.groups:
        key = tuple(group.group.values())
        own = [[row for row in rows if key in groups_of(figure, change.by, row)] for rows in (before, after)]
        made = applied(own[0], group)
        assert sorted(map(row_content, made)) == sorted(map(row_content, own[1]))
        for name, counted in RECOUNTED.get(change.figure, {}).items():
            assert counted(made) == ((group.after or {}).get(name) or 0), (change.figure, change.by, key, name)
        assert_named(told, group)


def group_of(figure: Compared, row: Values, service: str) -> tuple[Any, ...]:
    whole = {"service": service, **row} if figure.each_service else row
    return tuple(whole[name] for name in figure.keys)


def assert_named(told: Difference, group: GroupChange) -> None:
    assert group.rows
    assert group.events
    named = {event.position for event in group.events}
    for row in group.rows:
        assert row.positions or row.days_passed, "a row changed without a cause"
        assert all(told.since.position < position <= told.until.position for position in row.positions)
        assert named >= set(row.positions)


def two_moments(random: Random, positions: Sequence[int]) -> tuple[Moment, Moment]:
    first = random.randrange(len(positions) // 2)
    last = first + random.randint(len(positions) // 4, len(positions) // 2)
    days = sorted(random.choices([day(3), day(12), day(45), day(400)], k=2))
    return Moment(positions[first], days[0], LONG_AGO), Moment(positions[last], days[1], LONG_AGO)


@pytest.mark.parametrize("seed", range(4))
def test_the_changed_rows_of_each_changed_group_make_the_later_figure_of_the_earlier_one(
    book: Book, history: History, ask: Reading, seed: int
) -> None:
    random = Random(seed)
    since, until = two_moments(random, write_random(history, random))
    run_once(*book)
    changed = set()
    for name, figure in FIGURES.items():
        for by in figure.by:
            told = difference(ask, since, until, Wanted(figures=[name], by=by, service="K1"))
            (change,) = told.figures
            assert_explained(ask, told, change)
            changed |= {name} if change.groups else set()
    assert changed, "nothing was compared"


@pytest.mark.parametrize("seed", range(3))
def test_every_event_at_which_a_changed_row_changed_is_named(
    book: Book, history: History, ask: Reading, seed: int
) -> None:
    random = Random(seed)
    positions = write_random(history, random)
    run_once(*book)
    first = random.randrange(len(positions) - WINDOW)
    since, until = (Moment(positions[at], day(400), LONG_AGO) for at in (first, first + WINDOW))
    for name, figure in FIGURES.items():
        (change,) = difference(ask, since, until, Wanted(figures=[name], service="K1")).figures
        named = {
            tuple(side[column] for column in figure.identity): set(row.positions)
            for group in change.groups
            for row in group.rows
            for side in (row.before, row.after)
            if side is not None
        }
        steps = [
            {tuple(row[column] for column in figure.identity): row_content(row) for row in rows_of(ask, figure, asked)}
            for asked in (
                Asked(as_of=position, on_day=day(400), by=change.by, service="K1")
                for position in range(since.position, until.position + 1)
            )
        ]
        for identity, positions_named in named.items():
            turned = {
                since.position + at
                for at in range(1, len(steps))
                if steps[at].get(identity) != steps[at - 1].get(identity)
            }
            assert turned <= positions_named, (name, identity)


def test_a_figure_is_grouped_by_all_that_its_question_allows() -> None:
    allowed = {
        "caseload": queries.CaseloadBy, "visits": queries.VisitsBy, "duties": queries.DutiesBy,
        "deviations": queries.DeviationsBy, "contacts": queries.ContactsBy, "decisions": queries.DecisionsBy,
        "referrals": queries.ReferralsBy, "commitments": queries.CommitmentsBy, "feedback": reviews.FeedbackBy,
        "outcomes": reviews.OutcomesBy, "sessions": centres.SessionsBy, "group-meetings": centres.GroupMeetingsBy,
        "gatherings": centres.GatheringsBy,
    }  # fmt: skip
    for name, figure in FIGURES.items():
        assert set(figure.by) == (set(get_args(allowed[name])) if name in allowed else {""})


def kinds(told: Difference) -> dict[str, set[str]]:
    """Of each figure, the names and kinds of the events that changed it."""
    return {
        change.figure: {
            f"{event.name.partition('.')[0]}: {event.kind}" for group in change.groups for event in group.events
        }
        for change in told.figures
        if change.groups
    }


def compared(book: Book, ask: Reading, since: int, *names: str, at: dt.datetime = LONG_AGO, by: str | None = None,
             days: tuple[int, int] = (400, 400)) -> Difference:  # fmt: skip
    run_once(*book)
    until = Moment(ask.reflected().position, day(days[1]), LONG_AGO)
    return difference(ask, Moment(since, day(days[0]), at), until, Wanted(figures=names, by=by))


def test_a_meeting_told_later_is_a_late_entry_if_it_was_held_before_the_earlier_moment(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    since = history.record(episode, referral(child), decision(), started())
    history.record(episode, held(uuid4(), child, on=5))
    then = dt.datetime.combine(day(6), dt.time(), dt.UTC)
    assert kinds(compared(book, ask, since, "visits", at=then)) == {"visits": {"meeting_held: late_entry"}}
    before = dt.datetime.combine(day(4), dt.time(), dt.UTC)
    assert kinds(compared(book, ask, since, "visits", at=before)) == {"visits": {"meeting_held: new_fact"}}


def test_a_correction_and_a_strike_out_are_named_as_such_and_the_events_they_amend_are_not(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child, meeting = uuid4(), uuid4(), uuid4()
    since = history.record(episode, referral(child), decision(), held(meeting, child, on=5), held(uuid4(), child, on=6))
    history.correct(episode, 3, held(meeting, child, on=5, mode=MeetingMode.PHONE))
    told = compared(book, ask, since, "visits")
    assert kinds(told) == {"visits": {"entry_corrected: correction"}}
    struck = history.record(episode, EntryStruckOut(entry=4, mistake=MistakeKind.WRONG_CLIENT, reason="x"))
    told = compared(book, ask, since + 1, "visits")
    assert kinds(told) == {"visits": {"entry_struck_out: strike_out"}}
    (group,) = told.figures[0].groups
    (row,) = group.rows
    assert (row.after, row.positions) == (None, (struck,))
    assert group.by_kind == {"strike_out": 1}


def test_what_was_struck_and_brought_back_between_the_moments_is_no_change(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    since = history.record(episode, referral(uuid4()), decision(), held(uuid4(), uuid4(), on=5))
    history.strike(episode, 3)
    history.strike(episode, 4)
    assert kinds(compared(book, ask, since)) == {}


def test_a_consequence_is_of_the_kind_of_the_act_that_it_follows_from(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    since = history.record(episode, referral(uuid4()), decision(), started())
    history.record(episode, CalendarReached(reached_on=day(9)))
    consequence(history, episode, duty_of(1), 4, happened_at=referral(uuid4()).happened_at())
    assert kinds(compared(book, ask, since, "duties")) == {"duties": {"duty_opened: clock"}}
    since += 2
    history.strike(episode, 3)
    consequence(history, episode, DutyWithdrawn(duty_key="month-1"), 6)
    assert kinds(compared(book, ask, since, "duties")) == {"duties": {"duty_withdrawn: strike_out"}}


def test_what_only_the_days_changed_is_the_clocks_and_names_what_it_stands_on(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision())
    since = history.record(episode, duty_of(1))
    told = compared(book, ask, since, "duties", days=(5, 60))
    (group,) = told.figures[0].groups
    assert {event.kind for event in group.events} == {"clock"}
    assert since in {event.position for event in group.events}
    (row,) = group.rows
    assert (row.positions, row.days_passed) == ((), True)
    assert (group.before or {})["open_late_duties"] == 0
    assert (group.after or {})["open_late_duties"] == 1


def test_what_happened_between_the_moments_is_told_and_not_only_a_matter_of_days(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    since = history.record(episode, referral(child), decision(), started())
    history.record(episode, held(uuid4(), child, on=30))
    told = compared(book, ask, since, "visits", days=(10, 40), at=dt.datetime.combine(day(10), dt.time(), dt.UTC))
    assert kinds(told) == {"visits": {"meeting_held: new_fact"}}


def test_a_transfer_moves_rows_from_one_group_to_the_other_and_is_named_in_both(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    since = history.record(episode, referral(uuid4()), decision(), assigned(), started())
    moved = EpisodeTransferred(transferred_on=day(9), area="south", from_area="north", worker_id="anna")
    history.record(episode, moved)
    told = compared(book, ask, since, "caseload", by="area")
    groups = {group.group["group_key"]: group for group in told.figures[0].groups}
    assert groups.keys() == {"north", "south"}
    assert [row.after for row in groups["north"].rows] == [None]
    assert [row.before for row in groups["south"].rows] == [None]
    assert kinds(told) == {"caseload": {"episode_transferred: new_fact"}}


def test_a_meetings_area_that_was_put_right_in_the_referral_names_the_correction(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    since = history.record(episode, referral(child), decision(), held(uuid4(), child, on=5))
    history.record(episode, closed(9))
    corrected = history.correct(episode, 1, referral(child, area="south"))
    told = compared(book, ask, since, "visits", by="area")
    assert [group.group for group in told.figures[0].groups] == [{"group_key": "north"}, {"group_key": "south"}]
    assert {position for group in told.figures[0].groups for row in group.rows for position in row.positions} == {
        corrected
    }
    assert kinds(told) == {"visits": {"entry_corrected: correction"}}


def test_a_model_published_later_that_tells_how_heavy_a_service_is_changes_outcomes_by_that_event(
    book: Book, history: History, ask: Reading
) -> None:
    child, next_episode = uuid4(), uuid4()
    history.record(uuid4(), referral(child), decision(service="K1"), started(), closed(9))
    since = history.record(next_episode, referral(child, on=20), decision(service="K2", on=21))
    for service, intensity in (("K1", 1), ("K2", 2)):
        content = {"rules": [], "intensity": intensity}
        published = ServiceModelPublished(
            service=service, model_version=1, valid_from=day(0), content_sha256="0", content=content
        )
        history.record(uuid4(), published)
    told = compared(book, ask, since, "outcomes")
    assert kinds(told) == {"outcomes": {"service_model_published: new_fact"}}


def test_nothing_changed_between_a_moment_and_itself(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), referral(uuid4()), decision(), started())
    run_once(*book)
    here = Moment(2, day(9), LONG_AGO)
    told = difference(ask, here, here, Wanted())
    assert {change.figure for change in told.figures} == set(FIGURES)
    assert all(change.groups == () for change in told.figures)


def test_a_position_beyond_what_is_reflected_counts_as_the_last_that_is(
    book: Book, history: History, ask: Reading
) -> None:
    last = history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    history.record(uuid4(), referral(uuid4()))
    told = difference(ask, Moment(0, day(9)), Moment(2, day(9)), Wanted(figures=["referrals"]))
    assert (told.since.position, told.until.position) == (0, last)


def test_a_correction_of_what_no_figure_shows_changes_none(book: Book, history: History, ask: Reading) -> None:
    episode, child = uuid4(), uuid4()
    since = history.record(episode, referral(child), decision(), started())
    again = referral(child)
    history.record(episode, EntryCorrected(entry=1, mistake=MistakeKind.TYPING_ERROR, content=again, reason="x"))
    assert kinds(compared(book, ask, since)) == {}
