"""Decisions, commitments and assignments have ids of their own: of two with one id only the later would be counted."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.command import Command
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.facts import DecisionMade, EpisodeStarted, PaymentCommitmentReceived, WorkerAssigned
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.refusal import OutOfOrder
from domain.register.facts import WorkerRole
from tests.domain.desk import OTHER_WORKER, STARTED_ON, WORKER, Desk
from tests.domain.test_amendments import correct, strike

RELEASED_ON = STARTED_ON + dt.timedelta(days=30)


def ended(decision_id: UUID) -> DecideEnd:
    return DecideEnd(decision_id=decision_id, decided_on=STARTED_ON, decision_maker=WORKER, reasons="r")


def committed(commitment_id: UUID) -> ReceivePaymentCommitment:
    return ReceivePaymentCommitment(
        commitment_id=commitment_id, received_on=STARTED_ON, issuer="Kotka", payer_service="social", units=5,
        valid_from=STARTED_ON,
    )  # fmt: skip


def assigned(assignment_id: UUID, worker_id: str = WORKER) -> AssignWorker:
    role = WorkerRole.FAMILY_INSTRUCTOR
    return AssignWorker(assignment_id=assignment_id, worker_id=worker_id, role=role, from_on=STARTED_ON)


def the_same_again(desk: Desk, what: str) -> tuple[UUID, Command[Any]]:
    """An episode with one of those, and a command that tells another one of the same id."""
    one_id, episode_id = new_id(), desk.started("K1")
    if what == "assignment":
        desk.do(episode_id, assigned(one_id))
        desk.do(episode_id, ReleaseWorker(assignment_id=one_id, to_on=RELEASED_ON))
        return episode_id, assigned(one_id, OTHER_WORKER)
    if what == "commitment":
        desk.do(episode_id, committed(one_id))
        return episode_id, committed(one_id)
    return episode_id, ended(desk.episode(episode_id).decisions[0].decision_id)


@pytest.mark.parametrize("what", ["assignment", "commitment", "decision"])
def test_another_one_of_the_same_id_is_refused(desk: Desk, what: str) -> None:
    episode_id, again = the_same_again(desk, what)
    refusal = desk.refused(episode_id, again)
    assert isinstance(refusal, OutOfOrder)
    assert refusal.details["field"] == f"{what}_id"
    assert desk.do(episode_id, again.model_copy(update={f"{what}_id": new_id()})).entries


@pytest.mark.parametrize(
    ("what", "kind"),
    [("assignment", WorkerAssigned), ("commitment", PaymentCommitmentReceived), ("decision", DecisionMade)],
)
def test_nor_does_an_amendment_give_one_the_id_of_another(desk: Desk, what: str, kind: type[Fact]) -> None:
    episode_id, again = the_same_again(desk, what)
    field = f"{what}_id"
    taken = getattr(again, field)
    desk.do(episode_id, again.model_copy(update={field: new_id()}))
    second = desk.number(episode_id, kind, 2)
    to_the_first: dict[str, Any] = {field: str(taken)}
    assert isinstance(desk.refused(episode_id, correct(second, **to_the_first)), OutOfOrder)
    struck = desk.do(episode_id, strike(second)).entries[0].version
    assert desk.do(episode_id, strike(struck)).entries, "with its own it may come back"


def test_two_of_one_id_that_are_there_already_hinder_nothing_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    episode_id, again = the_same_again(desk, "commitment")
    with monkeypatch.context() as unasked:
        unasked.setattr("domain.ledger.deciding.check_ids_are_own", lambda *_: None)
        desk.do(episode_id, again)
    motivated: dict[str, Any] = {"motivation_recognised": True}
    assert desk.do(episode_id, correct(desk.number(episode_id, EpisodeStarted), **motivated)).entries
    assert desk.do(episode_id, committed(new_id())).entries
