"""Open meeting places (F4), of which nothing can name a person, and the steering of the family centre (F5)."""

from __future__ import annotations

import datetime as dt
import types
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from domain.activity import facts as activity
from domain.activity.commands.base import ActivityCommand
from domain.activity.commands.close_place import ClosePlace
from domain.activity.commands.end_activity import EndActivity
from domain.activity.commands.handle_joint_survey import HandleJointSurvey
from domain.activity.commands.open_activity import OpenActivity
from domain.activity.commands.open_place import OpenPlace
from domain.activity.commands.record_joint_survey import RecordJointSurvey
from domain.activity.commands.record_organisers_meeting import RecordOrganisersMeeting
from domain.activity.commands.record_outreach import RecordOutreach
from domain.activity.commands.record_session import RecordSession
from domain.activity.facts import ActivityOpened, OrganisersMet, SessionHeld
from domain.amend.correct_entry import CorrectEntry
from domain.amend.explain_deviation import ExplainDeviation
from domain.amend.reach_calendar import ReachCalendar
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.amend.waive_duty import WaiveDuty
from domain.clock import CLOCK
from domain.commands import COMMANDS, AnyCommand
from domain.correction import MistakeKind
from domain.fact import StreamKind
from domain.family_centre import FamilyCentreArea, PlaceOrganisation, Sector
from domain.ledger.identity import new_id
from domain.network.commands import tellings as tell
from domain.network.commands.open_network import OpenNetwork
from domain.network.commands.record_group_meeting import RecordGroupMeeting
from domain.network.facts import Denominator, GatheringKind, GroupKind, GroupMet, Progress
from domain.refusal import (
    AlreadyThere,
    EndedBeforeItBegan,
    IdentityNotAllowed,
    InTheFuture,
    OutOfOrder,
    Refusal,
    UnknownActivity,
    UnknownNetwork,
)
from tests.domain.desk import Desk, at, the
from tests.domain.marks import covers, refuses
from tests.driven import meeting_places as told
from tests.driven.meeting_places import YEAR_OVER, on

NAME = "Aino Esimerkki"
CLOSED = (int, float, bool, dt.date, UUID, types.NoneType)
CLOSING = ClosePlace(place_id=told.PLACE_ID, closed_on=on(6, 3))
ENDING = EndActivity(ended_on=on(12, 31))
SURVEY_ID = new_id()
HANDLING = HandleJointSurvey(survey_id=SURVEY_ID, handled_on=on(5, 20), changes=(activity.SurveyChange.NO_CHANGE,))
OF_ACTIVITY: tuple[AnyCommand, ...] = (
    told.place(), told.session(on(1, 7)), told.OUTREACH, told.met(on(2, 3)), told.survey(SURVEY_ID), HANDLING,
    CLOSING, ENDING,
)  # fmt: skip
COFFEE = told.held(GatheringKind.NETWORK_COFFEE, on(2, 10))
OF_NETWORK: tuple[AnyCommand, ...] = (
    told.LOCAL_GROUP, told.gathered(GroupKind.CORE_GROUP, on(2, 5), *told.LOCAL[1:]), told.PLAN, told.TASK,
    told.DONE, told.goal(told.COUNTED), told.FOLLOWED, told.EVENT, COFFEE, told.counted(trained=1), told.MAPPED,
    told.LATE_IN_THE_YEAR, told.BIRTHS, tell.EndNetwork(ended_on=on(12, 31)),
)  # fmt: skip


