"""The family centre's steering (F5) through the year clock, one calendar year after another; and a network that ended.

Never here: anybody. No command of this stream can name a person.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.family_centre import FamilyCentreArea, Sector
from domain.network.commands import tellings as tell
from domain.network.commands.open_network import OpenNetwork
from domain.network.commands.record_group_meeting import RecordGroupMeeting
from domain.network.facts import GoalMeasure
from scripts.demonstration.telling import DAY, Tale

LOCAL = (
    *(Sector.GROWTH_AND_LEARNING, Sector.LEISURE, Sector.HEALTH),
    *(Sector.SOCIAL_SERVICES, Sector.ORGANISATIONS, Sector.PARISH),
)
REGIONAL = (Sector.COUNTY, Sector.MUNICIPALITY, Sector.ORGANISATIONS, Sector.PARISH)
GATHERINGS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("information_meeting", 3, 4, ("clinic_nurses",)),
    ("wider_meeting", 3, 20, ("day_care_heads", "clinic_nurses")),
    ("family_event", 4, 12, ("families",)),
    ("network_fair", 10, 8, ("all_professionals",)),
)
COFFEES = (1, 2, 3, 4, 5, 8, 9, 10, 11)
"""The months of the network coffees: none in summer, and none in December."""


def tell_network(tale: Tale) -> None:
    """Groups that are formed once, and year after year the plan, the goals, the gatherings; some of it is missed."""
    network = tale.id("network")
    tale.do(network, OpenNetwork, opened_on=tale.base, area=FamilyCentreArea.ROVANIEMI)
    areas = tuple(FamilyCentreArea)
    for kind, sectors in (("core_group", LOCAL), ("area_steering_group", REGIONAL), ("strategic_group", REGIONAL)):
        formed = {"group_kind": kind, "sectors": sectors, "areas": areas}
        tale.do(network, tell.FormGroup, group_id=tale.id(kind), formed_on=tale.base + 7 * DAY, **formed)
    for year in (tale.base.year, tale.base.year + 1):
        _meetings(tale, network, year)
        _plan(tale, network, year)
        _goal(tale, network, year)
        _gatherings(tale, network, year)
        _counts(tale, network, year)


def tell_pilot(tale: Tale, area: FamilyCentreArea) -> None:
    """A network of a smaller area, tried for three months and then joined to the larger one."""
    network = tale.id("network")
    tale.do(network, OpenNetwork, opened_on=tale.day(0), area=area)
    tale.do(network, tell.RecordGathering, gathering_kind="network_coffee", held_on=tale.day(20), participants=6)
    tale.do(network, tell.EndNetwork, ended_on=tale.day(95))


def _meetings(tale: Tale, network: UUID, year: int) -> None:
    """The core group meets five times, once without a sector; the steering group once, the strategic group never."""
    for month in (2, 4, 6, 9, 11):
        present = LOCAL if month != 6 else LOCAL[1:]
        met = {"group_id": tale.id("core_group"), "sectors_present": present}
        tale.do(network, RecordGroupMeeting, meeting_id=tale.id(), met_on=dt.date(year, month, 5), **met)
    steering = {"group_id": tale.id("area_steering_group"), "sectors_present": REGIONAL}
    tale.do(network, RecordGroupMeeting, meeting_id=tale.id(), met_on=dt.date(year, 3, 12), **steering)


def _plan(tale: Tale, network: UUID, year: int) -> None:
    """The action plan with its tasks: one done in time, one given up, one left."""
    plan, made = tale.id("plan", str(year)), dt.date(year, 1, 20)
    span = {"covers_from": dt.date(year, 1, 1), "covers_to": dt.date(year, 12, 31)}
    tale.do(network, tell.MakeActionPlan, plan_id=plan, made_on=made, **span)
    owners = (Sector.SOCIAL_SERVICES, Sector.HEALTH, Sector.PARISH)
    for number, owner in enumerate(owners):
        task, due = tale.id("task", str(year), str(number)), dt.date(year, 5 + number, 28)
        told = {"task_id": task, "plan_id": plan, "due_on": due, "owner": owner}
        tale.do(network, tell.AgreePlanTask, agreed_on=dt.date(year, 2, 3), **told)
        if number < 2:
            progress = "given_up" if number else "done"
            done_on = due + (9 if number else -3) * DAY
            tale.do(network, tell.CompletePlanTask, done_on=done_on, task_id=task, progress=progress)


def _goal(tale: Tale, network: UUID, year: int) -> None:
    """The goals with their measures, followed in summer and in December."""
    span = {"covers_from": dt.date(year, 1, 1), "covers_to": dt.date(year, 12, 31), "set_on": dt.date(year, 1, 20)}
    goal, measure = tale.id("goal", str(year)), tale.id("measure", str(year))
    told = {"measure_id": measure, "measure_kind": "network_coffees_held", "target": 12}
    measures = (GoalMeasure.model_validate(told),)
    tale.do(network, tell.SetGoal, goal_id=goal, number=1, measures=measures, **span)
    for month, progress, counted in ((6, "under_way", 5), (12, "under_way", 9)):
        noted = {"measure_id": measure, "progress": progress, "counted": counted}
        tale.do(network, tell.NoteProgress, goal_id=goal, noted_on=dt.date(year, month, 1), **noted)


def _gatherings(tale: Tale, network: UUID, year: int) -> None:
    event = tale.id("event", str(year))
    planned = {"gathering_kind": "family_event", "takes_place_on": dt.date(year, 4, 12)}
    tale.do(network, tell.PlanGathering, planned_on=dt.date(year, 1, 20), gathering_id=event, **planned)
    for kind, month, day, audiences in GATHERINGS:
        gathering = event if kind == "family_event" else tale.id()
        told: dict[str, Any] = {"audiences": audiences, "participants": tale.draw.randint(15, 60)}
        held_on = dt.date(year, month, day)
        tale.do(network, tell.RecordGathering, gathering_id=gathering, gathering_kind=kind, held_on=held_on, **told)
    for month in COFFEES:
        told = {"gathering_kind": "network_coffee", "participants": tale.draw.randint(6, 25)}
        tale.do(network, tell.RecordGathering, held_on=dt.date(year, month, 10), **told)


def _counts(tale: Tale, network: UUID, year: int) -> None:
    """What is mapped, counted and gone through once a year."""
    mapped = {"asked_by": "early_education_staff", "asked_of": "family_social_work_staff"}
    answers = {"works_well": True, "more_needed": True}
    tale.do(network, tell.MapConsultation, mapped_on=dt.date(year, 10, 1), **mapped, **answers)
    births = {"year": 2024, "denominator": "births", "value": 558, "source_code": "s1.handbook-2025"}
    tale.do(network, tell.TellDenominator, told_on=dt.date(year, 6, 2), **births)
    tale.do(network, tell.ReviewHandbook, reviewed_on=dt.date(year, 6, 15))
    span = {"covers_from": dt.date(year, 1, 1), "covers_to": dt.date(year, 8, 31)}
    used = {"method": "neuvokas_perhe", "uses": tale.draw.randint(80, 140), "introduced": 2, "used_in": ("school",)}
    tale.do(network, tell.CountMethodUse, counted_on=dt.date(year, 9, 4), **span, **used)
