"""Rovaniemi's family centre (S1): F1a, F1b and F3 on the contact stream, every rule kept and broken."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.commands import AnyCommand
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.ledger.identity import new_id
from tests.domain.desk import WORKER, Desk, at
from tests.driven.harness import Driven, Story

SERVICES = {"F1a", "F1b", "F3"}
CAME_ON = dt.date(2024, 3, 11)
NEXT_DAY = dt.date(2024, 3, 12)
USUAL: dict[str, dict[str, Any]] = {
    "wellbeing_referral": {"target": "association", "with_client": True},
    "hobby_prescription": {
        "target": "municipal_leisure", "grade": 9, "has_hobby": False, "given_by": "school", "school_in_model": True,
    },
    "family_guidance_point": {"target": "family_counselling", "themes": ("parenting",), "feedback_asked": True},
    "treatment_instead_of_punishment": {"target": "substance_services", "age_years": 28},
    "separation_first_aid": {"target": "family_law_services", "by_appointment": False, "parenting_plan_used": True},
}  # fmt: skip
"""How somebody is guided onwards in each way when nothing is wrong with it."""


def came(service: str, *commands: AnyCommand, **fields: Any) -> Story:
    """A contact for the service, and what followed."""

    def story(desk: Desk) -> UUID:
        contact_id = new_id()
        told = {"received_at": at(CAME_ON), "channel": "chat", "source": "family", "service": service, **fields}
        desk.do(contact_id, ReceiveContact.model_validate(told))
        for command in commands:
            desk.do(contact_id, command)
        return contact_id

    return story


def guiding(kind: str = "guidance", **fields: Any) -> GuideOnwards:
    """Somebody is guided onwards in that way."""
    told = {"given_on": NEXT_DAY, "worker_id": WORKER, "guidance_kind": kind, "manner": "guided", "target": "parish"}
    return GuideOnwards.model_validate(told | USUAL.get(kind, {}) | fields)


def screening(**fields: Any) -> ScreenParent:
    """A parent is asked, alone."""
    told = {"screened_on": NEXT_DAY, "worker_id": WORKER, "parents_in_family": 2, "separately": True}
    return ScreenParent.model_validate(told | fields)


def guided(rule_id: str, kind: str, *, source: str = "family", **broken: Any) -> Driven:
    """A rule of guiding onwards in that way, broken by these fields."""
    kept = came("F3", guiding(kind), source=source)
    return Driven("F3", rule_id, kept, came("F3", guiding(kind, **broken), source=source))


def with_a_client(service: str) -> Story:
    """An anonymous contact that names a client all the same."""
    return lambda desk: came(service, anonymous=True, client_id=desk.client())(desk)


ANSWER = AnswerContact(answered_at=at(NEXT_DAY), worker_id=WORKER, outcome="accompanied")
ADVICE = ANSWER.model_copy(update={"outcome": None})
CLOSING = CloseContact(closed_on=NEXT_DAY)
HSS = "treatment_instead_of_punishment"
VISIT = {"purpose": "clinic_visit", "source": "maternity_clinic", "consent": "given"}

F1A = [
    Driven("F1a", "answered", came("F1a", ANSWER), came("F1a")),
    Driven("F1a", "guided-or-accompanied", came("F1a", ADVICE, guiding(), CLOSING), came("F1a", ADVICE, CLOSING)),
    Driven("F1a", "anonymous-means-nobody", came("F1a", anonymous=True), with_a_client("F1a")),
    Driven("F1a", "waiting-time", came("F1a", ANSWER), came("F1a")),
    Driven("F1a", "whose-matter", *[came("F1a", matter="near_one")] * 2),
]
F1B = [
    Driven("F1b", "chat-channel", came("F1b"), came("F1b", channel="phone")),
    Driven("F1b", "anonymous-means-nobody", came("F1b", anonymous=True), with_a_client("F1b")),
    Driven("F1b", "waiting-time", came("F1b", ANSWER), came("F1b")),
    Driven("F1b", "F3.wellbeing-together", *(
        came("F1b", guiding("wellbeing_referral", with_client=together)) for together in (True, False)
    )),
]  # fmt: skip
F3 = [
    guided("wellbeing-together", "wellbeing_referral", with_client=False),
    guided("wellbeing-community", "wellbeing_referral", target="health_services"),
    guided("hobby-grade", "hobby_prescription", grade=10),
    guided("hobby-missing", "hobby_prescription", has_hobby=True),
    guided("hobby-writer", "hobby_prescription", given_by="police"),
    guided("hobby-school", "hobby_prescription", school_in_model=False),
    guided("family-guidance-theme", "family_guidance_point", themes=()),
    guided("family-guidance-feedback", "family_guidance_point", feedback_asked=False),
    Driven("F3", "treatment-from-police", came("F3", guiding(HSS), source="police"), came("F3", guiding(HSS))),
    guided("treatment-age", HSS, source="police", age_years=29),
    guided("treatment-service", HSS, source="police", target="health_services"),
    guided("separation-without-appointment", "separation_first_aid", by_appointment=True),
    guided("separation-parenting-plan", "separation_first_aid", parenting_plan_used=False),
    Driven("F3", "every-family-screened", came("F3", screening(), **VISIT), came("F3", **VISIT)),
    Driven(
        "F3",
        "both-parents-screened",
        came("F3", screening(), screening(screened_on=CAME_ON + dt.timedelta(days=9)), **VISIT),
        came("F3", screening(), **VISIT),
    ),
    Driven("F3", "screened-separately", came("F3", screening()), came("F3", screening(separately=False))),
    Driven(
        "F3",
        "violence-guided",
        came("F3", screening(help_needed=True), guiding(target="violence_services")),
        came("F3", screening(help_needed=True), guiding(target="early_education")),
    ),
    Driven("F3", "onward-ways", *[came("F3", guiding())] * 2),
]
CASES = [*F1A, *F1B, *F3]
