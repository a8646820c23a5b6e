"""Every rule of every model of the catalogue, both ways, through the public commands and a real register."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from domain.catalogue.loader import load_catalogue
from domain.catalogue.model import ServiceModel
from tests.domain.desk import Desk
from tests.driven.harness import Driven, assert_broken, assert_kept, groups, opened_desk

GROUPS = groups()
GRANTED = tuple(model for model in load_catalogue() if not model.only_frame)
"""A frame is granted nowhere: its rules are driven through the services that include it, at least once."""
EVERY_CASE = [
    pytest.param(group.name, case, id=f"{case.service} {case.rule_id}") for group in GROUPS for case in group.cases
]


@pytest.fixture(scope="module")
def desks(postgres: str) -> Iterator[Callable[[str], Desk]]:
    """One register for a whole group: pytest would set up an indirect parameter anew for every case."""
    opened: dict[str, Desk] = {}
    with ExitStack() as stack:

        def of_group(name: str) -> Desk:
            if name not in opened:
                register = f"driven-{name.replace('_', '-')}-{os.getpid()}"
                opened[name] = stack.enter_context(opened_desk(postgres, register))
            return opened[name]

        yield of_group


@pytest.fixture
def desk(group: str, desks: Callable[[str], Desk]) -> Desk:
    """The desk of the case's group."""
    return desks(group)


@pytest.mark.parametrize(("group", "case"), EVERY_CASE)
def test_the_story_that_keeps_a_rule_keeps_it(desk: Desk, case: Driven) -> None:
    assert_kept(desk, case)


@pytest.mark.parametrize(("group", "case"), EVERY_CASE)
def test_the_story_that_breaks_a_rule_is_refused_or_leaves_a_deviation_or_an_open_duty(
    desk: Desk, case: Driven
) -> None:
    assert_broken(desk, case)


def test_the_groups_drive_every_service_of_the_catalogue_and_no_other() -> None:
    driven = [service for group in GROUPS for service in group.services]
    assert sorted(driven) == sorted({model.service for model in GRANTED})


@pytest.mark.parametrize("model", GRANTED, ids=lambda model: f"{model.service}.{model.model_version}")
def test_every_rule_of_the_model_is_driven(model: ServiceModel) -> None:
    known = {_of(case.service, case.rule_id) for group in GROUPS for case in group.cases}
    missing = {_of(model.service, rule.id) for rule in model.rules} - known
    assert not missing, f"no case drives {sorted(missing)}"


def test_every_case_is_of_a_rule_that_there_is() -> None:
    there_is = {(model.service, rule.id) for model in GRANTED for rule in model.rules}
    cases = {(case.service, case.rule_id) for group in GROUPS for case in group.cases}
    assert not cases - there_is


def _of(service: str, rule_id: str) -> tuple[str, str]:
    frame, _, own = rule_id.rpartition(".")
    return (frame or service), own
