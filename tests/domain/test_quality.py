"""The quality file: criteria, audits with samples that anybody can draw again, feedback, surveys, supervision."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.ledger.identity import new_id
from domain.quality.commands.assess_quality_criteria import AssessQualityCriteria
from domain.quality.commands.close_audit import CloseAudit
from domain.quality.commands.close_supervision import CloseSupervision
from domain.quality.commands.complete_quality_action import CompleteQualityAction
from domain.quality.commands.draw_audit_sample import DrawAuditSample
from domain.quality.commands.handle_quality_feedback import HandleQualityFeedback
from domain.quality.commands.handle_survey_round import HandleSurveyRound
from domain.quality.commands.open_quality_action import OpenQualityAction
from domain.quality.commands.open_quality_file import OpenQualityFile
from domain.quality.commands.open_supervision import OpenSupervision
from domain.quality.commands.plan_audit import PlanAudit
from domain.quality.commands.receive_quality_feedback import ReceiveQualityFeedback
from domain.quality.commands.record_audit import RecordAudit
from domain.quality.commands.record_audit_finding import RecordAuditFinding
from domain.quality.commands.record_survey_round import RecordSurveyRound
from domain.quality.commands.set_quality_criteria import SetQualityCriteria
from domain.quality.facts import (
    AuditFindingRecorded,
    AuditHeld,
    AuditKind,
    AuditSampleDrawn,
    EventTied,
    QualityFileOpened,
    StreamOfEvent,
)
from domain.quality.sampling import draw, population_sha256
from domain.refusal import (
    EndedBeforeItBegan,
    InTheFuture,
    OutOfOrder,
    ServiceNotKnown,
    UnknownEntry,
    UnknownEpisode,
    UnknownQualityFile,
    WorkerNotOfRegister,
)
from domain.register.commands.open_unit import OpenUnit
from tests.domain.desk import TOMORROW, WORKER, Desk, the
from tests.domain.marks import covers, refuses
from tests.domain.quality_desk import (
    AUDITED_ON,
    OPENED_ON,
    SEED,
    action,
    assessed,
    audit_held,
    audit_plan,
    criteria,
    drawn,
    feedback,
    file_opened,
    finding,
    gone_through,
    handled,
    supervision,
    survey,
)

IDS = some.sets(some.uuids(), min_size=1, max_size=30)
AN_ID = UUID("01890000-0000-7000-8000-000000000001")


@covers(OpenQualityFile)
def test_a_file_is_pinned_to_the_model_in_force_and_takes_its_area_from_the_unit(desk: Desk) -> None:
    desk.do(desk.register_id, OpenUnit(unit_id="u1", unit_name="Unit", area="Kotka", opened_on=OPENED_ON))
    opened = the(
        desk.do(new_id(), OpenQualityFile(opened_on=OPENED_ON, service="K2", unit_id="u1")).facts(), QualityFileOpened
    )
    assert (opened.model_version, opened.area) == (1, "Kotka")


@refuses(OpenQualityFile)
def test_a_file_is_of_a_service_in_force_and_of_a_unit_or_area(desk: Desk) -> None:
    nowhere = OpenQualityFile(opened_on=OPENED_ON, service="K2")
    assert isinstance(desk.refused(new_id(), nowhere), OutOfOrder)
    assert isinstance(desk.refused(new_id(), nowhere.model_copy(update={"unit_id": "unheard-of"})), OutOfOrder)
    gone = OpenQualityFile(opened_on=OPENED_ON, service="K0", area="Kotka")
    assert isinstance(desk.refused(new_id(), gone), ServiceNotKnown)


@covers(SetQualityCriteria, AssessQualityCriteria)
@refuses(SetQualityCriteria, AssessQualityCriteria)
def test_only_criteria_that_are_set_are_scored(desk: Desk) -> None:
    file_id = file_opened(desk)
    assert isinstance(desk.refused(file_id, assessed()), OutOfOrder)
    assert isinstance(desk.refused(file_id, criteria(set_on=dt.date(2024, 1, 1))), EndedBeforeItBegan)
    desk.do(file_id, criteria("participation"))
    assert desk.do(file_id, assessed()).entries
    assert isinstance(desk.refused(file_id, assessed(scores={"other": 1})), OutOfOrder)
    assert isinstance(desk.refused(file_id, assessed(audit_id=new_id())), OutOfOrder)


@covers(PlanAudit, RecordAudit)
@refuses(PlanAudit, RecordAudit)
def test_an_audit_is_planned_once_and_held_once_of_the_kind_that_was_planned(desk: Desk) -> None:
    file_id, audit_id = file_opened(desk), new_id()
    held = RecordAudit(audit_id=audit_id, held_on=AUDITED_ON)
    assert isinstance(desk.refused(file_id, held), OutOfOrder)
    desk.do(file_id, audit_plan(audit_id, AuditKind.WRITTEN))
    assert isinstance(desk.refused(file_id, audit_plan(audit_id)), OutOfOrder)
    assert isinstance(desk.refused(file_id, held.model_copy(update={"held_on": OPENED_ON})), EndedBeforeItBegan)
    assert isinstance(desk.refused(file_id, held.model_copy(update={"held_on": TOMORROW})), InTheFuture)
    assert the(desk.do(file_id, held).facts(), AuditHeld).audit_kind is AuditKind.WRITTEN
    assert isinstance(desk.refused(file_id, held), OutOfOrder)


@covers(DrawAuditSample)
def test_a_sample_follows_from_the_seed_of_the_plan_and_tells_how_to_draw_it_again(desk: Desk) -> None:
    file_id, audit_id = file_opened(desk), new_id()
    population = [desk.granted("K2") for _ in range(5)]
    position = desk.last_position()
    desk.do(file_id, audit_plan(audit_id))
    outcome = desk.do(file_id, drawn(audit_id, *population, size=2, position=position))
    sample = the(outcome.facts(), AuditSampleDrawn)
    assert sample.episode_ids == draw(SEED, population, 2)
    assert (sample.seed, sample.population_position, sample.population_size) == (SEED, position, 5)
    assert sample.population_sha256 == population_sha256(population)


@refuses(DrawAuditSample)
def test_a_sample_is_drawn_once_of_episodes_of_the_files_service(desk: Desk) -> None:
    file_id, audit_id, episode_id = file_opened(desk), new_id(), desk.granted("K2")
    assert isinstance(desk.refused(file_id, drawn(audit_id, episode_id)), OutOfOrder)
    desk.do(file_id, audit_plan(audit_id))
    assert isinstance(desk.refused(file_id, drawn(audit_id, new_id())), UnknownEpisode)
    assert isinstance(desk.refused(file_id, drawn(audit_id, desk.granted("K1"))), OutOfOrder)
    desk.do(file_id, drawn(audit_id, episode_id))
    assert isinstance(desk.refused(file_id, drawn(audit_id, episode_id)), OutOfOrder)


@covers(RecordAuditFinding)
@refuses(RecordAuditFinding)
def test_a_finding_is_tied_to_entries_that_there_are(desk: Desk) -> None:
    file_id, episode_id, contact_id = file_opened(desk), desk.granted("K2"), desk.contact()
    audit_id, finding_id = audit_held(desk, file_id), new_id()
    grant = EventTied(stream_kind=StreamOfEvent.EPISODE, stream_id=episode_id, version=2)
    asked = EventTied(stream_kind=StreamOfEvent.CONTACT, stream_id=contact_id, version=1)
    told = the(desk.do(file_id, finding(audit_id, finding_id, events=(grant, asked))).facts(), AuditFindingRecorded)
    assert told.events == (grant, asked)
    beyond = EventTied(stream_kind=StreamOfEvent.EPISODE, stream_id=episode_id, version=99)
    assert isinstance(desk.refused(file_id, finding(audit_id, events=(beyond,))), UnknownEntry)
    assert isinstance(desk.refused(file_id, finding(audit_id, finding_id)), OutOfOrder)
    assert isinstance(desk.refused(file_id, finding(new_id())), OutOfOrder)
    desk.do(file_id, CloseAudit(audit_id=audit_id, closed_on=AUDITED_ON))
    assert isinstance(desk.refused(file_id, finding(audit_id)), OutOfOrder)


@covers(OpenQualityAction, CompleteQualityAction)
@refuses(OpenQualityAction, CompleteQualityAction)
def test_an_action_has_an_owner_and_a_due_date_and_is_done_once(desk: Desk) -> None:
    file_id, action_id = file_opened(desk), new_id()
    audit_id = audit_held(desk, file_id)
    done = CompleteQualityAction(action_id=action_id, done_on=dt.date(2024, 4, 30), worker_id=WORKER)
    assert isinstance(desk.refused(file_id, done), OutOfOrder)
    assert isinstance(desk.refused(file_id, action(action_id, because_of=new_id())), OutOfOrder)
    assert isinstance(desk.refused(file_id, action(action_id, due_on=OPENED_ON)), EndedBeforeItBegan)
    assert isinstance(desk.refused(file_id, action(action_id, owner_id="nobody")), WorkerNotOfRegister)
    desk.do(file_id, action(action_id, because_of=audit_id))
    assert isinstance(desk.refused(file_id, action(action_id)), OutOfOrder)
    assert isinstance(desk.refused(file_id, done.model_copy(update={"done_on": OPENED_ON})), EndedBeforeItBegan)
    desk.do(file_id, done)
    assert isinstance(desk.refused(file_id, done), OutOfOrder)


@covers(CloseAudit)
@refuses(CloseAudit)
def test_an_audit_is_closed_once_after_it_was_held(desk: Desk) -> None:
    file_id, audit_id = file_opened(desk), new_id()
    closing = CloseAudit(audit_id=audit_id, closed_on=AUDITED_ON)
    desk.do(file_id, audit_plan(audit_id))
    assert isinstance(desk.refused(file_id, closing), OutOfOrder)
    desk.do(file_id, RecordAudit(audit_id=audit_id, held_on=AUDITED_ON))
    assert isinstance(desk.refused(file_id, closing.model_copy(update={"closed_on": OPENED_ON})), EndedBeforeItBegan)
    desk.do(file_id, closing)
    assert isinstance(desk.refused(file_id, closing), OutOfOrder)


@covers(ReceiveQualityFeedback, HandleQualityFeedback)
@refuses(ReceiveQualityFeedback, HandleQualityFeedback)
def test_feedback_is_received_and_then_handled_once(desk: Desk) -> None:
    file_id, feedback_id = file_opened(desk), new_id()
    assert isinstance(desk.refused(new_id(), feedback(feedback_id)), UnknownQualityFile)
    assert isinstance(desk.refused(file_id, handled(feedback_id)), OutOfOrder)
    desk.do(file_id, feedback(feedback_id, episode_id=desk.granted("K2")))
    assert isinstance(desk.refused(file_id, feedback(feedback_id)), OutOfOrder)
    assert isinstance(desk.refused(file_id, handled(feedback_id, handled_on=OPENED_ON)), EndedBeforeItBegan)
    desk.do(file_id, handled(feedback_id, change_code="start_letter", change="…"))
    assert isinstance(desk.refused(file_id, handled(feedback_id)), OutOfOrder)


@covers(RecordSurveyRound, HandleSurveyRound)
@refuses(RecordSurveyRound, HandleSurveyRound)
def test_a_survey_round_is_recorded_and_gone_through(desk: Desk) -> None:
    file_id, round_id = file_opened(desk, "P2"), new_id()
    assert isinstance(desk.refused(file_id, gone_through(round_id)), OutOfOrder)
    desk.do(file_id, survey(round_id))
    assert isinstance(desk.refused(file_id, survey(round_id)), OutOfOrder)
    assert isinstance(desk.refused(file_id, gone_through(round_id, OPENED_ON)), EndedBeforeItBegan)
    desk.do(file_id, gone_through(round_id, in_community=False))
    desk.do(file_id, gone_through(round_id))
    assert isinstance(desk.refused(file_id, gone_through(round_id)), OutOfOrder)


@covers(OpenSupervision, CloseSupervision)
@refuses(OpenSupervision, CloseSupervision)
def test_supervision_is_opened_because_of_feedback_and_closed(desk: Desk) -> None:
    file_id, feedback_id, supervision_id = file_opened(desk), new_id(), new_id()
    closing = CloseSupervision(supervision_id=supervision_id, closed_on=AUDITED_ON, result_code="guided")
    assert isinstance(desk.refused(file_id, closing), OutOfOrder)
    assert isinstance(desk.refused(file_id, supervision(supervision_id, because_of=feedback_id)), OutOfOrder)
    desk.do(file_id, feedback(feedback_id))
    desk.do(file_id, supervision(supervision_id, because_of=feedback_id, with_procurement=True))
    assert isinstance(desk.refused(file_id, supervision(supervision_id)), OutOfOrder)
    desk.do(file_id, closing)
    assert isinstance(desk.refused(file_id, closing), OutOfOrder)


@given(seed=some.text(max_size=20), population=IDS, size=some.integers(1, 40), order=some.randoms())
def test_a_draw_hangs_on_seed_and_ids_alone(seed: str, population: set[UUID], size: int, order: object) -> None:
    given_so = list(population)
    order.shuffle(given_so)  # type: ignore[attr-defined] # what hypothesis gives has it, but names no type
    sample = draw(seed, given_so + given_so[:3], size)
    assert sample == draw(seed, sorted(population), size)
    assert len(sample) == min(size, len(population)) == len(set(sample))


@given(population=IDS, joins=some.uuids())
def test_whoever_joins_the_population_changes_nobody_elses_rank(population: set[UUID], joins: UUID) -> None:
    before, after = draw(SEED, population, 30), draw(SEED, {*population, joins}, 31)
    assert [one for one in after if one != joins or joins in population] == list(before)


@pytest.mark.parametrize("seed", ["", "2024-P2", "ä"])
def test_the_rank_can_be_reckoned_by_hand(seed: str) -> None:
    by_hand = hashlib.sha256(f"{seed}\n{AN_ID}".encode()).hexdigest()
    other = UUID(int=1)
    hashed = hashlib.sha256(f"{seed}\n{other}".encode()).hexdigest()
    assert draw(seed, [AN_ID, other], 1) == ((AN_ID,) if by_hand < hashed else (other,))
