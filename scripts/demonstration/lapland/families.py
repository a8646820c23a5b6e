"""Families of Lapland with several services at once, and one that moves: one child, one line of history.

Never here: what the rules say, and how the work of a single service goes (the service's own module).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.client.commands import tellings as of_client
from domain.client.facts import ConsentScope
from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.record_conference import RecordConference
from domain.episode.commands.transfer_episode import TransferEpisode
from domain.episode.facts import ClosureReason, GoalResult, VisitationGround
from domain.register.facts import WorkerRole
from scripts.demonstration.lapland.home import FamilyWork
from scripts.demonstration.lapland.mother_child import MotherAndChild
from scripts.demonstration.lapland.places import HOME, KEMI, ROVANIEMI
from scripts.demonstration.lapland.rehabilitation import Rehabilitation
from scripts.demonstration.lapland.visitation import Visitation
from scripts.demonstration.telling import Tale, Teller

BIRTH = 40
"""On about which day of the mother's stay the child is born."""


def tales(teller: Teller) -> Iterator[Tale]:
    """The family with everything side by side, and the family that moves."""
    tale = teller.tale("families/side by side", 170, "L1")
    _side_by_side(tale)
    yield tale
    tale = teller.tale("families/moves to another area", 310, "L10")
    _moves(tale)
    yield tale


def _side_by_side(tale: Tale) -> None:
    """A mother in the home, two siblings in rehabilitation and on visits, a birth, and the baby's own decision."""
    mother, elder, younger = (tale.client(age, HOME.area, name=f"aged {age}") for age in (31, 8, 5))
    tale.do(mother, of_client.OrderNonDisclosure, ordered_on=tale.day(1))
    tale.do(mother, of_client.ExpectBirth, learnt_on=tale.day(1), expected_on=tale.day(BIRTH + 12))
    for child in (elder, younger):
        consent = {"consent_id": tale.id("sharing", str(child)), "scope": ConsentScope.SHARING}
        tale.do(child, of_client.GiveConsent, given_on=tale.day(2), **consent)
    _stay(tale, mother)
    work = _rehabilitation(tale, [elder, younger])
    _visits(tale, [elder, younger])
    _network(tale, work, [elder, younger])


def _stay(tale: Tale, mother: UUID) -> None:
    """The mother's stay; after the birth the child needs, and gets, a decision of its own."""
    stay = MotherAndChild(tale, HOME, [mother], name="stay")
    stay.refer(referrer="maternity_clinic")
    stay.arrive("violence")
    stay.days(13 * 7, BIRTH)
    baby = stay.birth(BIRTH, "baby")
    stay.assess(13 * 7, GoalResult.PARTLY_MET)
    stay.close(13 * 7, ClosureReason.OTHER_SERVICE)
    stay.deliver(13 * 7 + 6)
    tale.do(mother, of_client.EndNonDisclosure, ended_on=stay.day(13 * 7 + 2))
    told = {"street_address": "Esimerkkikuja 1", "municipality": "Rovaniemi"}
    tale.do(mother, of_client.TellAddress, told_on=stay.day(13 * 7 + 3), **told)
    own = FamilyWork(tale, ROVANIEMI, [baby], name="the baby's own", after=stay.start + BIRTH + 30)
    own.worker = "L4"
    own.refer()
    own.open("interaction")
    own.work(180)


def _rehabilitation(tale: Tale, children: list[UUID]) -> Rehabilitation:
    """Both siblings, mostly in one meeting: on the counters of both, its minutes once."""
    work = Rehabilitation(tale, ROVANIEMI, children, "P8", name="rehabilitation", after=12)
    work.worker = "L5"
    work.refer()
    work.open()
    work.plan(prompt=True, remote_every=7)
    work.work(190, 7)
    work.report(190, "in time")
    return work


def _visits(tale: Tale, children: list[UUID]) -> None:
    """The father meets both children under supervision."""
    visits = Visitation(tale, ROVANIEMI, children, "P4", name="visits", after=25)
    visits.worker = "L3"
    visits.prepare(VisitationGround.COURT_DECISION)
    visits.visit("restless", 12, 14)


def _network(tale: Tale, work: Rehabilitation, children: list[UUID]) -> None:
    """Those who work with the children meet about the rehabilitation; one thing that was agreed begins late."""
    conference, day = tale.id("network"), work.day
    present = ("child_welfare", "school", "maternity_clinic")
    who = {"permission": "given", "client_ids": tuple(children), "handling": "identified", "episode_id": work.episode}
    told: dict[str, Any] = {"conference_kind": "episode_network", "convened_by": "child_welfare", **who}
    tale.do(conference, ConveneConference, convened_on=day(30), organisations=present, **told)
    tale.do(conference, RecordConference, held_on=day(41), organisations=present, guardians_present=True)
    for owner, due in (("school", 60), ("child_welfare", 55)):
        action = {"action_kind": "give_support", "owner": owner, "due_on": day(due)}
        tale.do(conference, AgreeConferenceAction, agreed_on=day(41), **action)
    tale.do(conference, BeginConferenceAction, action=1, begun_on=day(50))
    tale.do(conference, BeginConferenceAction, action=2, begun_on=day(71))
    tale.do(conference, CloseConference, closed_on=day(80), outcome="actions_begun")


def _moves(tale: Tale) -> None:
    """The parents separate: the child moves with one of them, and the same work goes on in the other area."""
    child = tale.client(7, KEMI.area, name="child")
    work = FamilyWork(tale, KEMI, [child], name="work")
    work.refer()
    work.open("co_parenting")
    work.work(196)
    moves = work.day(84)
    tale.do(child, of_client.JoinFamily, family_id=tale.id("new family"), joined_on=moves)
    told = {"street_address": "Mallitie 2 A", "municipality": "Rovaniemi"}
    tale.do(child, of_client.TellAddress, told_on=moves, **told)
    to = {"area": ROVANIEMI.area, "unit_id": ROVANIEMI.unit_id, "worker_id": "L4", "assignment_id": tale.id("there")}
    reason = "Lapsi muutti toisen vanhemman luo."
    work.do(TransferEpisode, transferred_on=moves, role=WorkerRole.FAMILY_INSTRUCTOR, reason=reason, **to)
    work.assess(196, GoalResult.MET)
    work.close(196)
    work.deliver(203)
