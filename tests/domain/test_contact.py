"""Contacts: somebody asks for help, and is answered."""

from __future__ import annotations

import datetime as dt

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.commands import AnyCommand
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.facts import (
    ContactAnswered,
    ContactChannel,
    ContactClosed,
    ContactReceived,
    ContactSource,
    FamilyConsent,
)
from domain.correction import MistakeKind
from domain.ledger.identity import new_id
from domain.refusal import AlreadyThere, EndedBeforeItBegan, OutOfOrder, UnknownClient, UnknownContact
from tests.domain.desk import NOW, REFERRED_ON, TOMORROW, WORKER, Desk, at, the
from tests.domain.marks import covers, refuses

ANSWERED_ON = REFERRED_ON + dt.timedelta(days=1)


def contact(**fields: object) -> ReceiveContact:
    told = {"received_at": at(REFERRED_ON), "channel": ContactChannel.PHONE, "source": ContactSource.FAMILY}
    return ReceiveContact.model_validate(told | fields)


def answer(answered_at: dt.datetime | None = None, worker_id: str = WORKER) -> AnswerContact:
    return AnswerContact(answered_at=answered_at or at(ANSWERED_ON), worker_id=worker_id, outcome="guided")


@covers(ReceiveContact)
def test_a_family_that_asks_for_itself_consents(desk: Desk) -> None:
    fact = the(desk.do(new_id(), contact()).facts(), ContactReceived)
    assert fact.consent is FamilyConsent.GIVEN


def test_of_a_professional_who_does_not_say_it_is_recorded_that_nobody_asked_the_family(desk: Desk) -> None:
    fact = the(desk.do(new_id(), contact(source=ContactSource.MATERNITY_CLINIC)).facts(), ContactReceived)
    assert fact.consent is FamilyConsent.NOT_ASKED


def test_a_contact_takes_its_area_from_the_client(desk: Desk) -> None:
    fact = the(desk.do(new_id(), contact(client_id=desk.client(area="Kotka"))).facts(), ContactReceived)
    assert fact.area == "Kotka"


def test_a_contact_without_consent_is_recorded(desk: Desk) -> None:
    refused = contact(source=ContactSource.SCHOOL, consent=FamilyConsent.REFUSED)
    assert desk.do(new_id(), refused).entries


def test_answering_a_family_without_its_consent_is_recorded_with_its_deviation(desk: Desk) -> None:
    contact_id = new_id()
    desk.do(contact_id, contact(source=ContactSource.SCHOOL, consent=FamilyConsent.REFUSED, service="K1"))
    answered = desk.do(contact_id, answer())
    deviation = answered.deviations[0]
    assert (deviation.rule_id, deviation.strength) == ("no-contact-without-consent", "must")
    assert deviation.entry == answered.entries[0].version


def test_a_contact_that_asks_for_a_service_is_pinned_to_the_version_in_force_that_day(desk: Desk) -> None:
    fact = the(desk.do(new_id(), contact(service="K1")).facts(), ContactReceived)
    assert (fact.service, fact.model_version) == ("K1", 1)
    early = contact(service="K1", received_at=at(dt.date(2022, 1, 31)))
    assert desk.refused(new_id(), early).code == "service_not_in_force"


@refuses(ReceiveContact)
def test_a_contact_begins_once(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.contact(), contact()), AlreadyThere)


def test_a_contact_does_not_name_an_unknown_client(desk: Desk) -> None:
    assert isinstance(desk.refused(new_id(), contact(client_id=new_id())), UnknownClient)


def test_a_contact_does_not_come_in_the_future(desk: Desk) -> None:
    refusal = desk.refused(new_id(), contact(received_at=NOW + dt.timedelta(seconds=1)))
    assert (refusal.code, refusal.details["field"]) == ("in_the_future", "received_at")


@covers(AnswerContact)
def test_a_contact_is_answered_by_a_worker(desk: Desk) -> None:
    contact_id = desk.contact()
    assert the(desk.do(contact_id, answer()).facts(), ContactAnswered).worker_id == WORKER
    state = desk.contact_state(contact_id)
    assert state.answered is not None
    assert state.answered.answered_at == at(ANSWERED_ON)


def test_an_answer_given_before_the_closing_is_recorded_also_after_it(desk: Desk) -> None:
    contact_id = desk.contact()
    desk.do(contact_id, CloseContact(closed_on=ANSWERED_ON))
    assert desk.do(contact_id, answer()).entries


def test_a_contact_is_not_answered_after_its_closing(desk: Desk) -> None:
    contact_id = desk.contact()
    desk.do(contact_id, CloseContact(closed_on=REFERRED_ON))
    assert isinstance(desk.refused(contact_id, answer()), OutOfOrder)


def test_a_contact_is_not_answered_before_it_came(desk: Desk) -> None:
    refusal = desk.refused(desk.contact(), answer(at(REFERRED_ON, 9)))
    assert isinstance(refusal, EndedBeforeItBegan)
    assert refusal.details["field"] == "answered_at"


def test_a_contact_is_not_answered_by_somebody_outside_the_register(desk: Desk) -> None:
    refusal = desk.refused(desk.contact(), answer(worker_id="O9"))
    assert (refusal.code, refusal.details["field"]) == ("worker_not_of_register", "worker_id")


@covers(CloseContact)
def test_a_contact_is_closed_with_or_without_an_answer(desk: Desk) -> None:
    outcome = desk.do(desk.contact(), CloseContact(closed_on=ANSWERED_ON, reason="moved away"))
    assert the(outcome.facts(), ContactClosed).closed_on == ANSWERED_ON


def test_a_contact_is_closed_once(desk: Desk) -> None:
    contact_id = desk.contact()
    desk.do(contact_id, CloseContact(closed_on=ANSWERED_ON))
    assert isinstance(desk.refused(contact_id, CloseContact(closed_on=ANSWERED_ON)), OutOfOrder)


def test_a_contact_is_not_closed_before_it_came(desk: Desk) -> None:
    refusal = desk.refused(desk.contact(), CloseContact(closed_on=REFERRED_ON - dt.timedelta(days=1)))
    assert isinstance(refusal, EndedBeforeItBegan)
    assert refusal.details["field"] == "closed_on"


@refuses(AnswerContact, CloseContact)
def test_a_contact_that_nobody_made_is_neither_answered_nor_closed(desk: Desk) -> None:
    commands: list[AnyCommand] = [answer(), CloseContact(closed_on=ANSWERED_ON)]
    for command in commands:
        assert isinstance(desk.refused(new_id(), command), UnknownContact)


def test_a_contact_that_was_struck_out_is_neither_answered_nor_closed(desk: Desk) -> None:
    contact_id = desk.contact()
    desk.do(contact_id, StrikeOutEntry(entry=1, mistake=MistakeKind.WRONG_CLIENT, reason="another family"))
    commands: list[AnyCommand] = [answer(), CloseContact(closed_on=ANSWERED_ON)]
    for command in commands:
        assert isinstance(desk.refused(contact_id, command), OutOfOrder)


def test_a_contact_is_neither_answered_nor_closed_in_the_future(desk: Desk) -> None:
    contact_id = desk.contact()
    assert desk.refused(contact_id, answer(at(TOMORROW))).code == "in_the_future"
    assert desk.refused(contact_id, CloseContact(closed_on=TOMORROW)).code == "in_the_future"
