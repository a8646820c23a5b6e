"""Clients: who can be registered, and what is told of them afterwards."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.register_client import RegisterClient
from domain.client.commands.tellings import (
    EndNonDisclosure,
    ExpectBirth,
    GiveConsent,
    JoinFamily,
    OrderNonDisclosure,
    RecordBirth,
    TellAddress,
    WithdrawConsent,
)
from domain.client.facts import BirthExpected, ClientRegistered, ConsentScope, NonDisclosureOrdered
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.fact import JsonObject
from domain.ledger.identity import new_id
from domain.refusal import AlreadyThere, EndedBeforeItBegan, InTheFuture, UnknownClient
from domain.reminders import REGISTER_THE_CHILD, TELL_THE_EPISODES
from tests.domain.desk import TODAY, TOMORROW, Desk, the
from tests.domain.marks import covers, refuses
from tests.domain.people import identity_code

BORN_ON = dt.date(2018, 2, 28)
CONSENTED_ON = dt.date(2022, 5, 2)


@covers(RegisterClient)
def test_a_client_is_registered_by_an_identity_code_which_tells_the_date_of_birth(desk: Desk) -> None:
    client_id = new_id()
    outcome = desk.do(client_id, RegisterClient(identity_code=identity_code(BORN_ON), area="Kotka"))
    assert the(outcome.facts(), ClientRegistered).born_on == BORN_ON
    state = desk.client_state(client_id)
    assert (state.born_on, state.area) == (BORN_ON, "Kotka")


@pytest.mark.parametrize(
    ("born_on", "separator"), [(dt.date(1985, 7, 1), "-"), (dt.date(1985, 7, 1), "Y"), (BORN_ON, "A"), (BORN_ON, "F")]
)
def test_the_separator_of_the_code_tells_the_century_also_with_the_new_signs(
    desk: Desk, born_on: dt.date, separator: str
) -> None:
    code = identity_code(born_on)
    client_id = new_id()
    desk.do(client_id, RegisterClient(identity_code=code[:6] + separator + code[7:]))
    assert desk.client_state(client_id).born_on == born_on


def test_a_client_without_a_code_yet_is_registered_by_the_date_of_birth(desk: Desk) -> None:
    assert desk.do(new_id(), RegisterClient(born_on=BORN_ON)).entries


def test_an_expecting_mother_under_non_disclosure_is_registered_by_three_facts(desk: Desk) -> None:
    client_id = new_id()
    mother = RegisterClient(
        born_on=dt.date(1995, 1, 1), expecting_birth_on=TODAY + dt.timedelta(days=90), non_disclosure=True
    )
    outcome = desk.do(client_id, mother)
    assert [type(fact) for fact in outcome.facts()] == [ClientRegistered, BirthExpected, NonDisclosureOrdered]
    state = desk.client_state(client_id)
    assert state.expecting_on(TODAY)
    assert state.non_disclosure


@refuses(RegisterClient)
def test_a_client_is_registered_once(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.client(), RegisterClient(born_on=BORN_ON)), AlreadyThere)


def test_nobody_is_registered_without_any_identity(desk: Desk) -> None:
    refusal = desk.refused(new_id(), RegisterClient(area="Kotka"))
    assert (refusal.code, refusal.details["field"]) == ("missing_identity", "identity_code")


@pytest.mark.parametrize("fault", ["wrong check character", "no such day", "no code at all", "too short"])
def test_an_identity_code_that_does_not_check_is_refused(desk: Desk, fault: str) -> None:
    good = identity_code(BORN_ON)
    code = {
        "wrong check character": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "no such day": "310299" + good[6:],
        "no code at all": "code",
        "too short": good[:-1],
    }[fault]
    refusal = desk.refused(new_id(), RegisterClient(identity_code=code))
    assert (refusal.code, refusal.details["field"]) == ("bad_identity_code", "identity_code")


def test_a_date_of_birth_that_disagrees_with_the_identity_code_is_refused(desk: Desk) -> None:
    disagreeing = RegisterClient(identity_code=identity_code(BORN_ON), born_on=BORN_ON + dt.timedelta(days=1))
    refusal = desk.refused(new_id(), disagreeing)
    assert (refusal.code, refusal.details["field"]) == ("bad_identity_code", "born_on")


def test_an_unborn_child_is_nobodys_client(desk: Desk) -> None:
    refusal = desk.refused(new_id(), RegisterClient(born_on=TOMORROW))
    assert isinstance(refusal, InTheFuture)
    assert refusal.details["field"] == "born_on"


def test_whoever_tells_a_birth_is_reminded_of_the_mothers_episodes_and_of_a_child_who_is_no_client(desk: Desk) -> None:
    mother, born_on = desk.client(age=24), TODAY - dt.timedelta(days=3)
    outcome = desk.do(mother, RecordBirth(born_on=born_on))
    assert outcome.warnings == (REGISTER_THE_CHILD, TELL_THE_EPISODES)
    changes: JsonObject = {"child_client_id": str(desk.client(born_on=born_on))}
    version, mistake = outcome.entries[0].version, MistakeKind.FACTUAL_ERROR
    told = CorrectEntry(entry=version, mistake=mistake, changes=changes, reason="It is registered.")
    assert desk.do(mother, told).warnings == (TELL_THE_EPISODES,)


@covers(ExpectBirth, RecordBirth)
def test_a_mother_is_expecting_until_the_birth(desk: Desk) -> None:
    mother, born_on = desk.client(age=27), dt.date(2024, 4, 2)
    desk.do(mother, ExpectBirth(learnt_on=dt.date(2023, 12, 1), expected_on=dt.date(2024, 4, 1)))
    assert desk.client_state(mother).expecting_on(born_on)
    desk.do(mother, RecordBirth(born_on=born_on, child_client_id=new_id()))
    state = desk.client_state(mother)
    assert state.expecting_on(born_on - dt.timedelta(days=1))
    assert not state.expecting_on(born_on)


@covers(JoinFamily)
def test_a_client_joins_a_family(desk: Desk) -> None:
    client_id, family_id = desk.client(), new_id()
    desk.do(client_id, JoinFamily(family_id=family_id, joined_on=TODAY))
    assert desk.client_state(client_id).family_id == family_id


@covers(GiveConsent, WithdrawConsent)
def test_a_consent_stands_until_it_is_withdrawn(desk: Desk) -> None:
    client_id, consent_id = desk.client(), new_id()
    desk.do(client_id, GiveConsent(consent_id=consent_id, scope=ConsentScope.FOLLOW_UP, given_on=CONSENTED_ON))
    assert desk.client_state(client_id).consents_to(ConsentScope.FOLLOW_UP)
    assert not desk.client_state(client_id).consents_to(ConsentScope.SHARING)
    desk.do(client_id, WithdrawConsent(consent_id=consent_id, withdrawn_on=TODAY))
    assert not desk.client_state(client_id).consents_to(ConsentScope.FOLLOW_UP)


def test_a_consent_that_does_not_stand_is_not_withdrawn(desk: Desk) -> None:
    refusal = desk.refused(desk.client(), WithdrawConsent(consent_id=new_id(), withdrawn_on=TODAY))
    assert (refusal.code, refusal.details["field"]) == ("out_of_order", "consent_id")


def test_a_consent_is_not_withdrawn_before_it_was_given(desk: Desk) -> None:
    client_id, consent_id = desk.client(), new_id()
    desk.do(client_id, GiveConsent(consent_id=consent_id, scope=ConsentScope.FOLLOW_UP, given_on=CONSENTED_ON))
    early = WithdrawConsent(consent_id=consent_id, withdrawn_on=CONSENTED_ON - dt.timedelta(days=1))
    refusal = desk.refused(client_id, early)
    assert isinstance(refusal, EndedBeforeItBegan)
    assert refusal.details["field"] == "withdrawn_on"


@covers(OrderNonDisclosure, EndNonDisclosure)
def test_non_disclosure_stands_from_its_order_to_its_end(desk: Desk) -> None:
    client_id = desk.client()
    desk.do(client_id, OrderNonDisclosure(ordered_on=CONSENTED_ON))
    assert desk.client_state(client_id).non_disclosure
    desk.do(client_id, EndNonDisclosure(ended_on=TODAY))
    assert not desk.client_state(client_id).non_disclosure


@covers(TellAddress)
def test_the_address_told_last_stands(desk: Desk) -> None:
    client_id = desk.client()
    for street in ("First street 1", "Second street 2"):
        desk.do(client_id, TellAddress(told_on=TODAY, street_address=street))
    address = desk.client_state(client_id).address
    assert address is not None
    assert address.street_address == "Second street 2"


def _tellings() -> list[AnyCommand]:
    return [
        ExpectBirth(learnt_on=TODAY, expected_on=TOMORROW),
        RecordBirth(born_on=TODAY),
        JoinFamily(family_id=new_id(), joined_on=TODAY),
        GiveConsent(consent_id=new_id(), scope=ConsentScope.SHARING, given_on=TODAY),
        WithdrawConsent(consent_id=new_id(), withdrawn_on=TODAY),
        OrderNonDisclosure(ordered_on=TODAY),
        EndNonDisclosure(ended_on=TODAY),
        TellAddress(told_on=TODAY, telephone="555-0100"),
    ]


TELLINGS = (
    ExpectBirth, RecordBirth, JoinFamily, GiveConsent, WithdrawConsent, OrderNonDisclosure, EndNonDisclosure,
    TellAddress,
)  # fmt: skip


@refuses(*TELLINGS)
def test_nothing_is_told_of_a_client_who_is_not_registered(desk: Desk) -> None:
    for telling in _tellings():
        assert isinstance(desk.refused(new_id(), telling), UnknownClient)


def test_nothing_is_told_of_a_client_whose_registration_was_struck_out(desk: Desk) -> None:
    client_id = desk.client()
    desk.do(client_id, StrikeOutEntry(entry=1, mistake=MistakeKind.ENTERED_TWICE, reason="twice"))
    for telling in _tellings():
        assert isinstance(desk.refused(client_id, telling), UnknownClient)


@pytest.mark.parametrize(
    ("telling", "field"),
    [
        (ExpectBirth(learnt_on=TOMORROW, expected_on=TOMORROW), "learnt_on"),
        (RecordBirth(born_on=TOMORROW), "born_on"),
        (JoinFamily(family_id=new_id(), joined_on=TOMORROW), "joined_on"),
        (GiveConsent(consent_id=new_id(), scope=ConsentScope.SHARING, given_on=TOMORROW), "given_on"),
        (OrderNonDisclosure(ordered_on=TOMORROW), "ordered_on"),
        (EndNonDisclosure(ended_on=TOMORROW), "ended_on"),
        (TellAddress(told_on=TOMORROW), "told_on"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_nothing_told_of_a_client_lies_in_the_future(desk: Desk, telling: AnyCommand, field: str) -> None:
    refusal = desk.refused(desk.client(), telling)
    assert (refusal.code, refusal.details["field"]) == ("in_the_future", field)
