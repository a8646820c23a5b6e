"""Case conferences of the family centre (F2), of every kind: with permission or anonymous, some with what is forgotten.

Never here: what the rules say, and who anybody is in an anonymous one. The network meeting of an episode is told where
the episode is (`lapland.families`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.agree_work_pair import AgreeWorkPair
from domain.conference.commands.ask_consultation import AskConsultation
from domain.conference.commands.ask_work_pair import AskWorkPair
from domain.conference.commands.assess_violence_risk import AssessViolenceRisk
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.end_work_pair import EndWorkPair
from domain.conference.commands.give_consultation import GiveConsultation
from domain.conference.commands.make_conference_plan import MakeConferencePlan
from domain.conference.commands.record_conference import RecordConference
from domain.fact import StreamKind
from scripts.demonstration.telling import Tale, Teller

TEAM = ("police", "family_social_work", "school_health_care", "youth_work")
IDENTIFIED = {"handling": "identified", "permission": "given"}
CONVENED: dict[str, dict[str, Any]] = {
    "motti": {"organisations": ("maternity_clinic",), "convened_through": "public_health_nurse"},
    "vasa": {"organisations": ("school", "family_social_work")},
    "marak": {"organisations": ("police", "violence_services")},
    "student_welfare_expert_group": {"organisations": ("school",), "pupil_scope": "one_pupil"},
    "anchor": {"organisations": TEAM, "ground": "suspected_offence"},
    "child_welfare_expert_group": {"organisations": ("school", "child_welfare"), "handling": "anonymous"},
    "lets_talk_discussion": {"organisations": ("school", "early_education")},
    **{kind: {"organisations": ("school",)} for kind in ("lasta", "consultation", "work_pair")},
}
"""How a conference of each kind is convened."""
HELD: dict[str, dict[str, Any]] = {
    "motti": {
        "guardians_present": True,
        "child_present": False,
        "next_steps": ("further_assessment",),
        "urgency": "at_once",
    },
    "vasa": {
        "guardians_present": True,
        "next_steps": ("guided_to_service",),
        "contact_person_of": "school",
        "waiting_support": "support_at_school",
    },
    "anchor": {"guardians_present": True, "child_present": True},
    "lets_talk_discussion": {"guardians_present": True},
}
"""What is told of one that has met."""
AGES = {"motti": 4, "lets_talk_discussion": 5}
"""How old the child is; else a school child."""


def tales(teller: Teller) -> Iterator[Tale]:
    """Two or three conferences of each kind, the last of them with what is forgotten; and a council after a talk."""
    for number, kind in enumerate(CONVENED):
        times = 3 if kind in ("motti", "vasa", "child_welfare_expert_group") else 2
        for again in range(times):
            tale = teller.tale(f"F2/{kind}/{again}", 330 - 17 * number - 61 * again, "R1")
            _conference(tale, kind, sound=again < times - 1)
            yield tale
    for number, days_ago in enumerate((240, 75)):
        tale = teller.tale(f"F2/lets_talk_council/{number}", days_ago, "R3")
        _council(tale, sound=number == 0)
        yield tale


def _conference(tale: Tale, kind: str, *, sound: bool) -> None:
    """A conference of the kind with its action; one that is not sound with what is forgotten."""
    conference, day, anonymous = tale.id("conference"), tale.day, kind == "child_welfare_expert_group"
    who: dict[str, Any] = (
        {} if anonymous else {**IDENTIFIED, "client_ids": (tale.client(AGES.get(kind, 11), "Rovaniemi"),)}
    )
    if kind == "anchor":
        who["worry_known_on"] = day(-2)
    by = {"convened_by": "family_social_work", "conference_kind": kind}
    told = tale.do(conference, ConveneConference, convened_on=day(0), **by, **{**who, **CONVENED[kind]})
    if kind == "vasa" and sound:
        tale.correct(conference, told, StreamKind.CONFERENCE, convened_by="school")
    held = dict(HELD.get(kind, {}))
    if not sound and kind in ("motti", "anchor"):
        held["guardians_present"] = False
    present, wait = CONVENED[kind]["organisations"], tale.draw.randint(5, 20)
    met = tale.do(conference, RecordConference, held_on=day(wait), organisations=present, **held)
    if kind == "lasta" and not sound:
        tale.strike_out(conference, met, StreamKind.CONFERENCE)
    _of_the_kind(tale, conference, kind, sound=sound, wait=wait)
    _act(tale, conference, wait, sound=sound)


def _act(tale: Tale, conference: UUID, met: int, *, sound: bool) -> None:
    """What is agreed begins in time, late, or not."""
    for number, kind in enumerate(("give_support", "contact_service")[: tale.draw.randint(1, 2)], 1):
        action = {"action_kind": kind, "owner": "family_social_work", "due_on": tale.day(met + 14 * number)}
        tale.do(conference, AgreeConferenceAction, agreed_on=tale.day(met), closing=True, **action)
        if sound or number == 2:
            begun = tale.day(met + 14 * number + (-4 if sound else 12))
            tale.do(conference, BeginConferenceAction, action=number, begun_on=begun)
    if sound:
        tale.do(conference, CloseConference, closed_on=tale.day(met + 31), outcome="actions_begun")


def _council(tale: Tale, *, sound: bool) -> None:
    """A talk about the children leads to a council of those who can help; one council names no talk."""
    child, talk, council = tale.client(7, "Rovaniemi"), tale.id("talk"), tale.id("council")
    who = {**IDENTIFIED, "client_ids": (child,), "convened_by": "school"}
    tale.do(
        talk,
        ConveneConference,
        conference_kind="lets_talk_discussion",
        convened_on=tale.day(0),
        organisations=("school",),
        **who,
    )
    tale.do(talk, RecordConference, held_on=tale.day(6), organisations=("school",), guardians_present=True)
    tale.do(talk, CloseConference, closed_on=tale.day(7), outcome="passed_to_service")
    present = ("school", "parish", "family_counselling")
    follows = {"follows_conference_id": talk} if sound else {}
    told = {"conference_kind": "lets_talk_council", "organisations": present, **follows, **who}
    tale.do(council, ConveneConference, convened_on=tale.day(9), **told)
    tale.do(council, RecordConference, held_on=tale.day(25), organisations=present, guardians_present=sound)
    _act(tale, council, 25, sound=sound)


def _of_the_kind(tale: Tale, conference: UUID, kind: str, *, sound: bool, wait: int) -> None:
    """What only a conference of that kind does."""
    asked, answered = {"asked_on": tale.day(1), "asked_by": "school"}, tale.day(wait + 1)
    if kind == "marak":
        risk = "high" if sound else "raised"
        tale.do(conference, AssessViolenceRisk, assessed_on=tale.day(wait), risk=risk, closing=True)
        if sound:
            plan = {"action_kinds": ("safety_measure",), "closing": True}
            tale.do(conference, MakeConferencePlan, made_on=tale.day(wait), **plan)
    if kind == "consultation":
        tale.do(conference, AskConsultation, asked_of="child_welfare", **asked)
        if sound:
            tale.do(conference, GiveConsultation, consultation=1, given_on=answered)
    if kind == "work_pair":
        tale.do(conference, AskWorkPair, asked_of="family_social_work" if sound else "school", **asked)
        tale.do(conference, AgreeWorkPair, pair=1, agreed_on=answered)
        if sound:
            tale.do(conference, EndWorkPair, pair=1, ended_on=tale.day(wait + 30), outcome="need_ended")
