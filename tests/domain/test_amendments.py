"""Corrections and strike-outs: a mistake is never edited away, and what it had caused goes and comes with it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.facts import ClientRegistered
from domain.consequence import DeviationNoted
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.facts import ContactAnswered, ContactReceived
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import in_force
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    DecisionMade,
    EpisodeClosed,
    EpisodeStarted,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingMode,
    MeetingPlanned,
    PlanMade,
    ReferralReceived,
    ReportWritten,
)
from domain.episode.state import Phase
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.refusal import OutOfOrder, Unknown, UnknownClient, UnknownContact, UnknownEntry, UnknownEpisode
from domain.register.facts import ServiceModelPublished, WorkerEnrolled
from domain.registry import REGISTRY
from tests.domain.desk import (
    FIRST_MEETING_ON,
    OTHER_WORKER,
    REFERRED_ON,
    STARTED_ON,
    TOMORROW,
    WORKER,
    Desk,
    at,
    grant,
    meeting,
    the,
)
from tests.domain.marks import covers, refuses
from tests.domain.people import identity_code
from tests.domain.test_course import CLOSED_ON, closing
from tests.domain.test_meetings import cancelled, no_show, planned
from tests.domain.test_registry import sample_of

REASON = "it was written down wrongly"


def correct(entry: int, mistake: MistakeKind = MistakeKind.TYPING_ERROR, **changes: object) -> CorrectEntry:
    return CorrectEntry(entry=entry, mistake=mistake, changes=changes, reason=REASON)


def strike(entry: int, mistake: MistakeKind = MistakeKind.ENTERED_TWICE) -> StrikeOutEntry:
    return StrikeOutEntry(entry=entry, mistake=mistake, reason=REASON)


def content(desk: Desk, stream_id: UUID, entry: int) -> Fact | None:
    """What the entry says after every amendment; None when it is struck out."""
    standing = {one.version: one.fact for one in in_force(desk.entries(stream_id))}
    return standing.get(entry)


def one_meeting(desk: Desk) -> tuple[UUID, int]:
    episode_id = desk.started(meetings=1)
    return episode_id, desk.number(episode_id, MeetingHeld)


@pytest.mark.parametrize("mistake", list(MistakeKind))
@covers(CorrectEntry)
def test_a_correction_names_the_entry_its_kind_of_mistake_and_the_right_content_whole(
    desk: Desk, mistake: MistakeKind
) -> None:
    episode_id, number = one_meeting(desk)
    outcome = desk.do(episode_id, correct(number, mistake, mode="video"))
    fact = the(outcome.facts(), EntryCorrected)
    assert (fact.entry, fact.mistake, fact.reason) == (number, mistake, REASON)
    assert isinstance(fact.content, MeetingHeld)
    assert fact.content.mode is MeetingMode.VIDEO
    assert content(desk, episode_id, number) == fact.content
    first = desk.entries(episode_id)[number - 1].fact
    assert isinstance(first, MeetingHeld)
    assert first.mode is MeetingMode.HOME, "the first content stays in the trail"


@pytest.mark.parametrize("mistake", list(MistakeKind))
@covers(StrikeOutEntry)
def test_a_strike_out_takes_the_entry_out_and_leaves_it_in_the_trail(desk: Desk, mistake: MistakeKind) -> None:
    episode_id, number = one_meeting(desk)
    outcome = desk.do(episode_id, strike(number, mistake))
    assert (the(outcome.facts(), EntryStruckOut).entry, the(outcome.facts(), EntryStruckOut).mistake) == (
        number,
        mistake,
    )
    assert content(desk, episode_id, number) is None
    assert isinstance(desk.entries(episode_id)[number - 1].fact, MeetingHeld)
    assert desk.episode(episode_id).client_meetings_in_spell == 0


def test_a_correction_moves_when_the_entry_happened(desk: Desk) -> None:
    episode_id, number = one_meeting(desk)
    day = FIRST_MEETING_ON + dt.timedelta(days=3)
    desk.do(episode_id, correct(number, started_at=at(day).isoformat(), ended_at=at(day, 11).isoformat()))
    standing = next(one for one in desk.episode(episode_id).in_force if one.version == number)
    assert standing.occurred_at == at(day)


def test_of_several_corrections_the_last_one_standing_holds_and_striking_it_brings_the_earlier_back(desk: Desk) -> None:
    episode_id, number = one_meeting(desk)
    corrections = [
        desk.do(episode_id, correct(number, mode=mode)).entries[0].version for mode in ("video", "phone", "office")
    ]
    modes = []
    for correction in reversed(corrections):
        fact = content(desk, episode_id, number)
        assert isinstance(fact, MeetingHeld)
        modes.append(fact.mode.value)
        desk.do(episode_id, strike(correction))
    assert modes == ["office", "phone", "video"]
    assert content(desk, episode_id, number) == desk.entries(episode_id)[number - 1].fact


def test_striking_a_strike_out_brings_the_entry_back_as_it_was_corrected(desk: Desk) -> None:
    episode_id, number = one_meeting(desk)
    desk.do(episode_id, correct(number, mode="video"))
    struck = desk.do(episode_id, strike(number)).entries[0].version
    back = desk.do(episode_id, strike(struck)).entries[0].version
    fact = content(desk, episode_id, number)
    assert isinstance(fact, MeetingHeld)
    assert fact.mode is MeetingMode.VIDEO
    desk.do(episode_id, strike(back))
    assert content(desk, episode_id, number) is None


def test_an_amendment_that_changes_nothing_records_nothing(desk: Desk) -> None:
    episode_id, number = one_meeting(desk)
    assert not desk.do(episode_id, correct(number, mode="home")).entries
    desk.do(episode_id, strike(number))
    assert not desk.do(episode_id, strike(number)).entries


def test_what_was_struck_out_cannot_be_corrected_nor_can_an_amendment(desk: Desk) -> None:
    episode_id, number = one_meeting(desk)
    correction = desk.do(episode_id, correct(number, mode="video")).entries[0].version
    struck = desk.do(episode_id, strike(number)).entries[0].version
    for entry in (number, correction, struck):
        refusal = desk.refused(episode_id, correct(entry, mode="phone"))
        assert isinstance(refusal, OutOfOrder)
        assert refusal.details["field"] == "entry"


@refuses(CorrectEntry, StrikeOutEntry)
def test_what_the_ledger_concluded_cannot_be_amended(desk: Desk) -> None:
    episode_id = desk.started(meetings=8)
    noted = desk.number(episode_id, DeviationNoted)
    for command in (strike(noted), correct(noted, measured=7)):
        refusal = desk.refused(episode_id, command)
        assert isinstance(refusal, OutOfOrder)
        assert "entry that caused it" in refusal.remedy


def test_an_entry_that_there_is_not_cannot_be_amended(desk: Desk) -> None:
    episode_id, _ = one_meeting(desk)
    for command in (strike(99), correct(99, mode="video"), strike(0), strike(-1)):
        refusal = desk.refused(episode_id, command)
        assert isinstance(refusal, UnknownEntry)
        assert (refusal.code, refusal.details["field"]) == ("unknown_entry", "entry")
        assert f"1 to {desk.episode(episode_id).version}" in refusal.remedy


def test_a_stream_that_there_is_not_cannot_be_amended(desk: Desk) -> None:
    for command in (strike(1), correct(1, area="Kotka")):
        assert type(desk.refused(new_id(), command)) is Unknown


def test_an_amendment_says_why_and_a_correction_what() -> None:
    with pytest.raises(ValidationError):
        StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason="")
    with pytest.raises(ValidationError):
        CorrectEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, changes={}, reason=REASON)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "by_owl"}, "changes.mode"),
        ({"unheard_of": 1}, "changes.unheard_of"),
        ({"started_at": "yesterday"}, "changes.started_at"),
        ({"started_at": "2022-03-10T10:00:00"}, "changes.started_at"),
        ({"started_at": None}, "changes.started_at"),
        ({"worker_ids": []}, "changes.worker_ids"),
        ({"client_ids": []}, "changes.client_ids"),
        ({"client_ids": ["nobody"]}, "changes.client_ids.0"),
    ],
)
def test_a_correction_to_what_is_no_fact_is_refused_naming_the_field(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    episode_id, number = one_meeting(desk)
    refusal = desk.refused(episode_id, correct(number, **changes))
    assert (refusal.code, refusal.details["field"]) == ("bad_correction", field)
    assert "mode" in refusal.remedy


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"started_at": at(TOMORROW).isoformat()}, "in_the_future", "changes.started_at"),
        ({"ended_at": at(FIRST_MEETING_ON, 9).isoformat()}, "ended_before_it_began", "changes.ended_at"),
        ({"worker_ids": ["O9"]}, "worker_not_of_register", "changes.worker_ids"),
        ({"client_ids": [str(new_id())]}, "client_not_of_episode", "changes.client_ids"),
    ],
)
def test_a_correction_to_what_cannot_have_been_so_is_refused(
    desk: Desk, changes: dict[str, Any], code: str, field: str
) -> None:
    episode_id, number = one_meeting(desk)
    refusal = desk.refused(episode_id, correct(number, **changes))
    assert (refusal.code, refusal.details["field"]) == (code, field)


def test_a_report_cannot_be_corrected_to_be_about_somebody_elses_child(desk: Desk) -> None:
    episode_id = desk.started()
    report = WriteReport(
        report_id=new_id(),
        report_kind="monthly",
        covers_from=STARTED_ON,
        covers_to=STARTED_ON,
        written_on=STARTED_ON,
        worker_id=WORKER,
    )
    desk.do(episode_id, report)
    number = desk.number(episode_id, ReportWritten)
    refusal = desk.refused(episode_id, correct(number, client_id=str(desk.client())))
    assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "changes.client_id")
    own = str(desk.episode(episode_id).client_ids[0])
    assert desk.do(episode_id, correct(number, client_id=own)).entries


def test_a_referral_is_corrected_to_another_client_of_the_register_only(desk: Desk) -> None:
    episode_id, right = desk.referred(), desk.client()
    number = desk.number(episode_id, ReferralReceived)
    wrong = correct(number, MistakeKind.WRONG_CLIENT, client_ids=[str(new_id())])
    assert isinstance(desk.refused(episode_id, wrong), UnknownClient)
    assert isinstance(desk.refused(episode_id, correct(number, contact_id=str(new_id()))), UnknownContact)
    desk.do(episode_id, correct(number, MistakeKind.WRONG_CLIENT, client_ids=[str(right)]))
    assert desk.episode(episode_id).client_ids == (right,)


def test_a_decision_is_not_corrected_to_continue_an_unknown_episode(desk: Desk) -> None:
    episode_id = desk.granted()
    number = desk.number(episode_id, DecisionMade)
    wrong = correct(number, continues_episode_id=str(new_id()))
    assert isinstance(desk.refused(episode_id, wrong), UnknownEpisode)


def test_a_decision_is_not_corrected_to_continue_another_clients_episode(desk: Desk) -> None:
    of_another, episode_id = desk.started("K1", meetings=1), desk.granted()
    number = desk.number(episode_id, DecisionMade)
    refusal = desk.refused(episode_id, correct(number, continues_episode_id=str(of_another)))
    assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "changes.continues_episode_id")


def test_a_referral_is_not_corrected_to_another_child_while_the_episode_continues_this_ones(desk: Desk) -> None:
    client_id, other = desk.client(), desk.client()
    guidance = desk.started("K1", client_id, meetings=2)
    episode_id = desk.granted("K2", client_id, continues_episode_id=guidance)
    number = desk.number(episode_id, ReferralReceived)
    wrong_client = correct(number, MistakeKind.WRONG_CLIENT, client_ids=[str(other)])
    refusal = desk.refused(episode_id, wrong_client)
    assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "changes.continues_episode_id")
    desk.do(episode_id, correct(desk.number(episode_id, DecisionMade), continues_episode_id=None))
    assert desk.do(episode_id, wrong_client).entries


def test_a_clients_identity_is_checked_in_a_correction_too(desk: Desk) -> None:
    client_id, born_on = desk.client(), dt.date(2018, 1, 31)
    code = identity_code(born_on)
    bad = desk.refused(client_id, correct(1, identity_code="310118A900!"))
    assert (bad.code, bad.details["field"]) == ("bad_identity_code", "changes.identity_code")
    disagreeing = desk.refused(client_id, correct(1, identity_code=code))
    assert (disagreeing.code, disagreeing.details["field"]) == ("bad_identity_code", "changes.born_on")
    nobody = desk.refused(client_id, correct(1, born_on=None))
    assert nobody.code == "missing_identity"
    desk.do(client_id, correct(1, identity_code=code, born_on=born_on.isoformat()))
    assert desk.client_state(client_id).identity_code == code


def test_every_kind_of_stream_is_corrected_and_struck(desk: Desk) -> None:
    client_id = desk.client()
    contact_id = desk.contact()
    desk.do(contact_id, AnswerContact(answered_at=at(REFERRED_ON, 12), worker_id=WORKER))
    desk.do(client_id, correct(1, area="Hamina"))
    assert desk.client_state(client_id).area == "Hamina"
    desk.do(contact_id, correct(desk.number(contact_id, ContactReceived), source="school"))
    desk.do(contact_id, strike(desk.number(contact_id, ContactAnswered)))
    state = desk.contact_state(contact_id)
    assert state.received is not None
    assert (state.received.source, state.answered) == ("school", None)
    enrolled = desk.number(desk.register_id, WorkerEnrolled)
    desk.do(desk.register_id, correct(enrolled, area="Kotka"))
    assert desk.book.register_state().workers[WORKER].area == "Kotka"


def test_a_published_service_model_is_neither_corrected_nor_struck(desk: Desk) -> None:
    number = desk.number(desk.register_id, ServiceModelPublished)
    for command in (correct(number, content={}), strike(number)):
        refusal = desk.refused(desk.register_id, command)
        assert isinstance(refusal, OutOfOrder)
        assert "next version" in refusal.remedy


def test_the_entry_that_began_the_stream_is_struck_only_when_nothing_stands_on_it(desk: Desk) -> None:
    episode_id = desk.granted()
    refusal = desk.refused(episode_id, strike(1))
    assert isinstance(refusal, OutOfOrder)
    assert refusal.details["standing"] == [2]
    desk.do(episode_id, strike(2))
    desk.do(episode_id, strike(1))
    assert desk.episode(episode_id).phase is Phase.NONE
    assert isinstance(desk.refused(episode_id, meeting()), OutOfOrder)


def test_a_client_whose_registration_was_struck_out_is_nobodys_client(desk: Desk) -> None:
    client_id = desk.client()
    desk.do(client_id, strike(desk.number(client_id, ClientRegistered), MistakeKind.WRONG_CLIENT))
    with pytest.raises(UnknownClient):
        desk.referred(client_id)


def test_striking_the_start_takes_the_episode_back_to_its_decision(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, strike(desk.number(episode_id, PlanMade)))
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeStarted)))
    state = desk.episode(episode_id)
    assert (state.phase, state.started_on) == (Phase.DECIDED, None)


def test_no_amendment_lets_the_work_end_before_it_began(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(episode_id, closing())
    early = (STARTED_ON - dt.timedelta(days=1)).isoformat()
    closed = desk.number(episode_id, EpisodeClosed)
    assert desk.refused(episode_id, correct(closed, closed_on=early)).code == "ended_before_it_began"
    start = desk.number(episode_id, EpisodeStarted)
    late = (CLOSED_ON + dt.timedelta(days=1)).isoformat()
    assert desk.refused(episode_id, correct(start, started_on=late)).code == "ended_before_it_began"


def test_no_amendment_lets_a_contact_be_answered_or_closed_before_it_came(desk: Desk) -> None:
    contact_id, later = desk.contact(), at(REFERRED_ON + dt.timedelta(days=9)).isoformat()
    answered = desk.do(contact_id, AnswerContact(answered_at=at(REFERRED_ON, 12), worker_id=WORKER)).entries[0]
    assert desk.refused(contact_id, correct(1, received_at=later)).code == "ended_before_it_began"
    desk.do(contact_id, strike(answered.version))
    desk.do(contact_id, CloseContact(closed_on=REFERRED_ON))
    assert desk.refused(contact_id, correct(1, received_at=later)).code == "ended_before_it_began"


def test_bringing_an_entry_back_does_not_make_a_meeting_or_a_grant_stand_twice(desk: Desk) -> None:
    episode_id, meeting_id = desk.started(), new_id()
    desk.do(episode_id, meeting(1, meeting_id=meeting_id))
    for fact, again in ((MeetingHeld, meeting(2, meeting_id=meeting_id)), (DecisionMade, grant())):
        struck = desk.do(episode_id, strike(desk.number(episode_id, fact))).entries[0].version
        desk.do(episode_id, again)
        assert isinstance(desk.refused(episode_id, strike(struck)), OutOfOrder)


def test_a_calling_off_that_was_followed_by_a_new_agreement_hinders_no_amendment(desk: Desk) -> None:
    episode_id, meeting_id = desk.started(), new_id()
    desk.do(episode_id, planned(2, meeting_id=meeting_id, planned_at=at(STARTED_ON, 9)))
    desk.do(episode_id, cancelled(meeting_id=meeting_id, cancelled_at=at(STARTED_ON, 8)))
    desk.do(episode_id, meeting(2, meeting_id=meeting_id))
    assert desk.do(episode_id, correct(desk.number(episode_id, MeetingHeld), mode="video")).entries
    agreed = desk.number(episode_id, MeetingPlanned)
    refusal = desk.refused(episode_id, correct(agreed, planned_at=at(STARTED_ON, 7).isoformat()))
    assert "Two entries would stand" in refusal.message, "then it was called off for good, and held"


def test_a_calling_off_or_a_visit_in_vain_is_not_corrected_to_be_nobodys(desk: Desk) -> None:
    episode_id = desk.started()
    for told, kind in ((cancelled(), MeetingCancelled), (no_show(), MeetingMissed)):
        desk.do(episode_id, told)
        entry = desk.number(episode_id, kind)
        refusal = desk.refused(episode_id, correct(entry, worker_ids=[]))
        assert (refusal.code, refusal.details["field"]) == ("bad_correction", "changes.worker_ids")
        assert desk.do(episode_id, correct(entry, worker_ids=[OTHER_WORKER])).entries


def old_report(desk: Desk) -> tuple[UUID, int]:
    """A report whose days were recorded before any bound was set to them."""
    episode_id, day = desk.started(), dt.date(1822, 3, 8)
    told = WriteReport(
        report_id=new_id(), report_kind="monthly", covers_from=day, covers_to=day, written_on=STARTED_ON,
        worker_id=WORKER,
    )  # fmt: skip
    desk.do(episode_id, told)
    return episode_id, desk.number(episode_id, ReportWritten)


def test_an_entry_whose_days_lie_before_our_time_is_corrected_in_any_field_and_in_one_of_its_days(desk: Desk) -> None:
    episode_id, number = old_report(desk)
    before = content(desk, episode_id, number)
    assert isinstance(before, ReportWritten)
    desk.do(episode_id, correct(number, note_type="monthly"))
    assert content(desk, episode_id, number) == before.model_copy(update={"note_type": "monthly"})
    mended = STARTED_ON.isoformat()
    desk.do(episode_id, correct(number, covers_to=mended))
    desk.do(episode_id, correct(number, covers_from=mended))
    fact = content(desk, episode_id, number)
    assert isinstance(fact, ReportWritten)
    assert (fact.covers_from, fact.covers_to, fact.note_type) == (STARTED_ON, STARTED_ON, "monthly")


def test_no_day_is_corrected_to_one_before_our_time(desk: Desk) -> None:
    episode_id, number = old_report(desk)
    refusal = desk.refused(episode_id, correct(number, covers_from="1822-03-07"))
    assert (refusal.code, refusal.details["field"]) == ("bad_correction", "changes.covers_from")


@given(st.sampled_from(sorted(REGISTRY.facts.values(), key=lambda one: one.stored_name())), st.data())
@settings(deadline=None)
def test_a_correction_reads_what_it_tells_as_the_whole_fact_is_read_and_leaves_the_rest(
    kind: type[Fact], data: st.DataObject
) -> None:
    assume(not kind.consequence and kind is not EntryCorrected)
    before = sample_of(kind)
    whole = before.model_dump(mode="json")
    told = data.draw(st.sets(st.sampled_from(sorted(whole)), min_size=1))
    changes = {field: whole[field] for field in told}
    command = CorrectEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason=REASON)
    assert command._changed(before) == before
    assert command._changed(before).model_dump_json() == before.model_dump_json()
