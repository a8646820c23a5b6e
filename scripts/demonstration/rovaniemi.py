"""Rovaniemi's family centre (S1): asking for help, chat and guidance onwards (F1a, F1b, F3).

The case conferences (F2) are told by `conferences`, the open meeting places and the steering (F4, F5) by
`family_centre`. Never here: what the rules say.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from domain.client.commands.tellings import OrderNonDisclosure
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.fact import StreamKind
from domain.register.facts import WorkerRole
from scripts.demonstration import conferences, family_centre
from scripts.demonstration.course import Place
from scripts.demonstration.telling import Tale, Teller

SERVICES = ("F1a", "F1b", "F2", "F3", "F4", "F5")
CENTRE = Place("Rovaniemi", "rovaniemi-perhekeskus", "Rovaniemen perhekeskus", (0, 0), 0.1)
PLACES = (CENTRE,)
WORKERS: dict[str, tuple[WorkerRole, Place]] = {
    "R1": (WorkerRole.KEY_WORKER, CENTRE),
    "R2": (WorkerRole.FAMILY_INSTRUCTOR, CENTRE),
    "R3": (WorkerRole.FAMILY_INSTRUCTOR, CENTRE),
}
ASKED_EVERY_DAYS = {"F1a": 15, "F1b": 24}

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
ANSWERED_AFTER = (0, 1, 1, 1, 2, 6)
"""After how many days a contact is answered: drawn from these."""


def tales(teller: Teller) -> Iterator[Tale]:
    """Every story of the register."""
    yield from chain(_contacts(teller), _guidance(teller), _clinic(teller))
    yield from conferences.tales(teller)
    yield from family_centre.tales(teller)


def _contacts(teller: Teller) -> Iterator[Tale]:
    """Asking for help and chat: most are answered in time, some late, the last never; some corrected, struck out."""
    for service, every_days in ASKED_EVERY_DAYS.items():
        for number, days_ago in enumerate(range(345, 3, -every_days)):
            tale = teller.tale(f"{service}/{number}", days_ago, ("R2", "R3")[number % 2])
            _contact(tale, service, number)
            yield tale


def _contact(tale: Tale, service: str, number: int) -> None:
    contact, chat, draw = tale.id("contact"), service == "F1b", tale.draw
    fields: dict[str, Any] = {"anonymous": True} if chat else {"purpose": "asking_for_help"}
    if not chat and number % 3 == 0:
        fields["client_id"] = tale.client(draw.randint(1, 15), "Rovaniemi")
    source = (
        "family" if chat else draw.choice(("family", "school", "early_education", "maternity_clinic", "other_person"))
    )
    matter = draw.choice(("own", "own", "near_one"))
    came = {"received_at": tale.at(0, draw.randint(9, 15)), "source": source, "matter": matter}
    channel = "chat" if chat and number != 5 else draw.choice(("phone", "form", "electronic"))
    told = tale.do(contact, ReceiveContact, service=service, channel=channel, **came, **fields)
    if number == 2:
        tale.correct(contact, told, StreamKind.CONTACT, matter="near_one" if matter == "own" else "own")
    if number % 9 == 7:
        return
    days, outcome = draw.choice(ANSWERED_AFTER), draw.choice(("guided", "accompanied"))
    tale.do(contact, AnswerContact, answered_at=tale.at(days, 16), outcome=outcome, late=draw.choice((0, 0, 0, 3)))
    if number == 1:
        again = tale.do(contact, AnswerContact, answered_at=tale.at(days, 16, 30), outcome=outcome, late=3)
        tale.strike_out(contact, again, StreamKind.CONTACT)
    target = draw.choice(("parish", "family_counselling", "association", "family_social_work"))
    guided = {"guidance_kind": "guidance", "manner": outcome, "target": target}
    tale.do(contact, GuideOnwards, given_on=tale.day(days + 1), **guided)
    tale.do(contact, CloseContact, closed_on=tale.day(days + 4))


def _guiding(kind: str, *, sound: bool = True) -> dict[str, Any]:
    told = {"manner": "guided", **GUIDED[kind]}
    return told if sound or kind not in FORGOTTEN else {**told, FORGOTTEN[kind]: False}


def _guidance(teller: Teller) -> Iterator[Tale]:
    """Every way of guiding onwards, three times."""
    for number, kind in enumerate(GUIDED):
        for again in range(3):
            tale = teller.tale(f"F3/{kind}/{again}", 335 - 19 * number - 103 * again, "R2")
            contact, source = tale.id("contact"), "police" if kind.startswith("treatment") else "family"
            tale.do(contact, ReceiveContact, received_at=tale.at(0), channel="in_person", source=source, service="F3")
            told = _guiding(kind, sound=again != 1)
            tale.do(contact, GuideOnwards, given_on=tale.day(tale.draw.randint(1, 8)), guidance_kind=kind, **told)
            tale.do(contact, CloseContact, closed_on=tale.day(10), late=2 * again)
            yield tale


def _clinic(teller: Teller) -> Iterator[Tale]:
    """Clinic visits: both parents asked separately; one only; one who needs help."""
    for number in range(6):
        tale = teller.tale(f"F3/clinic/{number}", 320 - 55 * number, "R1")
        contact, child = tale.id("contact"), tale.client(1, "Rovaniemi")
        if number == 2:
            tale.do(child, OrderNonDisclosure, ordered_on=tale.day(0))
        visit = {"purpose": "clinic_visit", "source": "maternity_clinic", "consent": "given", "channel": "in_person"}
        tale.do(contact, ReceiveContact, received_at=tale.at(0), client_id=child, service="F3", **visit)
        for parent in range(2 if number % 3 != 1 else 1):
            needs = {"help_needed": True} if number == 2 and parent == 0 else {}
            asked = {"parents_in_family": 2, "separately": True, **needs}
            tale.do(contact, ScreenParent, screened_on=tale.day(1 + 9 * parent), **asked)
        if number == 2:
            told = {"guidance_kind": "guidance", "manner": "accompanied", "target": "violence_services"}
            tale.do(contact, GuideOnwards, given_on=tale.day(11), **told)
        yield tale
