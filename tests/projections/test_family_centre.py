"""Open meeting places and steering as rows: counts by group, cover of working days, sectors missing, goals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.activity.facts import (
    ActivityOpened,
    ActivityService,
    PlaceKind,
    PlaceOpened,
    SessionHeld,
    SessionKind,
)
from domain.fact import Fact
from domain.family_centre import FamilyCentreArea, FamilyCentreTask, PlaceOrganisation, Sector
from domain.network.facts import (
    GatheringHeld,
    GatheringKind,
    GatheringPlanned,
    GoalMeasure,
    GoalSet,
    GroupKind,
    GroupMet,
    MeasureKind,
    NetworkOpened,
    Progress,
    ProgressNoted,
)
from projections.centres import working_days
from projections.engine import run_once
from projections.queries import Reading, UnknownGrouping, reading
from tests.projections.conftest import Book
from tests.projections.history import History, day

CAFE, CLUB = uuid4(), uuid4()


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def opened(on: int = 0) -> ActivityOpened:
    return ActivityOpened(opened_on=day(on), area=FamilyCentreArea.RANUA, service=ActivityService.F4, model_version=1)


def place(place_id: UUID, organiser: PlaceOrganisation = PlaceOrganisation.PARISH) -> PlaceOpened:
    return PlaceOpened(place_id=place_id, place_kind=PlaceKind.FAMILY_CAFE, organiser=organiser, opened_on=day(0))


def held(on: int, place_id: UUID = CAFE, kind: SessionKind = SessionKind.OPEN_SESSION) -> SessionHeld:
    return SessionHeld(
        session_id=uuid4(), place_id=place_id, session_kind=kind, held_on=day(on), adults=3, children=5, under_ones=2,
        first_timers=1, minutes=90,
    )  # fmt: skip


def test_sessions_are_counted_by_organiser_and_month_as_of_and_on_a_day(
    book: Book, history: History, ask: Reading
) -> None:
    activity = uuid4()
    league = PlaceOrganisation.CHILD_WELFARE_LEAGUE
    then = history.record(activity, opened(), place(CAFE), place(CLUB, league), held(1), held(2))
    history.record(activity, held(31, CLUB), held(3))
    run_once(*book)
    world = {"from_on": day(0), "to_on": day(60), "on_day": day(60)}
    rows = {row.group_key: row for row in ask.sessions("organiser", **world).rows}  # type: ignore[arg-type] # days all
    assert (rows["parish"].sessions, rows["parish"].child_visits, rows["parish"].first_visits) == (3, 15, 3)
    assert (rows[league.value].adult_visits, rows[league.value].minutes) == (3, 90)
    (march, april) = ask.sessions("month", day(0), day(60), on_day=day(60)).rows
    assert (march.group_key, march.sessions, april.sessions) == ("2021-03", 3, 1)
    assert [row.sessions for row in ask.sessions("area", day(0), day(60), on_day=day(60), as_of=then).rows] == [2]
    assert [row.sessions for row in ask.sessions("area", day(0), day(60), on_day=day(1)).rows] == [1]
    beneath = ask.centre_explain("sessions", "month", day(0), day(60), on_day=day(60), key="2021-04").rows
    assert [(row.stream_id, row.happened_on) for row in beneath] == [(activity, day(31))]


def test_a_working_day_without_an_open_session_is_not_covered_and_a_late_entry_covers_it(
    book: Book, history: History, ask: Reading
) -> None:
    activity = uuid4()
    history.record(activity, opened(1), place(CAFE), held(1), held(2, kind=SessionKind.PEER_GROUP_SESSION), held(4))
    run_once(*book)

    def missing(as_of: int | None = None) -> list[dt.date]:
        rows = ask.place_coverage(day(0), day(30), on_day=day(6), as_of=as_of).rows
        assert all(row.area == "ranua" and row.event_positions for row in rows)
        return [row.working_day for row in rows if not row.covered]

    assert missing() == [day(2), day(3)]
    before = history.record(activity, place(CLUB))
    history.record(activity, held(3, CLUB))
    run_once(*book)
    assert missing() == [day(2)]
    assert missing(before) == [day(2), day(3)]


def test_the_working_days_are_those_of_the_finnish_calendar() -> None:
    easter = working_days(dt.date(2021, 4, 1), dt.date(2021, 4, 6))
    assert easter == [dt.date(2021, 4, 1), dt.date(2021, 4, 6)]
    assert working_days(dt.date(2021, 4, 6), dt.date(2021, 4, 5)) == []


def steering(*facts: Fact) -> list[Fact]:
    return [NetworkOpened(opened_on=day(0), area=FamilyCentreArea.POSIO, service="F5", model_version=1), *facts]


def met(on: int, *missing: Sector) -> GroupMet:
    present = tuple(sector for sector in (Sector.HEALTH, Sector.PARISH) if sector not in missing)
    return GroupMet(
        meeting_id=uuid4(), group_id=CAFE, group_kind=GroupKind.CORE_GROUP, met_on=day(on), sectors_present=present,
        sectors_missing=missing, participants=4,
    )  # fmt: skip


def test_meetings_say_at_how_many_of_them_each_sector_was_missing(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), *steering(met(1), met(2, Sector.PARISH), met(40)))
    run_once(*book)
    rows = {row.group_key: row for row in ask.group_meetings("sector", day(0), day(30), on_day=day(60)).rows}
    assert (rows["parish"].meetings, rows["parish"].meetings_with_sectors_missing) == (2, 1)
    assert (rows["health"].meetings, rows["health"].meetings_with_sectors_missing) == (2, 0)
    (group,) = ask.group_meetings("group_kind", day(0), day(60), on_day=day(60)).rows
    assert (group.group_key, group.meetings, group.participants) == ("core_group", 3, 12)
    beneath = ask.centre_explain("group_meetings", "sector", day(0), day(60), on_day=day(60), key="parish").rows
    assert len(beneath) == 3


def test_a_gathering_counts_when_it_was_held_and_for_each_task_that_it_served(
    book: Book, history: History, ask: Reading
) -> None:
    planned, fair = uuid4(), GatheringKind.NETWORK_FAIR
    tasks = (FamilyCentreTask.EARLY_SUPPORT, FamilyCentreTask.DIVERSITY_OF_FAMILIES)
    plan = GatheringPlanned(gathering_id=planned, gathering_kind=fair, planned_on=day(0), takes_place_on=day(5))
    happened = GatheringHeld(gathering_id=planned, gathering_kind=fair, held_on=day(5), tasks=tasks, participants=90)
    history.record(uuid4(), *steering(plan, happened))
    run_once(*book)
    assert ask.gatherings("gathering_kind", day(0), day(60), on_day=day(4)).rows == []
    (row,) = ask.gatherings("gathering_kind", day(0), day(60), on_day=day(5)).rows
    assert (row.group_key, row.gatherings, row.participants) == ("network_fair", 1, 90)
    assert len(ask.gatherings("task", day(0), day(60), on_day=day(5)).rows) == 2
    assert len(ask.centre_explain("gatherings", "month", day(0), day(60), on_day=day(5)).rows) == 1


def test_a_measure_stands_where_it_was_last_noted_by_the_day(book: Book, history: History, ask: Reading) -> None:
    goal, measure = uuid4(), uuid4()
    coffees = GoalMeasure(measure_id=measure, measure_kind=MeasureKind.NETWORK_COFFEES_HELD, target=12)
    setting = GoalSet(goal_id=goal, number=4, set_on=day(0), covers_from=day(0), covers_to=day(90), measures=(coffees,))
    noted = [
        ProgressNoted(goal_id=goal, measure_id=measure, noted_on=day(on), progress=how, counted=counted)
        for on, how, counted in ((10, Progress.UNDER_WAY, 2), (80, Progress.DONE, 12))
    ]
    history.record(uuid4(), *steering(setting, *noted))
    run_once(*book)
    told = [ask.goals(on_day=day(on)).rows[0] for on in (5, 20, 85)]
    assert [(row.progress, row.counted, row.target) for row in told] == [
        ("not_begun", None, 12), ("under_way", 2, 12), ("done", 12, 12),
    ]  # fmt: skip
    assert ask.goals(on_day=day(91)).rows == []


def test_what_cannot_be_counted_by_is_refused(ask: Reading) -> None:
    with pytest.raises(UnknownGrouping):
        ask.sessions("moon", day(0), day(1), on_day=day(1))  # type: ignore[arg-type] # on purpose
    with pytest.raises(UnknownGrouping):
        ask.centre_explain("persons", "month", day(0), day(1), on_day=day(1))  # type: ignore[arg-type] # on purpose
