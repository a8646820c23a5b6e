"""A restriction of a struck entry is asked for by one person and approved by another, on the register's own stream."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import EntryStruckOut, MistakeKind
from domain.episode.facts import EpisodeStarted, MeetingHeld
from domain.ledger.identity import new_id
from domain.refusal import (
    AlreadyThere,
    OutOfOrder,
    SecondPersonNeeded,
    UnknownEntry,
    UnknownRegister,
    UnknownRestriction,
)
from domain.register.commands.approve_restriction import ApproveRestriction
from domain.register.commands.call_off_restriction import CallOffRestriction
from domain.register.commands.certify_restriction import CertifyRestriction
from domain.register.commands.request_restriction import RequestRestriction
from domain.register.restriction import RestrictionCertified, RestrictionRequested
from tests.domain.desk import NOW, OTHER_WORKER, WORKER, Desk, meeting, the
from tests.domain.marks import covers, refuses

REASON = "belongs to another family"


def struck(desk: Desk, mistake: MistakeKind = MistakeKind.WRONG_CLIENT) -> tuple[UUID, int]:
    """An episode, and the number of a meeting in it that was struck out."""
    episode_id = desk.started("K2")
    desk.do(episode_id, meeting(1, note="told of another family"))
    version = desk.number(episode_id, MeetingHeld)
    desk.do(episode_id, StrikeOutEntry(entry=version, mistake=mistake, reason=REASON))
    return episode_id, version


def asking(stream_id: UUID, entry: int, **fields: Any) -> RequestRestriction:
    return RequestRestriction(stream_id=stream_id, entry=entry, reason=REASON, **{"restriction_id": new_id(), **fields})


def asked(desk: Desk) -> UUID:
    """A restriction that WORKER asked for."""
    request = asking(*struck(desk))
    desk.do(desk.register_id, request)
    return request.restriction_id


def approved(desk: Desk) -> UUID:
    """One that the other worker approved."""
    restriction_id = asked(desk)
    desk.do(desk.register_id, ApproveRestriction(restriction_id=restriction_id), actor=OTHER_WORKER)
    return restriction_id


def certifying(restriction_id: UUID, *versions: int) -> CertifyRestriction:
    names = ("retired_at", "parted_at", "overwritten_at", "cleaned_at")
    moments: dict[str, Any] = dict.fromkeys(names, NOW - dt.timedelta(minutes=1))
    counts: dict[str, Any] = {"restricted_count": 1, "kept_count": 2, "searched_to": 9}
    return CertifyRestriction(
        restriction_id=restriction_id, versions=versions or (5,), key_ids=(new_id(),), **counts, **moments
    )


@covers(RequestRestriction)
def test_a_restriction_is_asked_for_once_whoever_asks_again_and_names_whom_the_entry_was_about(desk: Desk) -> None:
    episode_id, version = struck(desk)
    request = asking(episode_id, version)
    fact = the(desk.do(desk.register_id, request).facts(), RestrictionRequested)
    assert (fact.stream_id, fact.entry, fact.reason) == (episode_id, version, REASON)
    assert fact.client_ids == desk.episode(episode_id).client_ids
    assert not desk.do(desk.register_id, request, actor=OTHER_WORKER).entries
    known = desk.book.register_state().restrictions[request.restriction_id]
    assert (known.requested_by, known.approved_by, known.under_way) == (WORKER, None, True)


@refuses(RequestRestriction)
def test_only_what_stands_struck_out_as_a_wrong_clients_is_restricted(desk: Desk) -> None:
    for mistake in set(MistakeKind) - {MistakeKind.WRONG_CLIENT}:
        assert isinstance(desk.refused(desk.register_id, asking(*struck(desk, mistake))), OutOfOrder)
    episode_id, version = struck(desk)
    assert "not been struck out" in desk.refused(desk.register_id, asking(episode_id, version - 1)).message
    strike = desk.number(episode_id, EntryStruckOut)
    desk.do(episode_id, StrikeOutEntry(entry=strike, mistake=MistakeKind.FACTUAL_ERROR, reason="it was theirs"))
    assert "not been struck out" in desk.refused(desk.register_id, asking(episode_id, version)).message


@pytest.mark.parametrize("entry", [0, -1, 900])
def test_an_entry_that_there_is_not_is_not_restricted(desk: Desk, entry: int) -> None:
    episode_id, _ = struck(desk)
    assert isinstance(desk.refused(desk.register_id, asking(episode_id, entry)), UnknownEntry)
    assert isinstance(desk.refused(desk.register_id, asking(new_id(), 1)), UnknownEntry)


def test_an_entry_that_tells_nothing_sealed_is_not_restricted(desk: Desk) -> None:
    episode_id = desk.started("K2")
    version = desk.number(episode_id, EpisodeStarted)
    desk.do(episode_id, StrikeOutEntry(entry=version, mistake=MistakeKind.WRONG_CLIENT, reason=REASON))
    assert "sealed" in desk.refused(desk.register_id, asking(episode_id, version)).message


def test_the_id_of_a_restriction_is_not_used_for_another(desk: Desk) -> None:
    restriction_id = asked(desk)
    other = asking(*struck(desk), restriction_id=restriction_id)
    assert isinstance(desk.refused(desk.register_id, other), AlreadyThere)


def test_the_same_entry_is_not_asked_for_twice_at_a_time_and_may_be_anew_also_when_more_was_told_of_it(
    desk: Desk,
) -> None:
    episode_id, version = struck(desk)
    first = asking(episode_id, version)
    desk.do(desk.register_id, first)
    refusal = desk.refused(desk.register_id, asking(episode_id, version))
    assert refusal.details["restriction_id"] == str(first.restriction_id)
    desk.do(desk.register_id, ApproveRestriction(restriction_id=first.restriction_id), actor=OTHER_WORKER)
    desk.do(desk.register_id, certifying(first.restriction_id, version))
    anew = asking(episode_id, version)  # an older keyring was put back
    assert desk.do(desk.register_id, anew).entries
    desk.do(desk.register_id, CallOffRestriction(restriction_id=anew.restriction_id))
    told: dict[str, Any] = {"mistake": MistakeKind.WRONG_CLIENT, "reason": REASON}
    desk.do(episode_id, StrikeOutEntry(entry=desk.number(episode_id, EntryStruckOut), **told))
    desk.do(episode_id, CorrectEntry(entry=version, changes={"note": "told anew"}, **told))
    desk.do(episode_id, StrikeOutEntry(entry=version, **told))
    assert desk.do(desk.register_id, asking(episode_id, version)).entries


@covers(ApproveRestriction)
@refuses(ApproveRestriction)
def test_whoever_asks_cannot_approve_and_another_can(desk: Desk) -> None:
    restriction_id = asked(desk)
    approval = ApproveRestriction(restriction_id=restriction_id)
    refusal = desk.refused(desk.register_id, approval, actor=WORKER)
    assert isinstance(refusal, SecondPersonNeeded)
    assert WORKER in refusal.message
    desk.do(desk.register_id, approval, actor=OTHER_WORKER)
    assert not desk.do(desk.register_id, approval, actor="O3").entries
    assert desk.book.register_state().restrictions[restriction_id].approved_by == OTHER_WORKER


@covers(CallOffRestriction)
@refuses(CallOffRestriction)
def test_a_restriction_is_called_off_until_it_is_approved_and_can_then_be_asked_for_again(desk: Desk) -> None:
    request = asking(*struck(desk))
    desk.do(desk.register_id, request)
    calling_off = CallOffRestriction(restriction_id=request.restriction_id)
    desk.do(desk.register_id, calling_off)
    assert not desk.do(desk.register_id, calling_off).entries
    approval = ApproveRestriction(restriction_id=request.restriction_id)
    assert isinstance(desk.refused(desk.register_id, approval, actor=OTHER_WORKER), OutOfOrder)
    assert desk.do(desk.register_id, asking(request.stream_id, request.entry)).entries
    late = CallOffRestriction(restriction_id=approved(desk))
    assert isinstance(desk.refused(desk.register_id, late), OutOfOrder)


def test_nothing_is_approved_called_off_or_certified_that_nobody_asked_for(desk: Desk) -> None:
    for command in (
        ApproveRestriction(restriction_id=new_id()),
        CallOffRestriction(restriction_id=new_id()),
        certifying(new_id()),
    ):
        assert isinstance(desk.refused(desk.register_id, command), UnknownRestriction)


def test_a_register_that_was_not_opened_restricts_nothing(empty_desk: Desk) -> None:
    for command in (asking(new_id(), 1), ApproveRestriction(restriction_id=new_id())):
        assert isinstance(empty_desk.refused(empty_desk.register_id, command), UnknownRegister)


def test_only_what_was_approved_is_certified_and_the_certificate_names_both_persons(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.register_id, certifying(asked(desk))), OutOfOrder)
    certifying_it = certifying(approved(desk))
    fact = the(desk.do(desk.register_id, certifying_it, actor="O3").facts(), RestrictionCertified)
    assert (fact.requested_by, fact.approved_by, fact.restricted_count) == (WORKER, OTHER_WORKER, 1)
    assert not desk.do(desk.register_id, certifying_it).entries
    approval = ApproveRestriction(restriction_id=certifying_it.restriction_id)
    assert "certified" in desk.refused(desk.register_id, approval, actor=OTHER_WORKER).message


def test_a_correction_or_strike_out_changes_neither_what_it_is_about_nor_who_asked(desk: Desk) -> None:
    restriction_id = asked(desk)
    before = desk.book.register_state().restrictions[restriction_id]
    entry = desk.number(desk.register_id, RestrictionRequested)
    amended: dict[str, Any] = {"entry": entry, "mistake": MistakeKind.TYPING_ERROR, "reason": "r"}
    desk.do(desk.register_id, CorrectEntry(changes={"entry": 1}, **amended), actor=OTHER_WORKER)
    desk.do(desk.register_id, StrikeOutEntry(**amended), actor=OTHER_WORKER)
    assert desk.book.register_state().restrictions[restriction_id] == before
