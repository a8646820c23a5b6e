"""One client's part in an episode ends while it goes on for the others: a child who moved away, or died."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.tellings import GiveConsent, RecordBirth
from domain.client.facts import ConsentScope
from domain.correction import MistakeKind
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.bring_child_along import BringChildAlong
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.end_clientship import EndClientship
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.plan_meeting import PlanMeeting
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    ClientshipEnded,
    ClientshipEndReason,
    ClosureReason,
    DecisionMade,
    MeetingHeld,
    MeetingMode,
    Recipient,
)
from domain.fact import JsonObject
from domain.ledger import deciding
from domain.ledger.identity import new_id
from domain.refusal import ClientNotOfEpisode, EndedBeforeItBegan, OutOfOrder, UnknownEpisode
from domain.subjects import subjects
from tests.domain.desk import REFERRED_ON, STARTED_ON, WORKER, Desk, at, meeting, meeting_day, the
from tests.domain.marks import covers, refuses
from tests.domain.test_rehabilitation_course import BEGUN_ON, in_service, placement

LAST_DAY = meeting_day(3)


def ended(client: UUID, ended_on: dt.date = LAST_DAY, **fields: Any) -> EndClientship:
    return EndClientship(**{"client_id": client, "ended_on": ended_on, "reason": ClientshipEndReason.DIED, **fields})


def siblings(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """An episode that goes on, and its two children, of 12 and of 5 years."""
    elder, younger = desk.client(age=12), desk.client(age=5)
    return desk.started("K2", elder, younger), elder, younger


@covers(EndClientship)
def test_one_clients_part_ends_and_the_others_are_its_clients_still(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    told = the(desk.do(episode, ended(elder, explanation="After an illness")).facts(), ClientshipEnded)
    assert told.split()[0] == {"client_id": str(elder), "ended_on": LAST_DAY.isoformat()}, "why is nobody else's matter"
    assert desk.do(episode, ended(elder, explanation="After an illness")).entries == ()
    state = desk.episode(episode)
    assert state.clients_on(LAST_DAY) == (elder, younger)
    assert state.clients_on(meeting_day(4)) == (younger,)


@refuses(EndClientship)
def test_a_clients_part_ends_once_and_not_before_it_began_nor_after_the_end_nor_the_last_ones(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    assert isinstance(desk.refused(new_id(), ended(elder)), UnknownEpisode)
    assert isinstance(desk.refused(episode, ended(desk.client())), ClientNotOfEpisode)
    assert isinstance(desk.refused(episode, ended(elder, REFERRED_ON - dt.timedelta(days=1))), EndedBeforeItBegan)
    desk.do(episode, ended(elder))
    assert isinstance(desk.refused(episode, ended(elder, meeting_day(5))), OutOfOrder)
    assert desk.refused(episode, ended(younger)).remedy == "Close the episode."
    closing = CloseEpisode(closed_on=meeting_day(9), reason=ClosureReason.OTHER)
    other, first, _ = siblings(desk)
    desk.do(other, closing)
    assert isinstance(desk.refused(other, ended(first, meeting_day(10))), OutOfOrder)
    assert desk.do(other, ended(first, meeting_day(8))).entries, "what was told late is told"


def test_who_came_along_cannot_have_left_before(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON + dt.timedelta(days=5)))
    assert isinstance(desk.refused(episode, ended(child, BEGUN_ON)), EndedBeforeItBegan)


def test_meetings_after_it_are_of_the_others_alone(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, ended(elder))
    on_the_day, after = desk.do(episode, meeting(3)), desk.do(episode, meeting(4))
    assert the(on_the_day.facts(), MeetingHeld).client_ids == (elder, younger)
    assert the(after.facts(), MeetingHeld).client_ids == (younger,)
    assert isinstance(desk.refused(episode, meeting(5, client_ids=(elder,))), ClientNotOfEpisode)
    assert desk.do(episode, meeting(2, client_ids=(elder,))).entries, "a visit of before, entered late"


def test_meetings_before_a_child_came_along_are_of_the_others_alone(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    joined_on = BEGUN_ON + dt.timedelta(days=5)
    desk.do(episode, BringChildAlong(client_id=child, joined_on=joined_on))

    def met(day: dt.date, **named: Any) -> RecordMeeting:
        return meeting(1, started_at=at(day), ended_at=at(day, 11), **named)

    before, then = (desk.do(episode, met(day)) for day in (joined_on - dt.timedelta(days=1), joined_on))
    assert the(before.facts(), MeetingHeld).client_ids == (parent,)
    assert the(then.facts(), MeetingHeld).client_ids == (parent, child)
    refusal = desk.refused(episode, met(BEGUN_ON, client_ids=(parent, child)))
    assert (refusal.code, refusal.details["client_ids"]) == ("client_not_of_episode", [str(child)])
    given = corrected(before.entries[0].version, client_ids=[str(child)])
    assert desk.refused(episode, given).details["field"] == "changes.client_ids"


def report(client: UUID, **told: Any) -> WriteReport:
    """A report written on the ninth day, on the days up to the last one of who left."""
    days = {"covers_from": STARTED_ON, "covers_to": LAST_DAY, "written_on": meeting_day(9)}
    who = {"worker_id": WORKER, "client_id": client, "recipient": Recipient.PURCHASER_SOCIAL_WORKER}
    return WriteReport(**{"report_id": new_id(), "report_kind": "monthly", **days, **who, **told})


def test_a_report_on_the_time_before_is_written_after_it(desk: Desk) -> None:
    episode, elder, _ = siblings(desk)
    desk.do(episode, ended(elder))
    outcome = desk.do(episode, report(elder, covers_from=LAST_DAY, covers_to=meeting_day(6)))
    assert outcome.entries, "one day of the part is enough"
    assert outcome.warnings == ()


def test_no_report_tells_of_a_client_for_days_after_that_clients_part_alone(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, ended(elder))
    late = {"covers_from": meeting_day(4), "covers_to": meeting_day(6)}
    refusal = desk.refused(episode, report(elder, **late))
    assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "client_id")
    assert "days" in refusal.remedy
    of_before = desk.do(episode, report(elder)).entries[0].version
    of_other = desk.do(episode, report(younger, **late)).entries[0].version
    moved = {field: day.isoformat() for field, day in late.items()}
    for amended in (corrected(of_before, **moved), corrected(of_other, client_id=str(elder))):
        assert desk.refused(episode, amended).details["field"] == "changes.client_id"
    assert desk.do(episode, corrected(of_before, note_type="monthly")).entries


def test_nor_for_days_before_a_child_came_along(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON + dt.timedelta(days=5)))
    days = {"covers_from": BEGUN_ON, "written_on": BEGUN_ON + dt.timedelta(days=9)}
    for last, is_told in ((4, False), (5, True)):
        told = report(child, **days, covers_to=BEGUN_ON + dt.timedelta(days=last))
        if is_told:
            assert desk.do(episode, told).entries
        else:
            assert isinstance(desk.refused(episode, told), ClientNotOfEpisode)


def test_who_puts_off_or_strikes_out_a_joining_is_told_of_the_meetings_that_name_the_child_too_early(
    desk: Desk,
) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    joined = desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).entries[0].version
    met_on = BEGUN_ON + dt.timedelta(days=5)
    met = desk.do(episode, meeting(started_at=at(met_on), ended_at=at(met_on, 11))).entries[0].version
    put_off = [corrected(joined, joined_on=(met_on + dt.timedelta(days=days)).isoformat()) for days in (0, 1)]
    assert not desk.do(episode, put_off[0]).warnings
    for amended in (put_off[1], struck(joined)):
        (told,) = desk.do(episode, amended).warnings
        assert f"in entry {met}: correct" in told


def test_and_of_the_reports_that_tell_of_days_before_the_child_came_alone(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    joined = desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).entries[0].version
    day_4, day_8 = (BEGUN_ON + dt.timedelta(days=days) for days in (4, 8))
    days = {"covers_from": BEGUN_ON, "written_on": BEGUN_ON + dt.timedelta(days=9)}
    early = desk.do(episode, report(child, **days, covers_to=day_4)).entries[0].version
    later = desk.do(episode, report(child, **days, covers_to=day_8)).entries[0].version
    desk.do(episode, report(parent, **days, covers_to=day_4))
    assert not desk.do(episode, corrected(joined, joined_on=day_4.isoformat())).warnings
    (told,) = desk.do(episode, corrected(joined, joined_on=day_8.isoformat())).warnings
    assert f"in entry {early}: strike" in told
    (told,) = desk.do(episode, struck(joined)).warnings
    assert f"in entry {early}, {later}: strike" in told, "whoever never came has no days at all"


def test_what_is_given_to_a_client_who_has_left_is_recorded_with_a_warning(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, ended(elder))
    document: dict[str, Any] = {
        "document_kind": "personal_plan",
        "delivered_on": meeting_day(9),
        "delivery_mode": "handed_over",
    }
    for client, is_told in ((elder, True), (younger, False)):
        handed = DeliverDocument(recipient=Recipient.CLIENT, worker_id=WORKER, client_id=client, **document)
        for given in (handed, report(client, recipient=Recipient.CLIENT)):
            outcome = desk.do(episode, given)
            assert any("given to the client" in told for told in outcome.warnings) is is_told


def test_an_end_told_late_names_the_reports_on_days_after_it(desk: Desk) -> None:
    episode, elder, _ = siblings(desk)
    written = desk.do(episode, report(elder, covers_from=meeting_day(4), covers_to=meeting_day(6))).entries[0].version
    (told,) = desk.do(episode, ended(elder)).warnings
    assert f"in entry {written}: strike" in told


def test_a_decision_after_it_goes_by_the_ages_of_the_others(desk: Desk) -> None:
    elder, younger = desk.client(age=12), desk.client(age=5)
    episode = in_service(desk, "L2", elder, younger)
    extension = GrantExtension(
        decision_id=new_id(), decided_on=BEGUN_ON + dt.timedelta(days=60), decision_maker=WORKER, months_granted=1
    )
    desk.do(episode, ended(elder, BEGUN_ON + dt.timedelta(days=50)))
    younger_age = the(desk.do(episode, extension, historical=True).facts(), DecisionMade).age_years
    assert younger_age is not None
    assert younger_age < 12


def test_who_left_comes_again_by_a_new_referral_unless_the_end_was_struck_out(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON))
    left = desk.do(episode, ended(child, BEGUN_ON + dt.timedelta(days=9))).entries[0].version
    again = BringChildAlong(client_id=child, joined_on=BEGUN_ON + dt.timedelta(days=20))
    assert isinstance(desk.refused(episode, again), OutOfOrder)
    desk.do(
        episode, StrikeOutEntry(entry=left, mistake=MistakeKind.WRONG_CLIENT, reason="It was the neighbour's child.")
    )
    assert desk.episode(episode).clients_on(BEGUN_ON + dt.timedelta(days=30)) == (parent, child)
    assert "already" in desk.refused(episode, again).message, "it is along, from another day"
    assert desk.do(episode, again.model_copy(update={"joined_on": BEGUN_ON})).entries == ()


def test_its_day_is_corrected_but_not_to_before_the_referral(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    entry = desk.do(episode, ended(elder)).entries[0].version

    def to(day: dt.date) -> CorrectEntry:
        changes: JsonObject = {"ended_on": day.isoformat()}
        return CorrectEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="It was earlier.")

    desk.do(episode, to(meeting_day(1)))
    assert desk.episode(episode).clients_on(meeting_day(2)) == (younger,)
    assert isinstance(desk.refused(episode, to(REFERRED_ON - dt.timedelta(days=1))), EndedBeforeItBegan)


def test_what_is_told_of_the_family_later_is_not_sealed_for_who_left(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, ended(elder))
    state = desk.episode(episode)
    closing = CloseEpisode(closed_on=meeting_day(9), reason=ClosureReason.OTHER, explanation="The need ended.")
    closed = desk.do(episode, closing).facts()[0]
    of_whom = {one.holder_id for one in subjects(closed, state, episode, lambda _: "child_family_services")}
    assert of_whom == {younger}


def struck(entry: int) -> StrikeOutEntry:
    return StrikeOutEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, reason="It was not so.")


def corrected(entry: int, **changes: Any) -> CorrectEntry:
    return CorrectEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="It was otherwise.")


def test_no_amendment_leaves_an_episode_to_nobody(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    left = desk.do(episode, ended(elder)).entries[0].version
    taken_back = desk.do(episode, struck(left)).entries[0].version
    desk.do(episode, ended(younger))
    assert isinstance(desk.refused(episode, struck(taken_back)), OutOfOrder)
    assert isinstance(desk.refused(episode, corrected(1, client_ids=[str(younger)])), OutOfOrder)
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    other = in_service(desk, "P7", parent)
    joined = desk.do(other, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).entries[0].version
    desk.do(other, ended(parent, BEGUN_ON + dt.timedelta(days=3)))
    assert isinstance(desk.refused(other, struck(joined)), OutOfOrder)


def test_where_nobody_is_left_all_the_same_no_meeting_is_recorded_or_planned(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode, elder, younger = siblings(desk)
    left = desk.do(episode, ended(elder)).entries[0].version
    taken_back = desk.do(episode, struck(left)).entries[0].version
    desk.do(episode, ended(younger))
    with monkeypatch.context() as as_it_was:
        as_it_was.setattr(deciding, "check_holds_together", lambda *_: None)
        desk.do(episode, struck(taken_back))
    planned = PlanMeeting(
        meeting_id=new_id(),
        worker_ids=(WORKER,),
        starts_at=at(meeting_day(9)),
        ends_at=at(meeting_day(9), 11),
        mode=MeetingMode.HOME,
    )
    for refused in (meeting(9), planned):
        refusal = desk.refused(episode, refused)
        assert (refusal.code, refusal.details["field"]) == ("out_of_order", "client_ids")
    assert desk.do(episode, corrected(1, area="Hamina")).entries, "what stood so already hinders nothing else"


def test_one_clients_part_ends_once_whatever_is_corrected(desk: Desk) -> None:
    elder, younger, third = (desk.client(age=age) for age in (12, 5, 3))
    episode = desk.started("K2", elder, younger, third)
    desk.do(episode, ended(elder))
    second = desk.do(episode, ended(younger, meeting_day(4))).entries[0].version
    assert isinstance(desk.refused(episode, corrected(second, client_id=str(elder))), OutOfOrder)
    assert desk.do(episode, corrected(second, client_id=str(third))).entries


def test_an_end_that_is_told_late_names_the_later_meetings_that_stand_on_the_clients_counter(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, meeting(3))
    assert desk.do(episode, ended(younger, meeting_day(3))).warnings == (), "of the last day it was a client still"
    other, elder, younger = siblings(desk)
    desk.do(other, meeting(4))
    desk.do(other, meeting(6, client_ids=(younger,)))
    held = desk.number(other, MeetingHeld)
    (told,) = desk.do(other, ended(elder)).warnings
    assert f"in entry {held}: correct" in told
    desk.do(other, corrected(held, client_ids=[str(younger)]))
    end = desk.number(other, ClientshipEnded)
    assert desk.do(other, corrected(end, ended_on=meeting_day(2).isoformat())).warnings == ()


def test_an_end_that_is_brought_back_is_told_of_as_when_it_was_first_told(desk: Desk) -> None:
    episode, elder, _ = siblings(desk)
    end = desk.do(episode, ended(elder)).entries[0].version
    taken_back = desk.do(episode, struck(end)).entries[0].version
    desk.do(episode, meeting(5))
    held = desk.number(episode, MeetingHeld)
    order = desk.order(episode, struck(taken_back))
    (told,) = desk.book.execute(order).warnings
    assert f"in entry {held}: correct" in told
    assert desk.book.execute(order).warnings == (told,), "and again to whoever sends it again"
    later = desk.do(episode, corrected(end, ended_on=meeting_day(6).isoformat()))
    assert later.warnings == ()
    assert desk.do(episode, struck(later.entries[0].version)).warnings == (told,), "as it was before the correction"


def test_a_meeting_is_corrected_to_clients_of_its_day_only(desk: Desk) -> None:
    episode, elder, younger = siblings(desk)
    desk.do(episode, ended(elder))
    desk.do(episode, meeting(2))
    desk.do(episode, meeting(5))
    before, after = desk.number(episode, MeetingHeld), desk.number(episode, MeetingHeld, 2)
    later = {"started_at": at(meeting_day(6)).isoformat(), "ended_at": at(meeting_day(6), 11).isoformat()}
    for entry, changes in ((after, {"client_ids": [str(elder)]}), (before, later)):
        refusal = desk.refused(episode, corrected(entry, **changes))
        assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "changes.client_ids")
    assert desk.do(episode, corrected(before, **later, client_ids=[str(younger)])).entries
    assert desk.do(episode, corrected(after, mode="video")).entries


def test_a_placement_of_who_had_left_is_recorded_with_a_warning(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P2", parent, child)
    assert desk.do(episode, placement(child)).warnings == ()
    desk.do(episode, ended(child, BEGUN_ON + dt.timedelta(days=5)))
    late = placement(child).model_copy(update={"decided_on": BEGUN_ON + dt.timedelta(days=6)})
    assert any("before the placement" in told for told in desk.do(episode, late).warnings)


def test_no_follow_up_is_agreed_upon_with_who_has_left(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=12, on=BEGUN_ON)
    episode = in_service(desk, "P2", parent, child)
    desk.do(child, GiveConsent(consent_id=new_id(), scope=ConsentScope.FOLLOW_UP, given_on=BEGUN_ON))
    desk.do(episode, ended(child, BEGUN_ON + dt.timedelta(days=5)))
    late = AgreeFollowUp(client_id=child, agreed_on=BEGUN_ON + dt.timedelta(days=6))
    assert isinstance(desk.refused(episode, late), OutOfOrder)
    assert desk.do(episode, AgreeFollowUp(client_id=child, agreed_on=BEGUN_ON)).entries, "what was told late is told"


def test_no_clients_part_ends_after_the_end_for_all_whichever_is_told_or_corrected_later(desk: Desk) -> None:
    episode, elder, _ = siblings(desk)
    end = desk.do(episode, ended(elder, meeting_day(5))).entries[0].version
    early = CloseEpisode(closed_on=meeting_day(4), reason=ClosureReason.OTHER)
    refusal = desk.refused(episode, early)
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "closed_on")
    desk.do(episode, CloseEpisode(closed_on=meeting_day(8), reason=ClosureReason.OTHER))
    assert isinstance(desk.refused(episode, corrected(end, ended_on=meeting_day(9).isoformat())), EndedBeforeItBegan)
    assert desk.do(episode, corrected(end, ended_on=meeting_day(8).isoformat())).entries


def test_a_child_joins_through_a_mother_only_while_she_is_a_client(desk: Desk) -> None:
    mother, child = desk.client(age=30), desk.client(age=3, on=BEGUN_ON)
    episode = in_service(desk, "P2", mother, child)
    desk.do(episode, ended(mother, BEGUN_ON + dt.timedelta(days=5)))
    for days, joins in ((6, False), (5, True)):
        born_on = BEGUN_ON + dt.timedelta(days=days)
        baby = desk.client(born_on=born_on)
        desk.do(mother, RecordBirth(born_on=born_on, child_client_id=baby))
        birth = TellBirth(mother_id=mother, child_id=baby)
        if joins:
            assert desk.do(episode, birth).entries
        else:
            assert desk.refused(episode, birth).details["field"] == "mother_id"


def test_whose_joining_was_struck_out_joins_anew_once_the_end_is_struck_out_too(desk: Desk) -> None:
    parent, child = desk.client(age=30), desk.client(age=2, on=BEGUN_ON)
    episode = in_service(desk, "P7", parent)
    joined = desk.do(episode, BringChildAlong(client_id=child, joined_on=BEGUN_ON)).entries[0].version
    end = desk.do(episode, ended(child, BEGUN_ON + dt.timedelta(days=9))).entries[0].version
    desk.do(episode, struck(joined))
    for days in (2, 12):
        again = BringChildAlong(client_id=child, joined_on=BEGUN_ON + dt.timedelta(days=days))
        assert desk.refused(episode, again).remedy.startswith("Strike out that entry too")
    desk.do(episode, struck(end))
    assert desk.do(episode, again).entries
