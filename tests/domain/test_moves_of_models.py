"""Moves from one service model to another: each model judges what was while it was in force, told in whatever order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import pytest

from domain.commands import AnyCommand
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.facts import DecisionMade
from domain.ledger.identity import new_id
from domain.refusal import CommandNotOfService, EndedBeforeItBegan, NotAuthorised
from tests.domain.desk import WORKER, Desk, at, meeting
from tests.domain.test_amendments import correct, strike
from tests.domain.test_rehabilitation_course import BEGUN_ON, CHANGE, GRANTED_ON, in_service


def after(days: int) -> dt.date:
    """So many days after the work began."""
    return BEGUN_ON + dt.timedelta(days=days)


def move(service: str, days: int) -> MoveToModel:
    return MoveToModel(decision_id=new_id(), service=service, decided_on=after(days), decision_maker=WORKER)


def visit(days: int) -> AnyCommand:
    return meeting(started_at=at(after(days)), ended_at=at(after(days), 11))


def moving(desk: Desk, *steps: AnyCommand, service: str = "P8") -> UUID:
    """An episode of the service, with one child, in which those were told in that order."""
    episode_id = in_service(desk, service, desk.client(age=5, on=GRANTED_ON))
    for step in steps:
        assert desk.do(episode_id, step, historical=True).entries
    return episode_id


def owed(desk: Desk, episode_id: UUID) -> list[tuple[str, str, str]]:
    """The duties: of which service, by which rule and by when."""
    duties = desk.episode(episode_id).concluded.duties.values()
    return sorted((one.model.service, one.rule_id, str(one.due_on)) for one in duties)


def broken(desk: Desk, episode_id: UUID) -> list[tuple[str, str]]:
    """The deviations: of which service, and by which rule."""
    return sorted((one.model.service, one.rule_id) for one in desk.episode(episode_id).concluded.deviations.values())


def is_of(desk: Desk, episode_id: UUID) -> str:
    pin = desk.episode(episode_id).pin
    assert pin is not None
    return pin.service


P7, P6, VISIT = move("P7", 20), move("P6", 40), visit(75)


@pytest.mark.parametrize("steps", [(P6, P7, VISIT), (P6, VISIT, P7), (VISIT, P6, P7), (VISIT, P7, P6)])
def test_moves_told_in_another_order_than_they_were_made_come_to_the_same(
    desk: Desk, steps: tuple[AnyCommand, ...]
) -> None:
    in_order, otherwise = moving(desk, P7, P6, VISIT), moving(desk, *steps)
    assert is_of(desk, otherwise) == is_of(desk, in_order) == "P6"
    assert owed(desk, otherwise) == owed(desk, in_order)
    assert broken(desk, otherwise) == broken(desk, in_order)
    assert "P6" not in {service for service, rule_id, _ in owed(desk, otherwise) if rule_id == "monthly-report"}
    assert isinstance(desk.refused(otherwise, CHANGE), CommandNotOfService), "P7 knows it, and P6 does not"


def test_a_model_that_is_in_force_for_a_time_asks_for_what_fell_in_that_time(desk: Desk) -> None:
    episode_id = moving(desk, move("P5", 45), VISIT, move("P7", 25), service="P6")
    reports = [due_on for service, _, due_on in owed(desk, episode_id) if service == "P7"]
    assert reports == ["2024-05-10"], "of April, when rehabilitation was in force; not of March and May"


def test_a_move_that_is_told_late_is_there_where_its_model_came_to_be_in_force_later_too(desk: Desk) -> None:
    episode_id = moving(desk, move("P7", 40), move("P6", 30), move("P7", 20))
    moves = [entry.fact.service for entry in desk.entries(episode_id) if isinstance(entry.fact, DecisionMade)]
    assert moves == ["P8", "P7", "P6", "P7"]
    assert desk.do(episode_id, move("P6", 35), historical=True).entries == (), "it is in force that day already"


@pytest.mark.parametrize(
    "amended",
    [
        lambda desk, episode_id, version: [strike(version)],
        lambda desk, episode_id, version: [correct(version, decided_on=after(50).isoformat())],
    ],
)
def test_a_move_that_is_put_right_comes_to_what_it_would_have_come_to_at_once(
    desk: Desk, amended: Callable[[Desk, UUID, int], list[AnyCommand]]
) -> None:
    at_once, put_right = moving(desk, P7, VISIT, P6), moving(desk, P7)
    version = desk.number(put_right, DecisionMade, 2)
    for step in amended(desk, put_right, version):
        amendment = desk.do(put_right, step).entries[0].version
    desk.do(put_right, VISIT, historical=True)
    desk.do(put_right, P6, historical=True)
    desk.do(put_right, strike(amendment))
    assert (owed(desk, put_right), broken(desk, put_right)) == (owed(desk, at_once), broken(desk, at_once))


def test_a_late_move_without_its_grounds_is_refused_though_another_model_is_in_force_by_now(desk: Desk) -> None:
    episode_id = moving(desk, P6)
    refusal = desk.refused(episode_id, P7)
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.service == "P7"


def test_nothing_moves_to_another_model_before_it_was_granted(desk: Desk) -> None:
    episode_id = moving(desk)
    early = move("P7", -4)
    assert isinstance(desk.refused(episode_id, early, historical=True), EndedBeforeItBegan)
    assert desk.do(episode_id, move("P7", -3), historical=True).entries, "the day of the grant itself"


@pytest.mark.parametrize("decide", [GrantExtension, GrantException, DecideEnd])
def test_a_decision_that_is_told_after_a_move_is_of_the_service_of_its_own_day(
    desk: Desk, decide: type[GrantExtension | GrantException | DecideEnd]
) -> None:
    def told(days: int) -> AnyCommand:
        return decide(decision_id=new_id(), decided_on=after(days), decision_maker=WORKER, reasons="It is needed.")

    def of(*steps: AnyCommand) -> list[tuple[str, str | None, str | None]]:
        decided = desk.episode(moving(desk, *steps)).decisions
        return sorted((one.service, one.legal_basis, one.service_task) for one in decided)

    in_order, told_late = of(told(10), move("P2", 30)), of(move("P2", 30), told(10))
    assert told_late == in_order
    assert [service for service, _, _ in told_late] == ["P2", "P8", "P8"]
    assert [service for service, _, _ in of(move("P2", 30), told(30))] == ["P2", "P2", "P8"], "on the day of the move"
    assert [service for service, _, _ in of(move("P2", 30), told(-9))] == ["P2", "P8", "P8"], (
        "before the grant: of what was granted"
    )


def test_an_exception_told_late_names_the_service_of_its_own_day_or_none(desk: Desk) -> None:
    def exception(days: int, service: str) -> GrantException:
        return GrantException(decision_id=new_id(), decided_on=after(days), decision_maker=WORKER, service=service)

    episode_id = moving(desk, move("P2", 30))
    refusal = desk.refused(episode_id, exception(10, "P2"), historical=True)
    assert (refusal.code, refusal.details["field"]) == ("out_of_order", "service")
    assert "P8" in str(refusal)
    assert desk.do(episode_id, exception(10, "P8"), historical=True).entries


def test_of_one_day_the_move_comes_after_the_grant_also_where_the_grant_is_told_anew(desk: Desk) -> None:
    on_the_day = move("P7", (GRANTED_ON - BEGUN_ON).days)
    at_once, told_anew = moving(desk, on_the_day, VISIT), moving(desk, on_the_day)
    grant = next(entry for entry in desk.entries(told_anew) if isinstance(entry.fact, DecisionMade))
    struck = desk.do(told_anew, strike(desk.number(told_anew, DecisionMade, 2))).entries[0].version
    desk.do(told_anew, strike(grant.version))
    anew = GrantService(decision_id=new_id(), service="P8", decided_on=GRANTED_ON, decision_maker=WORKER)
    for step in (anew, strike(struck), VISIT):
        desk.do(told_anew, step, historical=True)
    assert is_of(desk, told_anew) == is_of(desk, at_once) == "P7"
    assert desk.episode(told_anew).pin_on(after(1)) == desk.episode(told_anew).pin
    assert owed(desk, told_anew) == owed(desk, at_once)
