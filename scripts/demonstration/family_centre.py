"""The family centre's open meeting places (F4), by counts only; its steering (F5) is told by `network`.

Never here: anybody. No command of these streams can name a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from domain.activity.commands.close_place import ClosePlace
from domain.activity.commands.end_activity import EndActivity
from domain.activity.commands.handle_joint_survey import HandleJointSurvey
from domain.activity.commands.open_activity import OpenActivity
from domain.activity.commands.open_place import OpenPlace
from domain.activity.commands.record_joint_survey import RecordJointSurvey
from domain.activity.commands.record_organisers_meeting import RecordOrganisersMeeting
from domain.activity.commands.record_outreach import RecordOutreach
from domain.activity.commands.record_session import RecordSession
from domain.calendar import is_working_day
from domain.fact import StreamKind
from domain.family_centre import FamilyCentreArea
from scripts.demonstration import network
from scripts.demonstration.telling import DAY, Tale, Teller

THURSDAY = 3
ROVANIEMI = FamilyCentreArea.ROVANIEMI
OTHER = next(area for area in FamilyCentreArea if area is not ROVANIEMI)
CORE = ("open_early_education", "parish", "child_welfare_league")
PLACES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cafe", {"place_kind": "family_cafe", "organiser": "child_welfare_league", "weekdays": ("tuesday",)}),
    ("club", {"place_kind": "family_club", "organiser": "parish", "weekdays": ("wednesday", "friday")}),
    ("open", {"place_kind": "open_day_care", "organiser": "open_early_education", "weekdays": ("monday", "thursday")}),
    (
        "peers",
        {
            "place_kind": "peer_group",
            "organiser": "parish",
            "theme": "single_parents",
            "open_to_all": False,
            "weekdays": (),
        },
    ),
)


def first_day(until: dt.date) -> dt.date:
    """The first of January on which the steering's story begins: some ten months or more before the end."""
    return dt.date((until - 300 * DAY).year, 1, 1)


def tales(teller: Teller) -> Iterator[Tale]:
    """The places of two areas, and the networks."""
    for area, days_ago in ((ROVANIEMI, 360), (OTHER, 330)):
        tale = teller.tale(f"F4/{area}", days_ago, "R2")
        _places(tale, area, thorough=area is ROVANIEMI)
        yield tale
    tale = Tale(teller, "F5/network", first_day(teller.until), "R1")
    network.tell_network(tale)
    yield tale
    tale = teller.tale("F5/pilot", 200, "R1")
    network.tell_pilot(tale, OTHER)
    yield tale


def _places(tale: Tale, area: FamilyCentreArea, *, thorough: bool) -> None:
    """Places with their sessions: up to now, with meetings and a joint survey, if thorough; else for five months."""
    activity = tale.id("activity")
    tale.do(activity, OpenActivity, opened_on=tale.base, area=area)
    tasks = ("peer_support_and_community",)
    places = [(tale.id(name), told) for name, told in PLACES]
    for place_id, told in places:
        tale.do(activity, OpenPlace, place_id=place_id, opened_on=tale.base, tasks=tasks, **told)
    ended = 500 if thorough else 150
    _sessions(tale, activity, [place_id for place_id, _ in places], ended, missed=0.02 if thorough else 0.08)
    outreach = {"organisation": "single_parents_association", "outreach_kind": "information", "minutes": 30}
    for number in range(28, ended, 60):
        tale.do(activity, RecordOutreach, place_id=places[0][0], made_on=tale.day(number), **outreach)
    for number in range(20, ended, 88 if thorough else 130):
        met = {"circle": "organisers_core", "present": CORE if thorough else CORE[:2]}
        tale.do(activity, RecordOrganisersMeeting, meeting_id=tale.id(), met_on=tale.day(number), **met)
    if thorough:
        told = {"circle": "organisers_network", "present": CORE}
        tale.do(activity, RecordOrganisersMeeting, meeting_id=tale.id(), met_on=tale.day(100), **told)
        _survey(tale, activity)
    tale.do(activity, ClosePlace, place_id=places[-1][0], closed_on=tale.day(140))
    if not thorough:
        tale.do(activity, EndActivity, ended_on=tale.base + ended * DAY, closing=True)


def _survey(tale: Tale, activity: UUID) -> None:
    survey = tale.id("survey")
    open_from = {"opened_on": tale.day(110), "closed_on": tale.day(138)}
    tale.do(activity, RecordJointSurvey, survey_id=survey, answers=80, mean_score=4.5, **open_from)
    tale.do(activity, HandleJointSurvey, survey_id=survey, handled_on=tale.day(160), changes=("opening_hours",))


def _sessions(tale: Tale, activity: UUID, places: Sequence[UUID], ended: int, *, missed: float) -> None:
    """Some place is open every working day, but for a few; the peers meet every other Thursday."""
    cafe, club, open_house, peers = places
    of_weekday = (open_house, cafe, club, open_house, club)
    told: list[UUID] = []
    for number in range(ended + 1):
        day = tale.base + number * DAY
        if day > tale.until.date():
            break
        if is_working_day(day) and tale.draw.random() > missed:
            told.append(_session(tale, activity, of_weekday[day.weekday()], day))
        if day.weekday() == THURSDAY and number // 7 % 2 and number < 140:
            _session(tale, activity, peers, day, session_kind="peer_group_session")
    tale.correct(activity, told[3], StreamKind.ACTIVITY, adults=9)
    tale.strike_out(activity, _session(tale, activity, club, tale.day(30)), StreamKind.ACTIVITY)


def _session(tale: Tale, activity: UUID, place_id: UUID, day: dt.date, **fields: Any) -> UUID:
    draw = tale.draw
    counts = {"adults": draw.randint(4, 12), "children": draw.randint(5, 15), "under_ones": draw.randint(0, 4)}
    told = {**counts, "first_timers": draw.randint(0, 3), "minutes": 120}
    return tale.do(activity, RecordSession, place_id=place_id, held_on=day, closing=True, **told, **fields)