def leaves(annotation: Any) -> set[Any]:
    """The types that a field can hold in the end, through unions, tuples, annotations and parts of its own."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return leaves(arguments[0])
    if origin in (Union, types.UnionType, tuple):
        return {leaf for one in arguments if one is not Ellipsis for leaf in leaves(one)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {leaf for field in annotation.model_fields.values() for leaf in leaves(field.annotation)}
    return {annotation}


def can_name_a_person(model: type[BaseModel]) -> list[str]:
    """The fields in which something could stand that is no number, date, id or code of a closed list."""
    return [
        name
        for name, field in model.model_fields.items()
        for leaf in leaves(field.annotation)
        if leaf not in CLOSED and not (isinstance(leaf, type) and issubclass(leaf, StrEnum))
    ]


@pytest.mark.parametrize("model", [*activity.FACTS, *COMMANDS[StreamKind.ACTIVITY]], ids=lambda model: model.__name__)
def test_no_field_of_the_stream_of_meeting_places_can_name_a_person(model: type[BaseModel]) -> None:
    assert can_name_a_person(model) == []
    assert not [name for name in model.model_fields if name.startswith(("client", "person", "worker"))]


def test_the_look_for_texts_finds_one() -> None:
    class Part(BaseModel):
        words: tuple[str, ...] = ()

    class Whole(BaseModel):
        parts: tuple[Part, ...] | None = None
        number: Annotated[int, "a number"] = 0

    assert can_name_a_person(Whole) == ["parts"]


def test_the_facts_of_the_stream_are_all_its_own_and_hide_nothing() -> None:
    assert all(fact.stream is StreamKind.ACTIVITY and not fact.sensitive for fact in activity.FACTS)
    assert all(issubclass(command, ActivityCommand) for command in COMMANDS[StreamKind.ACTIVITY])


@pytest.fixture
def later(desk: Desk) -> Desk:
    """A desk when the year 2025 is over."""
    desk.now = YEAR_OVER
    return desk


def recorded(desk: Desk, beginning: AnyCommand, *commands: AnyCommand) -> UUID:
    stream_id = new_id()
    for command in (beginning, *commands):
        desk.do(stream_id, command)
    return stream_id


@covers(
    OpenActivity, OpenPlace, RecordSession, RecordOutreach, RecordOrganisersMeeting, RecordJointSurvey,
    HandleJointSurvey, ClosePlace, EndActivity,
)  # fmt: skip
def test_a_year_of_meeting_places_is_recorded_and_pinned_to_its_model(later: Desk) -> None:
    stream_id = recorded(later, told.ACTIVITY, *OF_ACTIVITY)
    state = later.book.state(stream_id, StreamKind.ACTIVITY)
    assert state.pin is not None
    assert (state.pin.service, state.pin.model_version) == ("F4", 1)
    opened = the([entry.fact for entry in state.entries], ActivityOpened)
    assert opened.area is FamilyCentreArea.ROVANIEMI


@refuses(
    OpenActivity, OpenPlace, RecordSession, RecordOutreach, RecordOrganisersMeeting, RecordJointSurvey,
    HandleJointSurvey, ClosePlace, EndActivity,
)  # fmt: skip
def test_what_is_told_of_no_activity_or_of_one_twice_is_refused(later: Desk) -> None:
    for command in OF_ACTIVITY:
        assert isinstance(later.refused(new_id(), command), UnknownActivity)
    stream_id = recorded(later, told.ACTIVITY)
    assert isinstance(later.refused(stream_id, told.ACTIVITY), AlreadyThere)
    for command in OF_ACTIVITY[:2]:
        if not isinstance(command, RecordSession):
            later.do(stream_id, command)
    twice = told.session(on(1, 7))
    later.do(stream_id, twice)
    for command in (told.place(), twice):
        assert isinstance(later.refused(stream_id, command), OutOfOrder)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (told.session(on(1, 6)), EndedBeforeItBegan),
        (told.session(on(6, 4)), OutOfOrder),
        (told.session(on(2, 4), place_id=new_id()), OutOfOrder),
        (told.session(dt.date(2026, 2, 3)), OutOfOrder),
        (CLOSING, OutOfOrder),
        (HANDLING, OutOfOrder),
    ],
)
def test_nothing_happens_in_a_place_that_is_not_open(later: Desk, command: AnyCommand, refusal: type[Refusal]) -> None:
    stream_id = recorded(later, told.ACTIVITY, told.place(), CLOSING)
    assert isinstance(later.refused(stream_id, command), refusal)


def test_a_session_is_never_in_the_future(later: Desk) -> None:
    stream_id = recorded(later, told.ACTIVITY, told.place())
    assert isinstance(later.refused(stream_id, told.session(dt.date(2026, 2, 3))), InTheFuture)


@pytest.mark.parametrize(
    "counts", [{"under_ones": 11}, {"first_timers": 19}, {"adults": -1}, {"minutes": 1441}, {"note": NAME}]
)
def test_counts_that_cannot_be_are_refused_and_so_is_any_other_field(counts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        told.session(on(1, 7), **counts)


def test_the_organisers_who_were_missing_are_named_by_their_places(later: Desk) -> None:
    stream_id = recorded(later, told.ACTIVITY, told.place())
    met = later.do(stream_id, told.met(on(2, 3), PlaceOrganisation.PARISH))
    assert the(met.facts(), OrganisersMet).missing == (PlaceOrganisation.CHILD_WELFARE_LEAGUE,)
    assert [one.rule_id for one in met.deviations if one.rule_id == "core-all-present"] == ["core-all-present"]


def test_every_working_day_without_a_session_has_its_deviation_and_a_late_entry_takes_it_away(later: Desk) -> None:
    stream_id = recorded(later, told.ACTIVITY, told.place(), told.session(on(1, 7)), told.session(on(1, 13)))

    def missing() -> list[str]:
        standing = later.book.state(stream_id, StreamKind.ACTIVITY).concluded.deviations
        return [key.rpartition("/")[2] for key in standing if key.startswith("open-every-working-day")]

    assert missing() == ["2025-01-08", "2025-01-09", "2025-01-10"]
    later.do(stream_id, told.session(on(1, 9)))
    assert missing() == ["2025-01-08", "2025-01-10"]


def test_an_amendment_of_counts_gives_its_reason_by_a_code_and_never_in_words(later: Desk) -> None:
    stream_id = recorded(later, told.ACTIVITY, told.place(), told.session(on(1, 7)), told.session(on(1, 9)))
    held, deviation = later.number(stream_id, SessionHeld), next(iter(later.book.state(
        stream_id, StreamKind.ACTIVITY).concluded.deviations))  # fmt: skip
    duty = next(iter(later.book.state(stream_id, StreamKind.ACTIVITY).concluded.duties))
    typing: dict[str, Any] = {"entry": held, "mistake": MistakeKind.TYPING_ERROR}
    for reason, expected in ((NAME, IdentityNotAllowed), ("wrongly_recorded", None)):
        amendments: tuple[AnyCommand, ...] = (
            CorrectEntry(**typing, changes={"adults": 9}, reason=reason),
            StrikeOutEntry(**typing, reason=reason),
            ExplainDeviation(deviation_key=deviation, explained_on=on(12, 1), reason=reason),
            WaiveDuty(duty_key=duty, waived_on=on(12, 1), reason=reason),
        )
        for command in amendments:
            if expected:
                assert isinstance(later.refused(stream_id, command), expected)
            else:
                later.do(stream_id, command)
    stored = [record.state for record in later.book.ledger.read_feed(0, 1000) if record.stream_id == stream_id]
    assert len(stored) > 10
    assert not [state for state in stored if NAME.encode() in state or NAME.split(maxsplit=1)[0].encode() in state]


@covers(
    OpenNetwork, tell.FormGroup, RecordGroupMeeting, tell.MakeActionPlan, tell.AgreePlanTask, tell.CompletePlanTask,
    tell.SetGoal, tell.NoteProgress, tell.PlanGathering, tell.RecordGathering, tell.CountMethodUse,
    tell.MapConsultation, tell.ReviewHandbook, tell.TellDenominator, tell.EndNetwork,
)  # fmt: skip
def test_a_year_of_steering_is_recorded_and_names_the_sectors_that_were_missing(later: Desk) -> None:
    stream_id = recorded(later, told.NETWORK, *OF_NETWORK)
    facts = [entry.fact for entry in later.book.state(stream_id, StreamKind.NETWORK).entries]
    assert the(facts, GroupMet).sectors_missing == (Sector.GROWTH_AND_LEARNING,)


@refuses(
    OpenNetwork, tell.FormGroup, RecordGroupMeeting, tell.MakeActionPlan, tell.AgreePlanTask, tell.CompletePlanTask,
    tell.SetGoal, tell.NoteProgress, tell.PlanGathering, tell.RecordGathering, tell.CountMethodUse,
    tell.MapConsultation, tell.ReviewHandbook, tell.TellDenominator, tell.EndNetwork,
)  # fmt: skip
def test_what_is_told_of_no_network_or_of_one_twice_is_refused(later: Desk) -> None:
    for command in OF_NETWORK:
        assert isinstance(later.refused(new_id(), command), UnknownNetwork)
    stream_id = recorded(later, told.NETWORK, *OF_NETWORK)
    assert isinstance(later.refused(stream_id, told.NETWORK), AlreadyThere)
    again = (told.LOCAL_GROUP, told.PLAN, told.TASK, told.DONE, told.goal(told.COUNTED), told.EVENT, COFFEE)
    for command in (*again, tell.EndNetwork(ended_on=on(12, 31))):
        assert isinstance(later.refused(stream_id, command), OutOfOrder)


def test_a_task_ends_done_or_given_up_and_nothing_follows_what_is_not_there(later: Desk) -> None:
    stream_id = recorded(later, told.NETWORK, told.PLAN, told.TASK)
    half = tell.CompletePlanTask(task_id=told.TASK_ID, done_on=on(5, 1), progress=Progress.UNDER_WAY)
    assert isinstance(later.refused(stream_id, half), OutOfOrder)
    assert isinstance(later.refused(stream_id, told.FOLLOWED), OutOfOrder)
    early = tell.ReviewHandbook(reviewed_on=dt.date(2024, 12, 31))
    assert isinstance(later.refused(stream_id, early), EndedBeforeItBegan)


def test_the_source_of_a_denominator_is_a_code_and_no_text() -> None:
    with pytest.raises(ValidationError):
        tell.TellDenominator(told_on=on(6, 2), year=2024, denominator=Denominator.BIRTHS, value=558, source_code=NAME)


def test_the_year_clock_shows_what_was_left_undone_and_what_is_next_once_its_month_has_begun(later: Desk) -> None:
    later.now = at(on(4, 1))
    stream_id = recorded(later, told.NETWORK, told.held(GatheringKind.NETWORK_COFFEE, on(1, 15)))
    later.do(stream_id, told.held(GatheringKind.NETWORK_COFFEE, on(3, 12)))
    keys = later.book.state(stream_id, StreamKind.NETWORK).concluded.duties
    assert "network-coffees/1/2025-03" in keys
    assert "network-coffees/1/2025-04" not in keys
    later.do(stream_id, ReachCalendar(reached_on=on(4, 1)), actor=CLOCK)
    duties = later.book.state(stream_id, StreamKind.NETWORK).concluded.duties
    months = {key.rpartition("/")[2]: duty for key, duty in duties.items() if key.startswith("network-coffees")}
    assert [(month, duty.met_by is not None) for month, duty in months.items()] == [
        ("2025-01", True), ("2025-02", False), ("2025-03", True), ("2025-04", False),
    ]  # fmt: skip
    assert {duty.started_by for duty in months.values()} == {1}
    assert duties["network-fair/1/2025"].due_on == on(11, 30)
