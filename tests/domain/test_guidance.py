"""Where a contact leads: guidance onwards, and screening for violence at the clinic."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.commands import AnyCommand
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.contact.facts import OnwardGuidanceGiven, ParentScreened, ScreenedParent
from domain.correction import MistakeKind
from domain.ledger.identity import new_id
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownContact
from tests.domain.desk import TOMORROW, WORKER, Desk, at, the
from tests.domain.marks import covers, refuses

CAME_ON = dt.date(2024, 3, 11)
LATER = CAME_ON + dt.timedelta(days=1)
EARLIER = CAME_ON - dt.timedelta(days=1)


def guiding(given_on: dt.date = LATER, **fields: Any) -> GuideOnwards:
    told = {"given_on": given_on, "worker_id": WORKER, "guidance_kind": "guidance", "manner": "guided"}
    return GuideOnwards.model_validate(told | {"target": "parish"} | fields)


def screening(screened_on: dt.date = LATER) -> ScreenParent:
    return ScreenParent(screened_on=screened_on, worker_id=WORKER, parents_in_family=2, separately=True)


def came(desk: Desk, day: dt.date = CAME_ON, hour: int = 10, **fields: Any) -> UUID:
    contact_id = new_id()
    told = {"received_at": at(day, hour), "channel": "electronic", "source": "family", "service": "F1a"}
    desk.do(contact_id, ReceiveContact.model_validate(told | fields))
    return contact_id


@covers(GuideOnwards)
def test_the_age_of_whom_is_guided_is_that_of_the_client_where_there_is_one(desk: Desk) -> None:
    contact_id = came(desk, client_id=desk.client(age=15, on=LATER))
    assert the(desk.do(contact_id, guiding(age_years=40)).facts(), OnwardGuidanceGiven).age_years == 15
    assert the(desk.do(came(desk), guiding(age_years=28)).facts(), OnwardGuidanceGiven).age_years == 28


@covers(ScreenParent)
def test_the_second_parent_that_is_asked_is_another_one(desk: Desk) -> None:
    contact_id = came(desk)
    asked = [the(desk.do(contact_id, screening()).facts(), ParentScreened).parent for _ in range(2)]
    assert asked == [ScreenedParent.FIRST_PARENT, ScreenedParent.SECOND_PARENT]


def test_whether_help_was_found_to_be_needed_is_sealed(desk: Desk) -> None:
    asked = screening().model_copy(update={"help_needed": True})
    outcome = desk.do(desk.contact(), asked)
    plain, hidden = the(outcome.facts(), ParentScreened).split()
    assert ("help_needed" in plain, hidden) == (False, {"help_needed": True})


@refuses(GuideOnwards, ScreenParent)
def test_neither_is_recorded_of_a_contact_that_nobody_made(desk: Desk) -> None:
    commands: list[AnyCommand] = [guiding(), screening()]
    for command in commands:
        assert isinstance(desk.refused(new_id(), command), UnknownContact)


def test_neither_is_recorded_before_the_contact_after_its_close_or_in_the_future(desk: Desk) -> None:
    contact_id = came(desk)
    for early in (guiding(EARLIER), screening(EARLIER)):
        assert isinstance(desk.refused(contact_id, early), EndedBeforeItBegan)
    for late in (guiding(TOMORROW), screening(TOMORROW)):
        assert desk.refused(contact_id, late).code == "in_the_future"
    desk.do(contact_id, CloseContact(closed_on=CAME_ON))
    for after in (guiding(), screening()):
        assert isinstance(desk.refused(contact_id, after), OutOfOrder)


def test_no_correction_lets_a_contact_come_after_where_it_led(desk: Desk) -> None:
    for command in (guiding(), screening()):
        contact_id = came(desk)
        desk.do(contact_id, command)
        changes = {"received_at": at(LATER + dt.timedelta(days=1)).isoformat()}
        late = CorrectEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="day")
        assert isinstance(desk.refused(contact_id, late), EndedBeforeItBegan)


@pytest.mark.parametrize(
    ("came_on", "due_on"),
    [
        (dt.date(2024, 3, 11), dt.date(2024, 3, 13)),
        (dt.date(2024, 3, 8), dt.date(2024, 3, 12)),
        (dt.date(2023, 6, 21), dt.date(2023, 6, 26)),
        (dt.date(2023, 12, 22), dt.date(2023, 12, 28)),
        (dt.date(2023, 12, 5), dt.date(2023, 12, 8)),
        (dt.date(2024, 2, 28), dt.date(2024, 3, 1)),
    ],
    ids=["in the week", "over a weekend", "Midsummer", "Christmas", "Independence Day", "leap day"],
)
def test_asking_for_help_is_answered_by_the_end_of_the_second_working_day(
    desk: Desk, came_on: dt.date, due_on: dt.date
) -> None:
    contact_id = came(desk, came_on, hour=23)
    (duty,) = desk.contact_state(contact_id).concluded.duties.values()
    assert (duty.rule_id, duty.due_on, duty.strength) == ("answered", due_on, "must")
    answered = desk.do(contact_id, AnswerContact(answered_at=at(due_on, 23), worker_id=WORKER, outcome="guided"))
    assert [met.met_on for met in answered.met_duties] == [due_on]


def test_the_chat_sets_no_limit(desk: Desk) -> None:
    assert desk.contact_state(came(desk, service="F1b", channel="chat", anonymous=True)).concluded.duties == {}
