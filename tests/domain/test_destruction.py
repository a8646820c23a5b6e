"""A destruction is asked for by one person and approved by another, on the register's own stream."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from domain.ledger.identity import new_id
from domain.refusal import (
    AlreadyThere,
    OutOfOrder,
    SecondPersonNeeded,
    UnknownClient,
    UnknownDestruction,
    UnknownRegister,
)
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.call_off_destruction import CallOffDestruction
from domain.register.commands.certify_destruction import CertifyDestruction
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.destruction import DestructionCertified, DestructionGround, DestructionRequested
from tests.domain.desk import NOW, OTHER_WORKER, WORKER, Desk, the
from tests.domain.marks import covers, refuses

REASON = "kept for long enough"


def asking(client_id: UUID, **fields: Any) -> RequestDestruction:
    told: dict[str, Any] = {"destruction_id": new_id(), "ground": DestructionGround.RETENTION, "reason": REASON}
    return RequestDestruction(client_id=client_id, **{**told, **fields})


def asked(desk: Desk, **fields: Any) -> UUID:
    """A destruction that WORKER asked for."""
    request = asking(desk.client(), **fields)
    desk.do(desk.register_id, request)
    return request.destruction_id


def approved(desk: Desk) -> UUID:
    """One that the other worker approved."""
    destruction_id = asked(desk)
    desk.do(desk.register_id, ApproveDestruction(destruction_id=destruction_id), actor=OTHER_WORKER)
    return destruction_id


def certifying(destruction_id: UUID) -> CertifyDestruction:
    moments: dict[str, Any] = dict.fromkeys(
        ("fenced_at", "overwritten_at", "cleaned_at"), NOW - dt.timedelta(minutes=1)
    )
    return CertifyDestruction(
        destruction_id=destruction_id, key_ids=(new_id(),), segments_count=2, searched_to=9, **moments
    )


@covers(RequestDestruction)
def test_a_destruction_is_asked_for_once_whoever_asks_again(desk: Desk) -> None:
    request = asking(desk.client(), task="child_welfare")
    fact = the(desk.do(desk.register_id, request).facts(), DestructionRequested)
    assert (fact.task, fact.ground, fact.reason) == ("child_welfare", DestructionGround.RETENTION, REASON)
    assert not desk.do(desk.register_id, request, actor=OTHER_WORKER).entries
    known = desk.book.register_state().destructions[request.destruction_id]
    assert (known.requested_by, known.approved_by, known.under_way) == (WORKER, None, True)


@refuses(RequestDestruction)
def test_a_destruction_is_of_a_client_of_this_register(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.register_id, asking(new_id())), UnknownClient)


def test_the_id_of_a_destruction_is_not_used_for_another(desk: Desk) -> None:
    destruction_id = asked(desk)
    other = asking(desk.client(), destruction_id=destruction_id)
    assert isinstance(desk.refused(desk.register_id, other), AlreadyThere)


def test_the_same_content_is_not_asked_for_twice_at_a_time_and_other_content_may_be(desk: Desk) -> None:
    client_id = desk.client()
    first = asking(client_id, task="child_welfare")
    desk.do(desk.register_id, first)
    for task in (None, "child_welfare"):
        refusal = desk.refused(desk.register_id, asking(client_id, task=task))
        assert isinstance(refusal, OutOfOrder)
        assert refusal.details["destruction_id"] == str(first.destruction_id)
    assert desk.do(desk.register_id, asking(client_id, task="adult_services")).entries
    assert desk.do(desk.register_id, asking(desk.client())).entries


@covers(ApproveDestruction)
@refuses(ApproveDestruction)
def test_whoever_asks_cannot_approve_and_another_can(desk: Desk) -> None:
    destruction_id = asked(desk)
    approval = ApproveDestruction(destruction_id=destruction_id)
    refusal = desk.refused(desk.register_id, approval, actor=WORKER)
    assert isinstance(refusal, SecondPersonNeeded)
    assert WORKER in refusal.message
    desk.do(desk.register_id, approval, actor=OTHER_WORKER)
    assert desk.book.register_state().destructions[destruction_id].approved_by == OTHER_WORKER
    assert not desk.do(desk.register_id, approval, actor="O3").entries
    assert desk.book.register_state().destructions[destruction_id].approved_by == OTHER_WORKER


@covers(CallOffDestruction)
@refuses(CallOffDestruction)
def test_a_destruction_is_called_off_until_it_is_approved(desk: Desk) -> None:
    destruction_id = asked(desk)
    calling_off = CallOffDestruction(destruction_id=destruction_id)
    desk.do(desk.register_id, calling_off)
    assert not desk.do(desk.register_id, calling_off).entries
    approval = ApproveDestruction(destruction_id=destruction_id)
    assert isinstance(desk.refused(desk.register_id, approval, actor=OTHER_WORKER), OutOfOrder)
    late = CallOffDestruction(destruction_id=approved(desk))
    assert isinstance(desk.refused(desk.register_id, late), OutOfOrder)


def test_what_was_called_off_can_be_asked_for_again(desk: Desk) -> None:
    request = asking(desk.client())
    desk.do(desk.register_id, request)
    desk.do(desk.register_id, CallOffDestruction(destruction_id=request.destruction_id))
    assert desk.do(desk.register_id, asking(request.client_id)).entries


def test_nothing_is_approved_called_off_or_certified_that_nobody_asked_for(desk: Desk) -> None:
    for command in (
        ApproveDestruction(destruction_id=new_id()),
        CallOffDestruction(destruction_id=new_id()),
        certifying(new_id()),
    ):
        assert isinstance(desk.refused(desk.register_id, command), UnknownDestruction)


def test_a_register_that_was_not_opened_destroys_nothing(empty_desk: Desk) -> None:
    for command in (ApproveDestruction(destruction_id=new_id()), CallOffDestruction(destruction_id=new_id())):
        assert isinstance(empty_desk.refused(empty_desk.register_id, command), UnknownRegister)


def test_only_what_was_approved_is_certified_and_the_certificate_names_both_persons(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.register_id, certifying(asked(desk))), OutOfOrder)
    certifying_it = certifying(approved(desk))
    fact = the(desk.do(desk.register_id, certifying_it, actor="O3").facts(), DestructionCertified)
    assert (fact.requested_by, fact.approved_by, fact.segments_count) == (WORKER, OTHER_WORKER, 2)
    assert not desk.do(desk.register_id, certifying_it).entries
    approval = ApproveDestruction(destruction_id=certifying_it.destruction_id)
    assert "certified" in desk.refused(desk.register_id, approval, actor=OTHER_WORKER).message


def test_a_correction_or_strike_out_changes_neither_whom_it_is_about_nor_who_asked(desk: Desk) -> None:
    destruction_id = asked(desk)
    before = desk.book.register_state().destructions[destruction_id]
    entry = desk.number(desk.register_id, DestructionRequested)
    amended: dict[str, Any] = {"entry": entry, "mistake": MistakeKind.TYPING_ERROR, "reason": "r"}
    other = str(desk.client())
    desk.do(desk.register_id, CorrectEntry(changes={"client_id": other}, **amended), actor=OTHER_WORKER)
    desk.do(desk.register_id, StrikeOutEntry(**amended), actor=OTHER_WORKER)
    assert desk.book.register_state().destructions[destruction_id] == before
