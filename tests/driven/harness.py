"""Driving a rule both ways through the public commands: one story that keeps it, one that breaks it.

A group is a module of this package with `SERVICES` (the codes whose rules it drives) and `CASES`. A frame's rule is
driven through a service that includes it, under its full id: `Driven("L1", "L0.preparation", …)`. Never here: what
a particular service's rules say.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

import tests.driven
from domain.catalogue.model import ServiceModel
from domain.fact import StreamKind
from domain.ledger.migrate import create_register, schema_of
from domain.refusal import NotAuthorised, Refusal
from domain.rules.base import Strength
from domain.rules.case import Case
from domain.rules.duty import Duty
from domain.rules.judge import measures
from domain.rules.kinds import Rule
from domain.rules.measure import Measure
from domain.rules.statement import Statement
from domain.state import StreamState
from domain.streams import pin_of
from tests.domain.desk import Desk

Story = Callable[[Desk], UUID]
"""Sends commands to the desk, and returns the stream that it made."""


@dataclass(frozen=True)
class Driven:
    """A rule and the stories that keep and break it.

    `broken` ends in a refusal of `NotAuthorised` that names the rule (raised, or asked for by `desk.refused`), in a
    deviation of the rule that stands, or in a duty of the rule that is open. A rule that only informs is shown by
    what it measures or counts: `broken` may then be the same story.
    """

    service: str
    rule_id: str
    kept: Story
    broken: Story


@dataclass(frozen=True)
class Group:
    """A module of cases."""

    name: str
    services: frozenset[str]
    cases: tuple[Driven, ...]


def groups() -> tuple[Group, ...]:
    """Every module of the package that says which services it drives."""
    names = sorted(f"{tests.driven.__name__}.{found.name}" for found in pkgutil.iter_modules(tests.driven.__path__))
    modules = [importlib.import_module(name) for name in names if not name.rpartition(".")[2].startswith("test_")]
    return tuple(
        Group(module.__name__.rpartition(".")[2], frozenset(module.SERVICES), tuple(module.CASES))
        for module in modules
        if hasattr(module, "SERVICES")
    )


@contextmanager
def opened_desk(dsn: str, name: str) -> Iterator[Desk]:
    """A desk at a new register of that name, open, with every model of the catalogue; gone afterwards."""
    create_register(dsn, name)
    desk = Desk(dsn, name)
    try:
        desk.open()
        yield desk
    finally:
        desk.book.close()
        with psycopg.connect(dsn) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(name))))


def assert_kept(desk: Desk, case: Driven) -> None:
    """No deviation of the rule stands; its duty was opened and met; what it measures or counts is there."""
    state, model = _judged(desk, case.kept(desk))
    rule = _rule(model, case.rule_id)
    assert case.rule_id not in _deviating(state), f"{case.rule_id} is broken by the story that should keep it"
    assert _looks_at(rule, state), f"the story that keeps {case.rule_id} tells of nothing that the rule looks at"
    if isinstance(rule, Duty) and rule.strength is not Strength.INFO:
        assert any(_duties(state, case.rule_id)), f"no duty of {case.rule_id} was opened and met"
    if isinstance(rule, Measure):
        assert _values(model, state, case.rule_id), f"{case.rule_id} measures nothing"


def assert_broken(desk: Desk, case: Driven) -> None:
    """A refusal that names the rule, a deviation of it, or its duty open."""
    stream_id, refusal = _told(desk, case.broken)
    if _names(refusal, case):
        return
    assert stream_id is not None, f"refused by {refusal and refusal.rule}, not by {case.rule_id}: {refusal}"
    state, model = _judged(desk, stream_id)
    if _rule(model, case.rule_id).strength is Strength.INFO:
        assert case.rule_id not in _deviating(state), f"{case.rule_id} only informs"
        return
    broken = case.rule_id in _deviating(state) or False in _duties(state, case.rule_id)
    assert broken, f"nothing breaks {case.rule_id}: {sorted(_deviating(state))} do; refused: {refusal!r}"


def _told(desk: Desk, story: Story) -> tuple[UUID | None, Refusal | None]:
    """The story's stream, unless it ended in a refusal; and the last refusal there was."""
    desk.last_refusal = None
    try:
        return story(desk), desk.last_refusal
    except NotAuthorised as refusal:
        return None, refusal


def _judged(desk: Desk, stream_id: UUID) -> tuple[StreamState, ServiceModel]:
    state = desk.book.state(stream_id, StreamKind.EPISODE)
    pin = pin_of(state)
    assert pin is not None, "the story made a stream that no service model judges"
    return state, desk.book.register_state().model(pin.service, pin.model_version)


def _rule(model: ServiceModel, rule_id: str) -> Rule:
    rule = model.rule(rule_id)
    assert rule is not None, f"{model.service} has no rule {rule_id}"
    return rule


def _names(refusal: Refusal | None, case: Driven) -> bool:
    rule = refusal.rule if isinstance(refusal, NotAuthorised) else None
    return rule is not None and rule.rule_id == case.rule_id


def _looks_at(rule: Rule, state: StreamState) -> bool:
    """Whether the stream holds anything that the rule names; what must never be, need not."""
    selectors = list(rule.selectors())
    if not selectors or (isinstance(rule, Statement) and not rule.any_of):
        return True
    return any(Case(state.in_force).select((selector,)) for selector in selectors)


def _deviating(state: StreamState) -> set[str]:
    return {deviation.rule_id for deviation in state.concluded.deviations.values()}


def _duties(state: StreamState, rule_id: str) -> list[bool]:
    """Of each duty of the rule, whether it was met."""
    return [duty.met_by is not None for duty in state.concluded.duties.values() if duty.rule_id == rule_id]


def _values(model: ServiceModel, state: StreamState, rule_id: str) -> list[float]:
    return [row.value for row in measures(model, state.in_force) if row.rule_id == rule_id and row.value is not None]
