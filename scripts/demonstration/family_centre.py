"""The family centre's open meeting places (F4) by counts only, and its steering (F5) through the year clock.

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
from domain.family_centre import FamilyCentreArea, Sector
from domain.network.commands import tellings as tell
from domain.network.commands.open_network import OpenNetwork
from domain.network.commands.record_group_meeting import RecordGroupMeeting
from domain.network.facts import GoalMeasure
from scripts.demonstration.telling import DAY, Tale

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
MISSED, THURSDAY = 0.03, 3
"""How often nobody opened the doors."""
CORE = ("open_early_education", "parish", "child_welfare_league")
LOCAL = (
    Sector.GROWTH_AND_LEARNING,
    Sector.LEISURE,
    Sector.HEALTH,
    Sector.SOCIAL_SERVICES,
    Sector.ORGANISATIONS,
    Sector.PARISH,
)
REGIONAL = (Sector.COUNTY, Sector.MUNICIPALITY, Sector.ORGANISATIONS, Sector.PARISH)
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
GATHERINGS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("information_meeting", 3, 4, ("clinic_nurses",)),
    ("wider_meeting", 3, 20, ("day_care_heads", "clinic_nurses")),
    ("family_event", 4, 12, ("families",)),
    ("network_fair", 10, 8, ("all_professionals",)),
)


def tales(register: str, seed: str) -> Iterator[Tale]:
    """The places of two areas, and the network."""
    for number, area in enumerate(list(FamilyCentreArea)[:2]):
        tale = Tale(register, f"F4/{area}", dt.date(2025, 1, 7), "R2", seed=seed)
        _places(tale, area, thorough=number == 0)
        yield tale
    tale = Tale(register, "F5/network", FIRST, "R1", seed=seed)
    _network(tale)
    yield tale


def _places(tale: Tale, area: FamilyCentreArea, *, thorough: bool) -> None:
    """Places with their sessions: of the year, with meetings and a joint survey, if thorough; else of the spring."""
    activity = tale.id("activity")
    tale.do(activity, OpenActivity, opened_on=tale.base, area=area)
    tasks = ("peer_support_and_community",)
    places = [(tale.id(name), told) for name, told in PLACES]
    for place_id, told in places:
        tale.do(activity, OpenPlace, place_id=place_id, opened_on=tale.base, tasks=tasks, **told)
    ended_on = dt.date(2025, 12, 19) if thorough else dt.date(2025, 5, 30)
    _sessions(tale, activity, [place_id for place_id, _ in places], ended_on)
    outreach = {"organisation": "single_parents_association", "outreach_kind": "information", "minutes": 30}
    tale.do(activity, RecordOutreach, place_id=places[0][0], made_on=dt.date(2025, 2, 4), **outreach)
    for month, day in ((2, 3), (5, 5), (9, 1), (12, 1))[: 4 if thorough else 2]:
        met = {"circle": "organisers_core", "present": CORE if thorough else CORE[:2]}
        tale.do(activity, RecordOrganisersMeeting, meeting_id=tale.id(), met_on=dt.date(2025, month, day), **met)
    if thorough:
        survey = tale.id("survey")
        spring = {"opened_on": dt.date(2025, 4, 1), "closed_on": dt.date(2025, 4, 30)}
        tale.do(activity, RecordJointSurvey, survey_id=survey, answers=80, mean_score=4.5, **spring)
        changes = ("opening_hours",)
        tale.do(activity, HandleJointSurvey, survey_id=survey, handled_on=dt.date(2025, 5, 20), changes=changes)
    tale.do(activity, ClosePlace, place_id=places[-1][0], closed_on=ended_on)
    if not thorough:
        tale.do(activity, EndActivity, ended_on=ended_on)


def _sessions(tale: Tale, activity: UUID, places: Sequence[UUID], ended_on: dt.date) -> None:
    """Some place is open every working day, but for a few; the peers meet every other Thursday."""
    cafe, club, open_house, peers = places
    of_weekday = (open_house, cafe, club, open_house, club)
    told: list[UUID] = []
    for number in range((ended_on - tale.base).days + 1):
        day = tale.base + number * DAY
        if is_working_day(day) and tale.draw.random() > MISSED:
            told.append(_session(tale, activity, of_weekday[day.weekday()], day))
        if day.weekday() == THURSDAY and number // 7 % 2:
            _session(tale, activity, peers, day, session_kind="peer_group_session")
    tale.correct(activity, told[3], StreamKind.ACTIVITY, adults=9)
    tale.strike_out(activity, _session(tale, activity, club, ended_on), StreamKind.ACTIVITY)


def _session(tale: Tale, activity: UUID, place_id: UUID, day: dt.date, **fields: Any) -> UUID:
    draw = tale.draw
    counts = {"adults": draw.randint(4, 12), "children": draw.randint(5, 15), "under_ones": draw.randint(0, 4)}
    told = {**counts, "first_timers": draw.randint(0, 3), "minutes": 120}
    return tale.do(activity, RecordSession, place_id=place_id, held_on=day, **told, **fields)


def _network(tale: Tale) -> None:
    """The year of the steering: groups, plan, goals, gatherings; some of the clock is missed."""
    network = tale.id("network")

    def do(kind: type[Any], month: int, day: int, field: str, /, **fields: Any) -> None:
        tale.do(network, kind, **{field: dt.date(2025, month, day)}, **fields)

    tale.do(network, OpenNetwork, opened_on=FIRST, area=FamilyCentreArea.ROVANIEMI)
    _groups(tale, network)
    plan, task, goal, measure = (tale.id(name) for name in ("plan", "task", "goal", "measure"))
    year = {"covers_from": FIRST, "covers_to": LAST}
    do(tell.MakeActionPlan, 1, 20, "made_on", plan_id=plan, **year)
    agreed = {"task_id": task, "plan_id": plan, "due_on": dt.date(2025, 5, 31), "owner": Sector.SOCIAL_SERVICES}
    do(tell.AgreePlanTask, 2, 3, "agreed_on", **agreed)
    do(tell.CompletePlanTask, 5, 30, "done_on", task_id=task)
    measures = (
        GoalMeasure.model_validate({"measure_id": measure, "measure_kind": "network_coffees_held", "target": 12}),
    )
    do(tell.SetGoal, 1, 20, "set_on", goal_id=goal, number=1, measures=measures, **year)
    event = tale.id("event")
    planned = {"gathering_kind": "family_event", "takes_place_on": dt.date(2025, 4, 12)}
    do(tell.PlanGathering, 1, 20, "planned_on", gathering_id=event, **planned)
    for kind, month, day, audiences in GATHERINGS:
        told: dict[str, Any] = {
            "gathering_kind": kind,
            "audiences": audiences,
            "participants": tale.draw.randint(15, 60),
        }
        do(
            tell.RecordGathering,
            month,
            day,
            "held_on",
            gathering_id=event if kind == "family_event" else tale.id(),
            **told,
        )
    for month in (1, 2, 3, 4, 5, 8, 9, 10, 11):
        coffee = {"gathering_kind": "network_coffee", "audiences": (), "participants": tale.draw.randint(6, 25)}
        do(tell.RecordGathering, month, 10, "held_on", gathering_id=tale.id(), **coffee)
    mapped = {"asked_by": "early_education_staff", "asked_of": "family_social_work_staff"}
    do(tell.MapConsultation, 10, 1, "mapped_on", works_well=True, more_needed=True, **mapped)
    births = {"year": 2024, "denominator": "births", "value": 558, "source_code": "s1.handbook-2025"}
    do(tell.TellDenominator, 6, 2, "told_on", **births)
    do(tell.NoteProgress, 12, 1, "noted_on", goal_id=goal, measure_id=measure, progress="under_way", counted=9)
    do(tell.ReviewHandbook, 12, 15, "reviewed_on")
    used = {"method": "neuvokas_perhe", "uses": 120, "introduced": 2, "used_in": ("school",)}
    do(tell.CountMethodUse, 12, 20, "counted_on", covers_from=FIRST, covers_to=dt.date(2025, 12, 19), **used)


def _groups(tale: Tale, network: UUID) -> None:
    areas = tuple(FamilyCentreArea)
    for kind, sectors in (("core_group", LOCAL), ("area_steering_group", REGIONAL), ("strategic_group", REGIONAL)):
        group_id = tale.id(kind)
        formed = {"group_kind": kind, "sectors": sectors, "areas": areas}
        tale.do(network, tell.FormGroup, group_id=group_id, formed_on=dt.date(2025, 1, 8), **formed)
    for month in (2, 4, 6, 9, 11):
        present = LOCAL if month != 6 else LOCAL[1:]
        met = {"group_id": tale.id("core_group"), "sectors_present": present}
        tale.do(network, RecordGroupMeeting, meeting_id=tale.id(), met_on=dt.date(2025, month, 5), **met)
    steering = {"group_id": tale.id("area_steering_group"), "sectors_present": REGIONAL}
    tale.do(network, RecordGroupMeeting, meeting_id=tale.id(), met_on=dt.date(2025, 3, 12), **steering)
