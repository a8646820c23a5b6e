"""The questions on a family centre: sessions of open meeting places and how they cover the working days, its steering.

Must never hold: writing, how an answer is shown, SQL beyond a call. See `projections.queries`, whose `Reading` asks
these too. The working days of a period are reckoned here, by the one calendar, and handed to SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal, LiteralString
from uuid import UUID

from domain.calendar import is_working_day
from projections.answers import Answer, Explained, Row
from projections.reviews import UnknownGrouping, check_grouping
from projections.snapshots import Snapshots

SessionsBy = Literal["place", "place_kind", "organiser", "area", "session_kind", "month", "day"]
GroupMeetingsBy = Literal["group_kind", "month", "sector"]
GatheringsBy = Literal["gathering_kind", "month", "task"]
CentreFigure = Literal["sessions", "group_meetings", "gatherings"]


class SessionRow(Row):
    """Sessions and the visits to them: heads that came, whoever they were."""

    group_key: str | None
    sessions: int
    places: int
    adult_visits: int
    child_visits: int
    under_one_visits: int
    first_visits: int
    minutes: int


class CoverageRow(Row):
    """A working day of an area: how many open sessions there were; none of them: it was not covered."""

    area: str
    working_day: dt.date
    open_sessions: int
    open_places: int
    visits: int
    covered: bool
    event_positions: list[int]


class GroupMeetingRow(Row):
    """Meetings of the steering groups; by sector, those at which it should have been or was."""

    group_key: str | None
    meetings: int
    meetings_with_sectors_missing: int
    participants: int


class GatheringRow(Row):
    """Gatherings of the network."""

    group_key: str | None
    gatherings: int
    participants: int


class GoalRow(Row):
    """A measure of a goal, as it was last noted."""

    network_id: UUID
    goal_id: UUID
    number: int
    measure_id: UUID
    measure_kind: str
    target: int | None
    progress: str
    counted: int | None
    noted_on: dt.date | None
    event_positions: list[int]


class Centres(Snapshots):
    """The questions on family centres. Periods are whole: both days count."""

    def sessions(
        self, by: SessionsBy, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[SessionRow]:
        """Sessions of open meeting places and peer groups, and how many came."""
        check_grouping(by, SessionsBy)
        question: LiteralString = "SELECT * FROM session_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, SessionRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def place_coverage(
        self, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[CoverageRow]:
        """Every working day of the period that is over, area by area: was some meeting place open?"""
        question: LiteralString = "SELECT * FROM place_coverage(%s::date[], %s, %s)"
        days = working_days(from_on, min(to_on, on_day))
        return self.ask(question, CoverageRow, before=[days], as_of=as_of, after=[on_day], on_day=on_day)

    def group_meetings(
        self, by: GroupMeetingsBy, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[GroupMeetingRow]:
        """Meetings of the groups that steer, and at how many of them a sector was missing."""
        check_grouping(by, GroupMeetingsBy)
        question: LiteralString = "SELECT * FROM group_meeting_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, GroupMeetingRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def gatherings(
        self, by: GatheringsBy, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[GatheringRow]:
        """Gatherings of the network: coffees, fair, information meetings, events."""
        check_grouping(by, GatheringsBy)
        question: LiteralString = "SELECT * FROM gathering_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, GatheringRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def goals(self, *, on_day: dt.date, as_of: int | None = None) -> Answer[GoalRow]:
        """The goals that cover the day, measure by measure."""
        return self.ask("SELECT * FROM goal_rows(%s, %s)", GoalRow, as_of=as_of, after=[on_day], on_day=on_day)

    def centre_explain(
        self,
        figure: CentreFigure,
        by: str,
        from_on: dt.date,
        to_on: dt.date,
        *,
        on_day: dt.date,
        key: str | None = None,
        as_of: int | None = None,
    ) -> Answer[Explained]:
        """What stands beneath one group of sessions, group meetings or gatherings; without a key, all of them."""
        if figure not in _EXPLAIN:
            raise UnknownGrouping(figure)
        after = [on_day, from_on, to_on]
        return self.ask(_EXPLAIN[figure], Explained, before=[by, key], as_of=as_of, after=after, on_day=on_day)


def working_days(from_on: dt.date, to_on: dt.date) -> list[dt.date]:
    """The Finnish working days from one day to the other."""
    days = (from_on + dt.timedelta(days=passed) for passed in range((to_on - from_on).days + 1))
    return [day for day in days if is_working_day(day)]


_EXPLAIN: Mapping[str, LiteralString] = {
    "sessions": "SELECT activity_id AS stream_id, session_id::text AS item, held_on AS happened_on,"
    " session_kind AS status, event_positions FROM session_explain(%s, %s, %s, %s, %s, %s)",
    "group_meetings": "SELECT network_id AS stream_id, meeting_id::text AS item, met_on AS happened_on,"
    " group_kind AS status, event_positions FROM group_meeting_explain(%s, %s, %s, %s, %s, %s)",
    "gatherings": "SELECT network_id AS stream_id, gathering_id::text AS item, held_on AS happened_on,"
    " gathering_kind AS status, event_positions FROM gathering_explain(%s, %s, %s, %s, %s, %s)",
}
