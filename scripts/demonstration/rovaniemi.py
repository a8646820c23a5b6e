"""Rovaniemi's family centre (S1): asking for help, chat and guidance onwards (F1a, F1b, F3) and case conferences (F2).

The open meeting places and the steering (F4, F5) are told by `family_centre`. Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import Any

from domain.client.commands.tellings import OrderNonDisclosure
from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.agree_work_pair import AgreeWorkPair
from domain.conference.commands.ask_consultation import AskConsultation
from domain.conference.commands.ask_work_pair import AskWorkPair
from domain.conference.commands.assess_violence_risk import AssessViolenceRisk
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.give_consultation import GiveConsultation
from domain.conference.commands.make_conference_plan import MakeConferencePlan
from domain.conference.commands.record_conference import RecordConference
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.fact import StreamKind
from domain.register.facts import WorkerRole
from scripts.demonstration import family_centre
from scripts.demonstration.telling import Tale

SERVICES = ("F1a", "F1b", "F2", "F3", "F4", "F5")
AREAS = ("Rovaniemi",)
WORKERS = {"R1": WorkerRole.KEY_WORKER, "R2": WorkerRole.FAMILY_INSTRUCTOR}

GUIDED: dict[str, dict[str, Any]] = {
    "guidance": {"target": "parish"},
    "wellbeing_referral": {"target": "association", "with_client": True},
    "hobby_prescription": {
        "target": "municipal_leisure",
        "grade": 9,
        "has_hobby": False,
        "given_by": "school",
        "school_in_model": True,
    },
    "family_guidance_point": {"target": "family_counselling", "themes": ("parenting",), "feedback_asked": True},
    "treatment_instead_of_punishment": {"target": "substance_services", "age_years": 28},
    "separation_first_aid": {"target": "family_law_services", "by_appointment": False, "parenting_plan_used": True},
}
"""The ways of guiding onwards, and what is told of each."""
FORGOTTEN = {"wellbeing_referral": "with_client", "family_guidance_point": "feedback_asked"}
"""What is not so the second time."""
CONTACTS = tuple((service, number) for service in ("F1a", "F1b") for number in range(7))

TEAM = ("police", "family_social_work", "school_health_care", "youth_work")
IDENTIFIED = {"handling": "identified", "permission": "given"}
CONVENED: dict[str, dict[str, Any]] = {
    "motti": {"organisations": ("maternity_clinic",), "convened_through": "public_health_nurse"},
    "vasa": {"organisations": ("school", "family_social_work")},
    "marak": {"organisations": ("police", "violence_services")},
    "student_welfare_expert_group": {"organisations": ("school",), "pupil_scope": "one_pupil"},
    "anchor": {"organisations": TEAM, "ground": "suspected_offence"},
    "child_welfare_expert_group": {"organisations": ("school", "child_welfare"), "handling": "anonymous"},
    **{kind: {"organisations": ("school",)} for kind in ("lets_talk_discussion", "lasta", "consultation", "work_pair")},
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


def tales(register: str, seed: str) -> Iterator[Tale]:
    """Every story of the register."""
    yield from chain(_contacts(register, seed), _guidance(register, seed), _clinic(register, seed))
    for number, kind in enumerate(CONVENED):
        for again in range(2):
            base = dt.date(2025, 1, 20) + dt.timedelta(days=21 * number + 91 * again)
            tale = Tale(register, f"F2/{kind}/{again}", base, "R1", seed=seed)
            _conference(tale, kind, sound=not again)
            yield tale
    yield from family_centre.tales(register, seed)


def _contacts(register: str, seed: str) -> Iterator[Tale]:
    """Asking for help and chat: most are answered in time, one late, one never; one is corrected, one struck out."""
    for service, number in CONTACTS:
        tale = Tale(
            register, f"{service}/{number}", dt.date(2025, 1, 13) + dt.timedelta(days=42 * number), "R2", seed=seed
        )
        contact, chat = tale.id("contact"), service == "F1b"
        fields: dict[str, Any] = {"anonymous": True} if chat else {"purpose": "asking_for_help"}
        if not chat and number % 3 == 0:
            fields["client_id"] = tale.client(7, "Rovaniemi")
        at, source = tale.at(0, tale.draw.randint(9, 15)), "family" if chat else tale.draw.choice(("family", "school"))
        came = {"received_at": at, "source": source, "channel": "chat" if chat and number != 5 else "phone"}
        told = tale.do(contact, ReceiveContact, service=service, matter="own", **came, **fields)
        if number == 2:
            tale.correct(contact, told, StreamKind.CONTACT, matter="near_one")
        if number != 6:
            days = 6 if number == 4 else 1
            outcome = "accompanied" if number % 2 else "guided"
            tale.do(contact, AnswerContact, answered_at=tale.at(days, 11), outcome=outcome)
            if number == 1:
                again = tale.do(contact, AnswerContact, answered_at=tale.at(days, 12), outcome=outcome, late=3)
                tale.strike_out(contact, again, StreamKind.CONTACT)
            tale.do(contact, GuideOnwards, given_on=tale.day(days), guidance_kind="guidance", **_guiding("guidance"))
            tale.do(contact, CloseContact, closed_on=tale.day(days))
        yield tale


def _guiding(kind: str, *, sound: bool = True) -> dict[str, Any]:
    told = {"manner": "guided", **GUIDED[kind]}
    return told if sound or kind not in FORGOTTEN else {**told, FORGOTTEN[kind]: False}


def _guidance(register: str, seed: str) -> Iterator[Tale]:
    """Every way of guiding onwards, twice."""
    for number, kind in enumerate(GUIDED):
        for again in range(2):
            base = dt.date(2025, 2, 3) + dt.timedelta(days=28 * number + 112 * again)
            tale = Tale(register, f"F3/{kind}/{again}", base, "R2", seed=seed)
            contact, source = tale.id("contact"), "police" if kind.startswith("treatment") else "family"
            tale.do(contact, ReceiveContact, received_at=tale.at(0), channel="in_person", source=source, service="F3")
            tale.do(contact, GuideOnwards, given_on=tale.day(1), guidance_kind=kind, **_guiding(kind, sound=not again))
            tale.do(contact, CloseContact, closed_on=tale.day(2), late=2 * again)
            yield tale


def _clinic(register: str, seed: str) -> Iterator[Tale]:
    """Clinic visits: both parents asked separately; one only; one who needs help."""
    for number in range(3):
        tale = Tale(
            register, f"F3/clinic/{number}", dt.date(2025, 4, 7) + dt.timedelta(days=63 * number), "R1", seed=seed
        )
        contact, child = tale.id("contact"), tale.client(1, "Rovaniemi")
        if number == 2:
            tale.do(child, OrderNonDisclosure, ordered_on=tale.day(0))
        visit = {"purpose": "clinic_visit", "source": "maternity_clinic", "consent": "given", "channel": "in_person"}
        tale.do(contact, ReceiveContact, received_at=tale.at(0), client_id=child, service="F3", **visit)
        for parent in range(2 if number != 1 else 1):
            needs = {"help_needed": True} if number == 2 and parent == 0 else {}
            tale.do(
                contact,
                ScreenParent,
                screened_on=tale.day(1 + 9 * parent),
                parents_in_family=2,
                separately=True,
                **needs,
            )
        if number == 2:
            told = {"guidance_kind": "guidance", "manner": "accompanied", "target": "violence_services"}
            tale.do(contact, GuideOnwards, given_on=tale.day(11), **told)
        yield tale


def _conference(tale: Tale, kind: str, *, sound: bool) -> None:
    """A conference of the kind with its action; the second one with what is forgotten."""
    conference, day, anonymous = tale.id("conference"), tale.day, kind == "child_welfare_expert_group"
    who: dict[str, Any] = (
        {} if anonymous else {**IDENTIFIED, "client_ids": (tale.client(4 if kind == "motti" else 11, "Rovaniemi"),)}
    )
    if kind == "anchor":
        who["worry_known_on"] = day(-2)
    by = {"convened_by": "family_social_work", "conference_kind": kind}
    tale.do(conference, ConveneConference, convened_on=day(0), **by, **{**who, **CONVENED[kind]})
    held = dict(HELD.get(kind, {}))
    if not sound and kind in ("motti", "anchor"):
        held["guardians_present"] = False
    present = CONVENED[kind]["organisations"]
    tale.do(conference, RecordConference, held_on=day(7), organisations=present, **held)
    _of_the_kind(tale, conference, kind, sound=sound)
    action = {"action_kind": "give_support", "owner": "family_social_work", "due_on": day(21)}
    tale.do(conference, AgreeConferenceAction, agreed_on=day(7), **action)
    if sound:
        tale.do(conference, BeginConferenceAction, action=1, begun_on=day(14))
        tale.do(conference, CloseConference, closed_on=day(30), outcome="actions_begun")


def _of_the_kind(tale: Tale, conference: Any, kind: str, *, sound: bool) -> None:
    """What only a conference of that kind does."""
    asked, answered = {"asked_on": tale.day(1), "asked_by": "school"}, tale.day(8)
    if kind == "marak":
        tale.do(conference, AssessViolenceRisk, assessed_on=tale.day(7), risk="high" if sound else "raised")
        if sound:
            tale.do(conference, MakeConferencePlan, made_on=tale.day(7), action_kinds=("safety_measure",))
    if kind == "consultation":
        tale.do(conference, AskConsultation, asked_of="child_welfare", **asked)
        if sound:
            tale.do(conference, GiveConsultation, consultation=1, given_on=answered)
    if kind == "work_pair":
        tale.do(conference, AskWorkPair, asked_of="family_social_work", **asked)
        if sound:
            tale.do(conference, AgreeWorkPair, pair=1, agreed_on=answered)
