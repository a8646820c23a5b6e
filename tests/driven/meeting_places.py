"""Open meeting places and peer groups (F4) and the steering of the family centre (F5), every rule both ways."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.activity.commands.handle_joint_survey import HandleJointSurvey
from domain.activity.commands.open_activity import OpenActivity
from domain.activity.commands.open_place import OpenPlace
from domain.activity.commands.record_joint_survey import RecordJointSurvey
from domain.activity.commands.record_organisers_meeting import RecordOrganisersMeeting
from domain.activity.commands.record_outreach import RecordOutreach
from domain.activity.commands.record_session import RecordSession
from domain.activity.facts import Circle, OutreachKind, PeerTheme, PlaceKind, SurveyChange, Weekday
from domain.commands import AnyCommand
from domain.family_centre import FamilyCentreArea, FamilyCentreTask, PlaceOrganisation, Sector
from domain.ledger.identity import new_id
from domain.network.commands import tellings as tell
from domain.network.commands.open_network import OpenNetwork
from domain.network.commands.record_group_meeting import RecordGroupMeeting
from domain.network.facts import (
    Audience,
    Denominator,
    GatheringKind,
    GoalMeasure,
    GroupKind,
    MeasureKind,
    Method,
    MethodPlace,
    Progress,
)
from tests.domain.desk import Desk, at
from tests.driven.harness import Driven, Story

SERVICES = ("F4", "F5")
YEAR_OVER = at(dt.date(2026, 1, 15), 12)
CORE = (PlaceOrganisation.OPEN_EARLY_EDUCATION, PlaceOrganisation.PARISH, PlaceOrganisation.CHILD_WELFARE_LEAGUE)
LOCAL = (
    Sector.GROWTH_AND_LEARNING,
    Sector.LEISURE,
    Sector.HEALTH,
    Sector.SOCIAL_SERVICES,
    Sector.ORGANISATIONS,
    Sector.PARISH,
)
REGIONAL = (Sector.COUNTY, Sector.MUNICIPALITY, Sector.ORGANISATIONS, Sector.PARISH)
EVERYWHERE = tuple(FamilyCentreArea)
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 12, 31)


def on(month: int, day: int) -> dt.date:
    """A day of 2025."""
    return dt.date(2025, month, day)


def told(beginning: AnyCommand, *commands: AnyCommand) -> Story:
    """The story that these commands tell of a new stream."""

    def story(desk: Desk) -> UUID:
        desk.now, stream_id = YEAR_OVER, new_id()
        for command in (beginning, *commands):
            desk.do(stream_id, command)
        return stream_id

    return story


# Open meeting places (F4).

ACTIVITY = OpenActivity(opened_on=on(1, 7), area=FamilyCentreArea.ROVANIEMI)
PLACE_ID = new_id()


def place(**fields: Any) -> OpenPlace:
    """A family café on Tuesdays, as it should be."""
    as_it_should_be: dict[str, Any] = {
        "place_id": PLACE_ID,
        "place_kind": PlaceKind.FAMILY_CAFE,
        "organiser": PlaceOrganisation.CHILD_WELFARE_LEAGUE,
        "opened_on": on(1, 7),
        "tasks": (FamilyCentreTask.PEER_SUPPORT_AND_COMMUNITY,),
        "weekdays": (Weekday.TUESDAY,),
    }
    return OpenPlace(**{**as_it_should_be, **fields})


def session(day: dt.date, **fields: Any) -> RecordSession:
    """A session of the place, with a few families."""
    counts = {"adults": 8, "children": 10, "under_ones": 3, "first_timers": 2, "minutes": 120}
    return RecordSession(**{"session_id": new_id(), "place_id": PLACE_ID, "held_on": day, **counts, **fields})


def met(day: dt.date, *present: PlaceOrganisation, circle: Circle = Circle.ORGANISERS_CORE) -> RecordOrganisersMeeting:
    """The organisers met."""
    return RecordOrganisersMeeting(meeting_id=new_id(), circle=circle, met_on=day, present=present or CORE)


def survey(survey_id: UUID) -> RecordJointSurvey:
    """The joint survey of spring."""
    return RecordJointSurvey(survey_id=survey_id, opened_on=on(4, 1), closed_on=on(4, 30), answers=80, mean_score=4.5)


def activity(*commands: AnyCommand) -> Story:
    """The open meeting places of an area, and what was recorded of them."""
    return told(ACTIVITY, *commands)


def surveyed(*, handled: bool) -> Story:
    """The joint survey, handled or not."""
    survey_id = new_id()
    handling = HandleJointSurvey(survey_id=survey_id, handled_on=on(5, 20), changes=(SurveyChange.OPENING_HOURS,))
    return activity(survey(survey_id), *([handling] if handled else []))


QUARTERS = (met(on(2, 3)), met(on(5, 5)), met(on(9, 1)), met(on(12, 1)))
PEER = {"place_kind": PlaceKind.PEER_GROUP, "weekdays": (), "open_to_all": False}
OUTREACH = RecordOutreach(
    place_id=PLACE_ID,
    organisation=PlaceOrganisation.SINGLE_PARENTS_ASSOCIATION,
    outreach_kind=OutreachKind.INFORMATION,
    made_on=on(2, 4),
    minutes=30,
)

MEETING_PLACES = {
    "open-every-working-day": (
        activity(place(), session(on(1, 7)), session(on(1, 8)), session(on(1, 9))),
        activity(place(), session(on(1, 7)), session(on(1, 9))),
    ),
    "free-and-open": (activity(place()), activity(place(free_of_charge=False))),
    "organised-by-the-core": (activity(place()), activity(place(organiser=PlaceOrganisation.GIRLS_HOUSE))),
    "weekly-calendar": (activity(place()), activity(place(weekdays=()))),
    "tasks-named": (activity(place()), activity(place(tasks=()))),
    "peer-group-theme": (
        activity(place(**PEER, theme=PeerTheme.STRENGTH_FOR_EVERYDAY_LIFE)),
        activity(place(**PEER)),
    ),
    "core-meets-four-times-a-year": (activity(*QUARTERS), activity(*QUARTERS[:3])),
    "core-meets-each-quarter": (activity(*QUARTERS), activity(QUARTERS[0], *QUARTERS[2:])),
    "core-all-present": (activity(place(), met(on(2, 3))), activity(place(), met(on(2, 3), PlaceOrganisation.PARISH))),
    "network-meets-once-a-year": (
        activity(met(on(1, 20), circle=Circle.ORGANISERS_NETWORK)),
        activity(met(on(1, 20))),
    ),
    "joint-survey": (activity(survey(new_id())), activity(met(on(12, 1)))),
    "survey-handled": (surveyed(handled=True), surveyed(handled=False)),
    "outreach": (activity(place(), OUTREACH),) * 2,
    "counts-only": (activity(place(), session(on(1, 7))),) * 2,
}

# The steering of the family centre (F5).

NETWORK = OpenNetwork(opened_on=FIRST, area=FamilyCentreArea.ROVANIEMI)
LATE_IN_THE_YEAR = tell.ReviewHandbook(reviewed_on=on(12, 15))


def steering(*commands: AnyCommand) -> Story:
    """The steering of a family centre, and what was recorded of it."""
    return told(NETWORK, *commands)


def formed(kind: GroupKind, *sectors: Sector, areas: tuple[FamilyCentreArea, ...] = EVERYWHERE) -> tell.FormGroup:
    """A group with members from these sectors."""
    return tell.FormGroup(group_id=GROUPS[kind], group_kind=kind, formed_on=on(1, 8), sectors=sectors, areas=areas)


GROUPS = {kind: new_id() for kind in GroupKind}


def gathered(kind: GroupKind, day: dt.date, *present: Sector) -> RecordGroupMeeting:
    """The group met."""
    return RecordGroupMeeting(meeting_id=new_id(), group_id=GROUPS[kind], met_on=day, sectors_present=present)


def held(kind: GatheringKind, day: dt.date, *audiences: Audience, gathering_id: UUID | None = None) -> AnyCommand:
    """A gathering was held."""
    return tell.RecordGathering(
        gathering_id=gathering_id or new_id(), gathering_kind=kind, held_on=day, audiences=audiences, participants=40
    )


PLAN_ID, TASK_ID, GOAL_ID, MEASURE_ID, EVENT_ID = (new_id() for _ in range(5))
PLAN = tell.MakeActionPlan(plan_id=PLAN_ID, made_on=on(1, 20), covers_from=FIRST, covers_to=LAST)
TASK = tell.AgreePlanTask(
    task_id=TASK_ID, plan_id=PLAN_ID, agreed_on=on(2, 1), due_on=on(5, 31), owner=Sector.SOCIAL_SERVICES
)
DONE = tell.CompletePlanTask(task_id=TASK_ID, done_on=on(5, 30))
EVENT = tell.PlanGathering(
    gathering_id=EVENT_ID,
    gathering_kind=GatheringKind.FAMILY_EVENT,
    planned_on=on(1, 20),
    takes_place_on=on(4, 12),
)
TARGETED = held(GatheringKind.INFORMATION_MEETING, on(3, 4), Audience.CLINIC_NURSES)
WITH_SERVICES = (
    Audience.DAY_CARE_HEADS,
    Audience.HOME_SERVICE_STAFF,
    Audience.FAMILY_SOCIAL_WORK_STAFF,
    Audience.CHILD_WELFARE_STAFF,
)
MAPPED = tell.MapConsultation(
    mapped_on=on(10, 1),
    asked_by=Audience.EARLY_EDUCATION_STAFF,
    asked_of=Audience.FAMILY_SOCIAL_WORK_STAFF,
    works_well=True,
    more_needed=True,
)
BIRTHS = tell.TellDenominator(
    told_on=on(6, 2), year=2024, denominator=Denominator.BIRTHS, value=558, source_code="s1.handbook-2025"
)
LOCAL_GROUP = formed(GroupKind.CORE_GROUP, *LOCAL)
AREA_GROUP = formed(GroupKind.AREA_STEERING_GROUP, *REGIONAL)


def goal(*measures: GoalMeasure) -> tell.SetGoal:
    """A goal of the year."""
    return tell.SetGoal(
        goal_id=GOAL_ID, number=1, set_on=on(1, 20), covers_from=FIRST, covers_to=LAST, measures=measures
    )


COUNTED = GoalMeasure(measure_id=MEASURE_ID, measure_kind=MeasureKind.NETWORK_COFFEES_HELD, target=12)
FOLLOWED = tell.NoteProgress(
    goal_id=GOAL_ID, measure_id=MEASURE_ID, noted_on=on(12, 1), progress=Progress.UNDER_WAY, counted=11
)


def counted(**fields: Any) -> tell.CountMethodUse:
    """The use of the method in the year."""
    year: dict[str, Any] = {"counted_on": on(12, 20), "covers_from": FIRST, "covers_to": on(12, 19)}
    return tell.CountMethodUse(method=Method.NEUVOKAS_PERHE, uses=120, **{**year, **fields})


def unless(kept: AnyCommand, *instead: AnyCommand) -> tuple[Story, Story]:
    """Kept by that; broken when a year goes by without it."""
    return steering(kept), steering(*(instead or (LATE_IN_THE_YEAR,)))


def coffees(*months: int) -> Story:
    """Network coffees on the tenth of these months."""
    return steering(*(held(GatheringKind.NETWORK_COFFEE, on(month, 10)) for month in months))


WIDER = GatheringKind.WIDER_MEETING
STEERING: dict[str, tuple[Story, Story]] = {
    "core-group-members": unless(LOCAL_GROUP, formed(GroupKind.CORE_GROUP, *LOCAL[:5])),
    "area-steering-members": unless(AREA_GROUP, formed(GroupKind.AREA_STEERING_GROUP, *REGIONAL, areas=EVERYWHERE[:1])),
    "strategic-group-members": unless(
        formed(GroupKind.STRATEGIC_GROUP, *REGIONAL), formed(GroupKind.STRATEGIC_GROUP, Sector.COUNTY)
    ),
    "sectors-represented": (
        steering(LOCAL_GROUP, gathered(GroupKind.CORE_GROUP, on(2, 5), *LOCAL)),
        steering(LOCAL_GROUP, gathered(GroupKind.CORE_GROUP, on(2, 5), *LOCAL[1:])),
    ),
    "core-group-meets": (
        steering(LOCAL_GROUP, gathered(GroupKind.CORE_GROUP, on(2, 5), *LOCAL)),
        steering(LOCAL_GROUP, gathered(GroupKind.CORE_GROUP, on(6, 5), *LOCAL)),
    ),
    "steering-groups-meet": (
        steering(AREA_GROUP, gathered(GroupKind.AREA_STEERING_GROUP, on(2, 5), *REGIONAL)),
        steering(AREA_GROUP, LATE_IN_THE_YEAR),
    ),
    "action-plan": unless(PLAN),
    "plan-tasks": (steering(PLAN, TASK), steering(PLAN)),
    "task-done": (steering(PLAN, TASK, DONE), steering(PLAN, TASK)),
    "goals-set": unless(goal(COUNTED)),
    "goal-measures": unless(goal(COUNTED), goal()),
    "goal-followed": (steering(goal(COUNTED), FOLLOWED), steering(goal(COUNTED))),
    "network-coffees": (coffees(*range(1, 13)), coffees(1, 3)),
    "network-fair": unless(
        held(GatheringKind.NETWORK_FAIR, on(10, 8)), held(GatheringKind.NETWORK_FAIR, on(5, 8)), LATE_IN_THE_YEAR
    ),
    "information-meetings": unless(TARGETED),
    "information-targeted": unless(TARGETED, held(GatheringKind.INFORMATION_MEETING, on(3, 4))),
    "wider-meeting-with-clinic": unless(
        held(WIDER, on(3, 4), Audience.DAY_CARE_HEADS, Audience.CLINIC_NURSES),
        held(WIDER, on(3, 4), Audience.DAY_CARE_HEADS),
    ),
    "wider-meeting-with-social-services": unless(
        held(WIDER, on(3, 4), *WITH_SERVICES), held(WIDER, on(3, 4), *WITH_SERVICES[:3])
    ),
    "family-event": unless(held(GatheringKind.FAMILY_EVENT, on(4, 12), Audience.FAMILIES)),
    "planned-gathering-held": (
        steering(EVENT, held(GatheringKind.FAMILY_EVENT, on(4, 12), gathering_id=EVENT_ID)),
        steering(EVENT, held(GatheringKind.FAMILY_EVENT, on(5, 24))),
    ),
    "lifestyle-method": unless(counted(trained=6, used_in=tuple(MethodPlace))),
    "method-trained": unless(counted(introduced=2, used_in=(MethodPlace.SCHOOL,)), counted(trained=6)),
    "consultation-mapping": unless(MAPPED),
    "handbook": unless(LATE_IN_THE_YEAR, held(GatheringKind.NETWORK_COFFEE, on(12, 10))),
    "denominators": unless(BIRTHS),
    "seven-tasks": (coffees(1),) * 2,
    "core-group-tasks": (steering(LOCAL_GROUP, gathered(GroupKind.CORE_GROUP, on(2, 5), *LOCAL)),) * 2,
    "parent-guidance": (steering(held(GatheringKind.WORKSHOP, on(3, 4), Audience.ALL_PROFESSIONALS)),) * 2,
}


def _cases(service: str, stories: dict[str, tuple[Story, Story]]) -> list[Driven]:
    return [Driven(service, rule_id, kept, broken) for rule_id, (kept, broken) in stories.items()]


CASES = (*_cases("F4", MEETING_PLACES), *_cases("F5", STEERING))
