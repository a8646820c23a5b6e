"""Every rule of some models both ways: a story that keeps it, and one that breaks it, without a ledger.

The frame, early support and the invented model, which uses every kind; `tests/driven` takes every model through the
public commands.
"""

from __future__ import annotations

import pytest

from domain.catalogue.model import ServiceModel
from domain.fact import Fact
from domain.rules.judge import judge, measures
from domain.rules.kinds import KINDS
from tests.rules.cases import CASES, NOTED, Case
from tests.rules.models import MODELS
from tests.rules.story import story

NOTHING, KEPT, BROKEN = "nothing", "kept", "broken"
EVERY_CASE = [
    pytest.param(MODELS[service], rule_id, case, id=f"{service} {rule_id}")
    for service, cases in CASES.items()
    for rule_id, case in cases.items()
]


def made_of(model: ServiceModel, rule_id: str, facts: list[Fact]) -> str:
    """What the rule makes of the story: broken, left open or unmeasured; kept, met or measured; or nothing."""
    entries = story(*facts)
    judgement = judge(model, entries)
    met = [duty.met_by for duty in judgement.duties.values() if duty.rule_id == rule_id]
    values = [row.value for row in measures(model, entries) if row.rule_id == rule_id]
    deviates = any(deviation.rule_id == rule_id for deviation in judgement.deviations.values())
    if deviates or None in met or None in values:
        return BROKEN
    return KEPT if met or values else NOTHING


@pytest.mark.parametrize(("model", "rule_id", "case"), EVERY_CASE)
def test_a_story_that_keeps_the_rule_is_not_a_breach_of_it(model: ServiceModel, rule_id: str, case: Case) -> None:
    rule = model.rule(rule_id)
    assert rule is not None
    expected = KEPT if rule.kind in ("duty", "measure", "share") else NOTHING
    assert made_of(model, rule_id, case.kept) == expected


@pytest.mark.parametrize(("model", "rule_id", "case"), EVERY_CASE)
def test_a_story_that_breaks_the_rule_is_a_breach_of_it(model: ServiceModel, rule_id: str, case: Case) -> None:
    assert made_of(model, rule_id, case.broken) == (NOTHING if case is NOTED else BROKEN)


@pytest.mark.parametrize("service", CASES)
def test_every_rule_of_every_model_has_a_case_each_way(service: str) -> None:
    told = {rule.id for rule in MODELS[service].rules if not rule.id.startswith("Q0.")}  # these judge quality files
    assert told == set(CASES[service])


def test_the_invented_model_uses_every_kind_of_rule() -> None:
    assert {rule.kind for rule in MODELS["X9"].rules} == set(KINDS)


def test_only_notes_have_the_case_that_is_neither_kept_nor_broken() -> None:
    noted = {(service, rule_id) for service, cases in CASES.items() for rule_id, case in cases.items() if case is NOTED}
    told = [MODELS[service] for service in CASES]
    notes = {(model.service, rule.id) for model in told for rule in model.rules if rule.kind == "note"}
    assert noted == notes
