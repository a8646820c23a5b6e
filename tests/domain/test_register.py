"""The register itself: whose it is, its units and workers, and the service models that it publishes."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.catalogue.model import ServiceModel
from domain.client.commands.register_client import RegisterClient
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.episode.facts import DecisionMade
from domain.ledger.identity import new_id
from domain.refusal import (
    AlreadyThere,
    EndedBeforeItBegan,
    InTheFuture,
    OutOfOrder,
    Unknown,
    UnknownClient,
    UnknownRegister,
    WorkerNotOfRegister,
)
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.commands.record_log_restore import RecordLogRestore
from domain.register.commands.remove_worker import RemoveWorker
from domain.register.commands.succeed_controller import SucceedController
from domain.register.facts import (
    ControllerSucceeded,
    LogKeyAdopted,
    LogKeyPurpose,
    LogRestored,
    RegisterOpened,
    ServiceModelPublished,
    UnitOpened,
    WorkerEnrolled,
    WorkerLeft,
    WorkerRole,
)
from tests.domain.desk import (
    ENROLLED_ON,
    MODELS,
    OTHER_WORKER,
    TODAY,
    TOMORROW,
    WORKER,
    Desk,
    grant,
    meeting,
    meeting_day,
    the,
)
from tests.domain.marks import covers, refuses

OPENED_ON = dt.date(2015, 1, 1)
SUCCEEDED_ON = dt.date(2023, 1, 1)
NEW = "O9"


def opening(**fields: object) -> OpenRegister:
    return OpenRegister.model_validate({"register_name": "r", "controller": "Kymsote", "opened_on": OPENED_ON} | fields)


def enrolment(**fields: object) -> EnrolWorker:
    told = {"worker_id": NEW, "role": WorkerRole.FAMILY_INSTRUCTOR, "enrolled_on": ENROLLED_ON}
    return EnrolWorker.model_validate(told | fields)


def vkey(number: int) -> str:
    return f"jaksokirja/r+{number:08x}+{'A' * 44}"


def adoption(number: int, purpose: LogKeyPurpose = LogKeyPurpose.CHECKPOINTS, **fields: object) -> AdoptLogKey:
    return AdoptLogKey.model_validate({"verifier_key": vkey(number), "purpose": purpose, "from_size": 1} | fields)


def restoring() -> RecordLogRestore:
    roots = {"sealed_root": "A" * 43 + "=", "restored_root": "B" * 43 + "="}
    return RecordLogRestore(sealed_size=9, restored_size=5, statement="signed", **roots)


def second_version(valid_from: dt.date) -> ServiceModel:
    k2 = next(model for model in MODELS if model.service == "K2")
    return k2.model_copy(update={"model_version": 2, "valid_from": valid_from})


@covers(OpenRegister)
def test_a_register_is_opened_by_its_controller(empty_desk: Desk) -> None:
    outcome = empty_desk.do(empty_desk.register_id, opening())
    assert the(outcome.facts(), RegisterOpened).controller == "Kymsote"
    assert empty_desk.book.register_state().controller == "Kymsote"


@refuses(OpenRegister)
def test_a_register_is_opened_once(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.register_id, opening()), AlreadyThere)


def test_a_register_is_not_opened_in_the_future(empty_desk: Desk) -> None:
    refusal = empty_desk.refused(empty_desk.register_id, opening(opened_on=TOMORROW))
    assert isinstance(refusal, InTheFuture)
    assert refusal.details["field"] == "opened_on"


def test_a_register_has_no_other_stream_than_its_own(empty_desk: Desk) -> None:
    assert isinstance(empty_desk.refused(new_id(), opening()), Unknown)


def test_nothing_else_begins_on_the_registers_own_stream(empty_desk: Desk) -> None:
    refusal = empty_desk.refused(empty_desk.register_id, RegisterClient(born_on=dt.date(2018, 1, 1)))
    assert isinstance(refusal, UnknownClient)


@refuses(SucceedController, OpenUnit, EnrolWorker, RemoveWorker, PublishServiceModel, AdoptLogKey, RecordLogRestore)
def test_a_register_that_was_not_opened_takes_no_other_command(empty_desk: Desk) -> None:
    commands: list[AnyCommand] = [
        SucceedController(successor="County", succeeded_on=SUCCEEDED_ON),
        OpenUnit(unit_id="U1", unit_name="Unit", opened_on=OPENED_ON),
        enrolment(),
        RemoveWorker(worker_id=WORKER, left_on=TODAY),
        PublishServiceModel(content=MODELS[0]),
        adoption(1),
        restoring(),
    ]
    for command in commands:
        assert isinstance(empty_desk.refused(empty_desk.register_id, command), UnknownRegister)


@covers(SucceedController)
def test_a_register_passes_from_one_controller_to_the_next(desk: Desk) -> None:
    outcome = desk.do(desk.register_id, SucceedController(successor="County", succeeded_on=SUCCEEDED_ON))
    fact = the(outcome.facts(), ControllerSucceeded)
    assert (fact.predecessor, fact.successor) == ("Kymsote", "County")
    assert desk.book.register_state().controller == "County"


def test_a_controller_who_has_the_register_already_does_not_succeed_again(desk: Desk) -> None:
    assert not desk.do(desk.register_id, SucceedController(successor="Kymsote", succeeded_on=SUCCEEDED_ON)).entries


@covers(OpenUnit)
def test_a_unit_is_opened_with_its_producer(desk: Desk) -> None:
    unit = OpenUnit(unit_id="U1", unit_name="Unit", producer="Producer", opened_on=OPENED_ON)
    assert the(desk.do(desk.register_id, unit).facts(), UnitOpened).producer == "Producer"
    assert not desk.do(desk.register_id, unit).entries


@covers(EnrolWorker)
def test_an_enrolled_worker_may_act(desk: Desk) -> None:
    outcome = desk.do(desk.register_id, enrolment())
    assert the(outcome.facts(), WorkerEnrolled).worker_id == NEW
    assert desk.do(desk.started(), meeting(1, worker_ids=(NEW,))).entries


def test_enrolling_a_worker_who_is_enrolled_so_changes_nothing(desk: Desk) -> None:
    desk.do(desk.register_id, enrolment())
    assert not desk.do(desk.register_id, enrolment()).entries


def test_a_worker_may_not_have_acted_before_being_enrolled(desk: Desk) -> None:
    desk.do(desk.register_id, enrolment(enrolled_on=meeting_day(2)))
    episode_id = desk.started()
    assert isinstance(desk.refused(episode_id, meeting(1, worker_ids=(NEW,))), WorkerNotOfRegister)
    assert desk.do(episode_id, meeting(2, worker_ids=(NEW,))).entries


@covers(RemoveWorker)
def test_a_worker_who_left_may_have_acted_to_the_last_day_and_not_after(desk: Desk) -> None:
    episode_id = desk.started()
    outcome = desk.do(desk.register_id, RemoveWorker(worker_id=WORKER, left_on=meeting_day(2)))
    assert the(outcome.facts(), WorkerLeft).left_on == meeting_day(2)
    assert desk.do(episode_id, meeting(2)).entries
    refusal = desk.refused(episode_id, meeting(3))
    assert (refusal.code, refusal.details["field"]) == ("worker_not_of_register", "worker_ids")


def test_removing_a_worker_who_has_left_that_day_changes_nothing(desk: Desk) -> None:
    desk.do(desk.register_id, RemoveWorker(worker_id=WORKER, left_on=TODAY))
    assert not desk.do(desk.register_id, RemoveWorker(worker_id=WORKER, left_on=TODAY)).entries


def test_a_worker_does_not_leave_before_being_enrolled(desk: Desk) -> None:
    early = RemoveWorker(worker_id=WORKER, left_on=ENROLLED_ON - dt.timedelta(days=1))
    refusal = desk.refused(desk.register_id, early)
    assert isinstance(refusal, EndedBeforeItBegan)
    assert refusal.details["field"] == "left_on"


@refuses(RemoveWorker)
def test_nobody_leaves_who_is_not_enrolled(desk: Desk) -> None:
    refusal = desk.refused(desk.register_id, RemoveWorker(worker_id=NEW, left_on=TODAY))
    assert (refusal.code, refusal.details["field"]) == ("worker_not_of_register", "worker_id")


def test_a_worker_who_left_and_came_back_may_act_in_both_terms_but_not_between(desk: Desk) -> None:
    desk.do(desk.register_id, RemoveWorker(worker_id=WORKER, left_on=meeting_day(1)))
    back = enrolment(worker_id=WORKER, enrolled_on=meeting_day(3))
    desk.do(desk.register_id, back)
    state = desk.book.register_state()
    assert [state.may_act(WORKER, meeting_day(number)) for number in (1, 2, 3)] == [True, False, True]


def test_a_worker_who_left_comes_back_also_with_the_same_particulars(desk: Desk) -> None:
    desk.do(desk.register_id, enrolment())
    desk.do(desk.register_id, RemoveWorker(worker_id=NEW, left_on=ENROLLED_ON))
    assert desk.do(desk.register_id, enrolment()).entries


@covers(PublishServiceModel)
def test_a_service_model_is_published_whole(empty_desk: Desk) -> None:
    empty_desk.do(empty_desk.register_id, opening())
    model = MODELS[0]
    fact = the(empty_desk.do(empty_desk.register_id, PublishServiceModel(content=model)).facts(), ServiceModelPublished)
    assert ServiceModel.from_content(fact.content) == model
    assert fact.content_sha256 == model.content_sha256()


def test_publishing_the_same_version_again_changes_nothing(desk: Desk) -> None:
    assert not desk.do(desk.register_id, PublishServiceModel(content=MODELS[0])).entries


@refuses(PublishServiceModel)
def test_a_model_that_no_service_could_follow_is_not_published(desk: Desk) -> None:
    content = next(model for model in MODELS if model.service == "K1").model_copy(update={"model_version": 2})
    for broken in ({"streams": ()}, {"acts": ()}):
        refusal = desk.refused(desk.register_id, PublishServiceModel(content=content.model_copy(update=broken)))
        assert refusal.code == "unsound_service_model"
        assert refusal.details["faults"]


def test_a_published_version_never_changes(desk: Desk) -> None:
    other = MODELS[0].model_copy(update={"area": "Elsewhere"})
    refusal = desk.refused(desk.register_id, PublishServiceModel(content=other))
    assert isinstance(refusal, OutOfOrder)
    assert "next version" in refusal.remedy


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_two_versions_in_force_the_one_that_began_last_is_pinned(desk: Desk, newest_first: bool) -> None:
    second = second_version(dt.date(2022, 3, 1))
    third = second.model_copy(update={"model_version": 3, "valid_from": dt.date(2022, 3, 5)})
    for model in (third, second) if newest_first else (second, third):
        desk.do(desk.register_id, PublishServiceModel(content=model))
    decision = the(desk.do(desk.referred(), grant()).facts(), DecisionMade)
    assert decision.model_version == 3


@covers(AdoptLogKey)
def test_a_log_key_is_adopted_once_and_its_successor_with_an_overlap(desk: Desk) -> None:
    desk.do(desk.register_id, adoption(1))
    assert not desk.do(desk.register_id, adoption(1)).entries
    outcome = desk.do(desk.register_id, adoption(2, from_size=7, overlap_to=TOMORROW))
    assert the(outcome.facts(), LogKeyAdopted).overlap_to == TOMORROW
    adopted = desk.book.register_state().keys_for(LogKeyPurpose.CHECKPOINTS)
    assert [(key.verifier_key, key.from_size) for key in adopted] == [(vkey(1), 1), (vkey(2), 7)]


@refuses(AdoptLogKey)
@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (adoption(1, from_size=6), "new key"),
        (adoption(1, LogKeyPurpose.RESTORES, from_size=5), "new key"),
        (adoption(2, from_size=5, overlap_to=TODAY - dt.timedelta(days=1)), "a day to come"),
        (adoption(2, LogKeyPurpose.RESTORES, overlap_to=TOMORROW), "Leave overlap_to out"),
    ],
)
def test_a_log_key_that_cannot_follow_the_one_before_is_refused(desk: Desk, command: AdoptLogKey, remedy: str) -> None:
    desk.do(desk.register_id, adoption(1, from_size=5))
    refusal = desk.refused(desk.register_id, command)
    assert isinstance(refusal, OutOfOrder | EndedBeforeItBegan)
    assert remedy in refusal.remedy


def test_a_false_adoption_is_undone_by_adopting_the_key_before_again_or_a_new_one(desk: Desk) -> None:
    desk.do(desk.register_id, adoption(1, from_size=5))
    desk.do(desk.register_id, adoption(9, from_size=2**62))
    assert the(desk.do(desk.register_id, adoption(1, from_size=7)).facts(), LogKeyAdopted).verifier_key == vkey(1)
    assert the(desk.do(desk.register_id, adoption(2, from_size=8)).facts(), LogKeyAdopted).from_size == 8
    assert not desk.do(desk.register_id, adoption(1, from_size=5)).entries, "said again, the first is nothing new"


@pytest.mark.parametrize("text", ["", "key", "a key+00000000+" + "A" * 44, "key+0000000+" + "A" * 44, "key+00000000+A"])
def test_what_is_no_verifier_key_is_no_command(text: str) -> None:
    with pytest.raises(ValidationError):
        adoption(1, verifier_key=text)


def test_who_signed_the_log_is_not_taken_away_by_a_strike_out(desk: Desk) -> None:
    desk.do(desk.register_id, adoption(1))
    entry = desk.number(desk.register_id, LogKeyAdopted)
    struck = StrikeOutEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, reason="Struck.")
    desk.do(desk.register_id, struck)
    assert [key.verifier_key for key in desk.book.register_state().log_keys] == [vkey(1)]


@refuses(RecordLogRestore)
@covers(RecordLogRestore)
def test_a_restore_is_recorded_only_where_a_key_for_it_was_adopted_before(desk: Desk) -> None:
    assert "before it is needed" in desk.refused(desk.register_id, restoring()).remedy
    desk.do(desk.register_id, adoption(1, LogKeyPurpose.RESTORES))
    fact = the(desk.do(desk.register_id, restoring()).facts(), LogRestored)
    assert (fact.sealed_size, fact.restored_size) == (9, 5)
    assert not desk.do(desk.register_id, restoring()).entries
    assert desk.book.register_state().restores == (fact,)


def test_a_desk_that_records_an_opening_again_has_what_commands_record(desk: Desk) -> None:
    others = Desk(desk.dsn, desk.book.register_name)  # the first of a process opens by commands, this one may not have
    try:
        state = others.book.register_state()
    finally:
        others.book.close()
    assert state.models == {(model.service, model.model_version): model for model in MODELS}
    assert set(state.workers) == {WORKER, OTHER_WORKER}
    assert all(state.may_act(worker, ENROLLED_ON) for worker in state.workers)
    assert [entry.version for entry in state.entries] == list(range(1, len(MODELS) + 4))
