"""Case conferences (F2): convened, held, followed up and closed; and that an anonymous one hears of nobody."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.commands import AnyCommand
from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.agree_work_pair import AgreeWorkPair
from domain.conference.commands.ask_consultation import AskConsultation
from domain.conference.commands.ask_work_pair import AskWorkPair
from domain.conference.commands.assess_violence_risk import AssessViolenceRisk
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.end_work_pair import EndWorkPair
from domain.conference.commands.give_consultation import GiveConsultation
from domain.conference.commands.make_conference_plan import MakeConferencePlan
from domain.conference.commands.record_conference import RecordConference
from domain.conference.facts import (
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceHeld,
    Handling,
)
from domain.conference.state import ConferenceState
from domain.correction import MistakeKind
from domain.fact import Fact, StreamKind
from domain.ledger.identity import new_id
from domain.refusal import (
    AlreadyThere,
    EndedBeforeItBegan,
    IdentityNotAllowed,
    NotAuthorised,
    OutOfOrder,
    UnknownConference,
)
from tests.domain.desk import TOMORROW, WORKER, Desk, the
from tests.domain.marks import covers, refuses

CONVENED_ON, HELD_ON, DUE_ON = dt.date(2024, 3, 4), dt.date(2024, 3, 11), dt.date(2024, 3, 25)
BEFORE = CONVENED_ON - dt.timedelta(days=1)
EVERY: list[tuple[type[AnyCommand], dict[str, Any]]] = [
    (RecordConference, {"held_on": HELD_ON, "organisations": ("school",)}),
    (AssessViolenceRisk, {"assessed_on": HELD_ON, "risk": "raised"}),
    (MakeConferencePlan, {"made_on": HELD_ON, "action_kinds": ("safety_measure",)}),
    (AgreeConferenceAction, {"agreed_on": HELD_ON, "action_kind": "give_support", "owner": "school", "due_on": DUE_ON}),
    (BeginConferenceAction, {"action": 1, "begun_on": HELD_ON}),
    (AskConsultation, {"asked_on": HELD_ON, "asked_by": "school", "asked_of": "child_welfare"}),
    (GiveConsultation, {"consultation": 1, "given_on": HELD_ON}),
    (AskWorkPair, {"asked_on": HELD_ON, "asked_by": "school", "asked_of": "youth_work"}),
    (AgreeWorkPair, {"pair": 1, "agreed_on": HELD_ON}),
    (EndWorkPair, {"pair": 1, "ended_on": HELD_ON, "outcome": "need_ended"}),
    (CloseConference, {"closed_on": HELD_ON, "outcome": "need_ended"}),
]
"""What can follow in a conference, in an order in which all of it can."""


def convening(kind: str = "vasa", **fields: Any) -> ConveneConference:
    usual = {"convened_on": CONVENED_ON, "conference_kind": kind, "convened_by": "school", "organisations": ("school",)}
    return ConveneConference.model_validate({**usual, **fields})


def convened(desk: Desk) -> UUID:
    """An identified conference."""
    conference_id = new_id()
    desk.do(conference_id, convening(permission="given", client_ids=(desk.client(age=9),)))
    return conference_id


def expert_group(desk: Desk) -> UUID:
    """An anonymous one."""
    conference_id = new_id()
    desk.do(conference_id, convening("child_welfare_expert_group"))
    return conference_id


def state(desk: Desk, conference_id: UUID) -> ConferenceState:
    found = desk.book.state(conference_id, StreamKind.CONFERENCE)
    assert isinstance(found, ConferenceState)
    return found


def after(desk: Desk, *kinds: type[AnyCommand]) -> UUID:
    """A conference in which these have been done."""
    conference_id = convened(desk)
    for kind, fields in EVERY:
        if kind in kinds:
            desk.do(conference_id, kind.model_validate(fields))
    return conference_id


@covers(ConveneConference)
def test_a_conference_is_pinned_to_the_model_in_force_on_its_day_and_knows_the_age_of_its_client(desk: Desk) -> None:
    child = desk.client(age=9, on=CONVENED_ON)
    fact = the(desk.do(new_id(), convening(permission="given", client_ids=(child,))).facts(), ConferenceConvened)
    assert (fact.service, fact.model_version, fact.age_years, fact.handling) == ("F2", 1, 9, Handling.IDENTIFIED)


@refuses(ConveneConference)
def test_without_the_permission_of_the_family_no_conference_is_convened_about_it(desk: Desk) -> None:
    refusal = desk.refused(new_id(), convening(permission="refused", client_ids=(desk.client(),)))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "permission"


def test_without_permission_it_is_convened_anonymously(desk: Desk) -> None:
    conference_id = new_id()
    desk.do(conference_id, convening(handling="anonymous"))
    assert state(desk, conference_id).anonymous


def test_a_conference_is_convened_once_and_names_clients_that_there_are(desk: Desk) -> None:
    assert isinstance(desk.refused(convened(desk), convening()), AlreadyThere)
    assert desk.refused(new_id(), convening(permission="given", client_ids=(new_id(),))).code == "unknown_client"


@covers(*(kind for kind, _ in EVERY))
def test_everything_that_a_conference_comes_to_is_recorded(desk: Desk) -> None:
    found = state(desk, after(desk, *(kind for kind, _ in EVERY)))
    assert [*found.actions, *found.begun_actions, *found.ended_pairs] == [1, 1, 1]
    assert found.closed is not None


@refuses(*(kind for kind, _ in EVERY))
def test_nothing_happens_in_a_conference_that_nobody_convened(desk: Desk) -> None:
    for kind, fields in EVERY:
        assert isinstance(desk.refused(new_id(), kind.model_validate(fields)), UnknownConference)


def test_nothing_happens_in_a_conference_before_it_was_convened_or_in_the_future(desk: Desk) -> None:
    conference_id = after(desk, AgreeConferenceAction, AskConsultation, AskWorkPair, AgreeWorkPair)
    for kind, fields in EVERY:
        day = next(name for name, value in fields.items() if isinstance(value, dt.date) and name != "due_on")
        if kind is not AgreeWorkPair:
            assert isinstance(
                desk.refused(conference_id, kind.model_validate(fields | {day: BEFORE})), EndedBeforeItBegan
            )
        later = {"due_on": TOMORROW} if "due_on" in fields else {}
        assert desk.refused(conference_id, kind.model_validate(fields | {day: TOMORROW} | later)).code in (
            "in_the_future",
            "out_of_order",
        )


def test_nothing_new_happens_after_the_close_but_the_follow_up_of_what_was_agreed(desk: Desk) -> None:
    conference_id = after(desk, AgreeConferenceAction, CloseConference)
    late = HELD_ON + dt.timedelta(days=1)
    assert desk.do(conference_id, BeginConferenceAction(action=1, begun_on=late)).met_duties
    asking = {"asked_on": late, "asked_by": "school", "asked_of": "police"}
    assert isinstance(desk.refused(conference_id, AskConsultation.model_validate(asking)), OutOfOrder)
    assert isinstance(desk.refused(conference_id, EVERY[-1][0].model_validate(EVERY[-1][1])), OutOfOrder)


def test_each_action_has_a_number_of_its_own_and_a_duty_due_on_its_own_day(desk: Desk) -> None:
    conference_id = after(desk, AgreeConferenceAction)
    second = EVERY[3][1] | {"due_on": dt.date(2024, 5, 2)}
    outcome = desk.do(conference_id, AgreeConferenceAction.model_validate(second))
    assert the(outcome.facts(), ConferenceActionAgreed).action == 2
    assert [duty.due_on for duty in outcome.opened_duties] == [dt.date(2024, 5, 2)]
    begun = desk.do(conference_id, BeginConferenceAction(action=2, begun_on=dt.date(2024, 4, 2)))
    assert len(begun.met_duties) == 1
    assert [duty.met_by is None for duty in state(desk, conference_id).concluded.duties.values()] == [True, False]


def test_an_action_that_was_struck_out_keeps_its_number_and_its_duty_goes_with_it(desk: Desk) -> None:
    conference_id = after(desk, AgreeConferenceAction)
    number = desk.number(conference_id, ConferenceActionAgreed)
    desk.do(conference_id, StrikeOutEntry(entry=number, mistake=MistakeKind.ENTERED_TWICE, reason="twice"))
    assert state(desk, conference_id).concluded.duties == {}
    again = desk.do(conference_id, AgreeConferenceAction.model_validate(EVERY[3][1]))
    assert the(again.facts(), ConferenceActionAgreed).action == 2


def test_what_there_is_not_cannot_begin_and_what_has_begun_begins_once(desk: Desk) -> None:
    conference_id = after(desk, *(kind for kind, _ in EVERY[:-1]))
    for kind, fields in EVERY:
        if kind in (BeginConferenceAction, GiveConsultation, AgreeWorkPair, EndWorkPair):
            assert isinstance(desk.refused(conference_id, kind.model_validate(fields)), OutOfOrder)
            number = next(name for name in ("action", "consultation", "pair") if name in fields)
            assert isinstance(desk.refused(conference_id, kind.model_validate(fields | {number: 9})), OutOfOrder)


def test_an_action_is_not_due_before_it_was_agreed(desk: Desk) -> None:
    early = AgreeConferenceAction.model_validate(EVERY[3][1] | {"due_on": CONVENED_ON})
    assert isinstance(desk.refused(convened(desk), early), EndedBeforeItBegan)


def test_the_expert_group_of_child_welfare_hears_everything_that_is_a_closed_code(desk: Desk) -> None:
    conference_id = expert_group(desk)
    for kind, fields in EVERY:
        assert desk.do(conference_id, kind.model_validate(fields)).entries


@pytest.mark.parametrize("field", ["client_ids", "episode_id", "follows_conference_id", "convener_id", "topic"])
def test_the_expert_group_is_not_convened_with_an_identity(desk: Desk, field: str) -> None:
    value = {"client_ids": (new_id(),), "convener_id": WORKER, "topic": "somebody"}.get(field, new_id())
    refusal = desk.refused(new_id(), convening("child_welfare_expert_group", **{field: value}))
    assert isinstance(refusal, IdentityNotAllowed)
    assert refusal.details["field"] == field


def test_what_began_anonymously_stays_so_and_what_did_not_does_not_become_so(desk: Desk) -> None:
    def corrected(**changes: str) -> CorrectEntry:
        return CorrectEntry(entry=1, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="factual_error")

    named, anonymous = convened(desk), expert_group(desk)
    for changes in ({"handling": "anonymous"}, {"conference_kind": "child_welfare_expert_group"}):
        assert isinstance(desk.refused(named, corrected(**changes)), IdentityNotAllowed)
    desk.do(anonymous, corrected(conference_kind="vasa", handling="identified"))
    noted = RecordConference.model_validate({"held_on": HELD_ON, "organisations": ("school",), "note": "words"})
    assert isinstance(desk.refused(anonymous, noted), IdentityNotAllowed)


def test_no_correction_lets_a_conference_meet_before_it_is_convened_or_an_action_begin_before_it_is_agreed(
    desk: Desk,
) -> None:
    conference_id = after(desk, RecordConference, AgreeConferenceAction, BeginConferenceAction, CloseConference)
    wrong: tuple[tuple[type[Fact], dict[str, Any]], ...] = (
        (ConferenceConvened, {"convened_on": str(DUE_ON)}),
        (ConferenceHeld, {"held_on": str(BEFORE)}),
        (ConferenceActionBegun, {"begun_on": str(CONVENED_ON)}),
        (ConferenceClosed, {"closed_on": str(BEFORE)}),
    )
    for kind, changes in wrong:
        number = desk.number(conference_id, kind)
        correction = CorrectEntry(entry=number, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="day")
        assert isinstance(desk.refused(conference_id, correction), EndedBeforeItBegan)


@pytest.mark.parametrize(
    "changes", [{"topic": "2018-01-31"}, {"client_ids": ["2018-01-31"]}, {"topic": "words"}, {"Somebody": "police"}]
)
def test_a_correction_in_an_anonymous_conference_tells_codes_and_the_days_of_its_own_fields(
    desk: Desk, changes: dict[str, Any]
) -> None:
    conference_id = expert_group(desk)
    told: dict[str, Any] = {"entry": 1, "mistake": MistakeKind.TYPING_ERROR, "reason": "typing_error"}
    assert isinstance(desk.refused(conference_id, CorrectEntry(changes=changes, **told)), IdentityNotAllowed)
    day = CorrectEntry(changes={"convened_on": "2024-03-01", "convened_by": "child_welfare"}, **told)
    assert desk.do(conference_id, day).entries


def test_a_reason_in_an_anonymous_conference_is_a_code(desk: Desk) -> None:
    conference_id = expert_group(desk)
    desk.do(conference_id, EVERY[3][0].model_validate(EVERY[3][1]))
    number = desk.number(conference_id, ConferenceActionAgreed)
    for reason in ("Somebody by name", "2018-01-31"):
        strike = StrikeOutEntry(entry=number, mistake=MistakeKind.ENTERED_TWICE, reason=reason)
        assert isinstance(desk.refused(conference_id, strike), IdentityNotAllowed)
    coded = StrikeOutEntry(entry=number, mistake=MistakeKind.ENTERED_TWICE, reason="entered_twice")
    assert desk.do(conference_id, coded).entries
