"""Where an episode stands after pauses, ends and reopenings: the ledger, its rows and the caseload tell the same."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from uuid import UUID

import pytest
from psycopg.rows import dict_row

from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.facts import ClosureReason, EpisodeResumed, EpisodeStarted, EpisodeSuspended
from domain.episode.state import Phase
from domain.ledger.connections import as_role
from projections.engine import run_once
from projections.install import install, register_connection
from projections.queries import reading
from tests.domain.desk import STARTED_ON, TODAY, Desk
from tests.domain.marks import refuses
from tests.domain.test_amendments import correct, strike


class Told(NamedTuple):
    """The phase and the day of the pause: as the ledger says, as the row does; and the phase in the caseload."""

    ledger: tuple[str, dt.date | None]
    row: tuple[str, dt.date | None]
    caseload: str | None


def after(days: int) -> dt.date:
    return STARTED_ON + dt.timedelta(days=days)


def closing(days: int) -> CloseEpisode:
    return CloseEpisode(closed_on=after(days), reason=ClosureReason.OTHER)


def reopening(days: int) -> ReopenEpisode:
    return ReopenEpisode(reopened_on=after(days), reason="the need came back")


@pytest.fixture
def projected(desk: Desk) -> Desk:
    """A desk whose register has its projections."""
    install(desk.dsn, desk.book.register_name)
    return desk


def told(desk: Desk, episode_id: UUID, on: dt.date = TODAY) -> Told:
    name = desk.book.register_name
    run_once(desk.dsn, name)
    state = desk.episode(episode_id)
    with register_connection(as_role(desk.dsn, "reader"), name, autocommit=True) as connection:
        connection.row_factory = dict_row
        asked = "SELECT phase, suspended_on FROM episodes WHERE known_to IS NULL AND episode_id = %s"
        (row,) = connection.execute(asked, (episode_id,)).fetchall()
    with reading(desk.dsn, name) as ask:
        open_then = [one.phase for one in ask.caseload_episodes(on_day=on).rows if one.episode_id == episode_id]
    phase = open_then[0] if open_then else None
    return Told((state.phase, state.suspended_on), (row["phase"], row["suspended_on"]), phase)


def test_work_that_is_paused_stays_so_when_its_start_is_told_anew_and_goes_on_as_any(projected: Desk) -> None:
    episode_id = projected.started()
    projected.do(episode_id, SuspendEpisode(suspended_on=after(10)))
    projected.do(episode_id, strike(projected.number(episode_id, EpisodeStarted)))
    projected.do(episode_id, StartEpisode(started_on=after(1)))
    paused = (Phase.SUSPENDED, after(10))
    assert told(projected, episode_id) == Told(paused, paused, "suspended")
    projected.do(episode_id, ResumeEpisode(resumed_on=after(20)))
    assert told(projected, episode_id) == Told((Phase.ACTIVE, None), (Phase.ACTIVE, None), "active")


def test_a_pause_ends_with_the_episode_and_a_reopening_goes_on_without_it(projected: Desk) -> None:
    episode_id = projected.started()
    for command in (SuspendEpisode(suspended_on=after(10)), closing(20), reopening(30)):
        projected.do(episode_id, command)
    assert told(projected, episode_id) == Told((Phase.ACTIVE, None), (Phase.ACTIVE, None), "active")
    assert told(projected, episode_id, after(15)).caseload == "suspended"
    projected.do(episode_id, closing(40))
    assert told(projected, episode_id).row == (Phase.CLOSED, None)


def test_an_episode_that_never_began_is_decided_again_when_it_is_reopened_until_it_does(projected: Desk) -> None:
    episode_id = projected.granted()
    for command in (closing(5), reopening(9)):
        projected.do(episode_id, command)
    assert told(projected, episode_id) == Told((Phase.DECIDED, None), (Phase.DECIDED, None), "decided")
    with reading(projected.dsn, projected.book.register_name) as ask:
        (counted,) = ask.caseload("phase", on_day=TODAY).rows
    assert (counted.decided_episodes, counted.active_episodes) == (1, 0)
    projected.do(episode_id, StartEpisode(started_on=after(20)))
    assert told(projected, episode_id, after(12)) == Told((Phase.ACTIVE, None), (Phase.ACTIVE, None), "decided")
    assert told(projected, episode_id, after(20)).caseload == "active"


def test_a_pause_told_late_is_told_with_its_end_and_leaves_what_came_later(projected: Desk) -> None:
    late = SuspendEpisode(suspended_on=after(10), resumed_on=after(15))
    going, paused, ended, again = [projected.started() for _ in range(4)]
    for episode_id in (paused, ended, again):
        projected.do(episode_id, SuspendEpisode(suspended_on=after(40)))
    for episode_id in (ended, again):
        projected.do(episode_id, closing(60))
    projected.do(again, reopening(70))
    told_then = {episode_id: told(projected, episode_id) for episode_id in (going, paused, ended, again)}
    for episode_id, before in told_then.items():
        projected.do(episode_id, late)
        assert told(projected, episode_id) == before
        assert [told(projected, episode_id, after(days)).caseload for days in (9, 12, 15, 39)] == [
            "active", "suspended", "active", "active",
        ]  # fmt: skip
    projected.do(paused, ResumeEpisode(resumed_on=after(80)))
    assert told(projected, paused) == Told((Phase.ACTIVE, None), (Phase.ACTIVE, None), "active")


@refuses(SuspendEpisode)
def test_no_pause_lies_in_another_or_leaves_out_that_the_work_went_on(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, SuspendEpisode(suspended_on=after(20), resumed_on=after(60)))
    for begins, ends, field in (
        (40, None, "suspended_on"), (10, None, "suspended_on"), (40, 50, "suspended_on"), (10, 30, "suspended_on"),
        (10, 70, "suspended_on"), (50, 80, "suspended_on"), (20, 60, "suspended_on"), (15, 12, "resumed_on"),
    ):  # fmt: skip
        pause = SuspendEpisode(suspended_on=after(begins), resumed_on=after(ends) if ends else None)
        assert desk.refused(episode_id, pause).details["field"] == field, (begins, ends)
    desk.do(episode_id, SuspendEpisode(suspended_on=after(60), resumed_on=after(70)))
    last = desk.number(episode_id, EpisodeSuspended, nth=2)
    refusal = desk.refused(episode_id, correct(last, suspended_on=after(59).isoformat()))
    assert refusal.code == "out_of_order"
    assert (
        str(after(60)) in desk.refused(episode_id, SuspendEpisode(suspended_on=after(40), resumed_on=after(41))).remedy
    )
    desk.do(episode_id, closing(90))
    assert desk.refused(episode_id, SuspendEpisode(suspended_on=after(91))).code == "out_of_order"
    desk.do(episode_id, SuspendEpisode(suspended_on=after(80)))
    assert desk.episode(episode_id).phase is Phase.CLOSED


def test_a_pause_that_was_told_late_is_struck_out_entry_by_entry(projected: Desk) -> None:
    episode_id = projected.started()
    projected.do(episode_id, SuspendEpisode(suspended_on=after(40)))
    before = told(projected, episode_id)
    projected.do(episode_id, SuspendEpisode(suspended_on=after(10), resumed_on=after(15)))
    for kind in (EpisodeResumed, EpisodeSuspended):
        projected.do(episode_id, strike(projected.number(episode_id, kind, nth=1 if kind is EpisodeResumed else 2)))
    assert told(projected, episode_id) == before
