"""What the ledger itself concludes from acts: duties (velvoite) and deviations (poikkeama), and how they change.

Rules judge the entries in force and say which duties and deviations there should be; `conclude` compares that
with what has been recorded and gives the facts that close the gap. So what an act caused goes and comes with it,
and a correction that moves a clock moves the duty. That a duty is late is never stored: it is computed when
somebody looks (domain book § 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, assert_never, cast, get_args
from uuid import UUID

import msgspec

from domain.calendar import CALENDAR_NAME
from domain.entry import Entry
from domain.fact import Fact
from domain.strict import Measured, Ordinal

ConclusionT = TypeVar("ConclusionT")


class DutyOpened(Fact, name="duty_opened", happened="opened_on", consequence=True):
    """Something must happen by `due_on`; the clock started with entry `started_by` of this stream.

    `duty_key` is unique in the stream: rule, starting entry and, where there is one each, client or recipient.
    `due_on` is absent while it hangs on something that has no date yet (before the second meeting). `waived_on`: the
    same duty had been waived before what opened it was struck out, and is so still. `opened_on`: the first day of the
    calendar period that it is of, or of the client's in it, where that lies after the entry that started the clock.
    """

    duty_key: str
    rule_id: str
    service: str
    model_version: Ordinal
    strength: str
    due_on: dt.date | None = None
    started_by: Ordinal
    calendar: str = CALENDAR_NAME
    client_id: UUID | None = None
    waived_on: dt.date | None = None
    opened_on: dt.date | None = None


class DutyMoved(Fact, name="duty_moved", consequence=True):
    """The due date changed, because what started the clock was corrected or became known; or `opened_on` did.

    `opened_on`: as in DutyOpened, of a period's duty whose clock has another start now.
    """

    duty_key: str
    due_on: dt.date | None = None
    was_due_on: dt.date | None = None
    opened_on: dt.date | None = None


class DutyMet(Fact, name="duty_met", happened="met_on", consequence=True):
    """The duty was fulfilled on `met_on`, by entry `met_by`."""

    duty_key: str
    met_by: Ordinal
    met_on: dt.date


class DutyReopened(Fact, name="duty_reopened", consequence=True):
    """What had fulfilled the duty is no longer so."""

    duty_key: str


class DutyWithdrawn(Fact, name="duty_withdrawn", consequence=True):
    """What had opened the duty is no longer so."""

    duty_key: str


class DutyWaived(Fact, name="duty_waived", happened="waived_on", sensitive=("reason",)):
    """Somebody decided, with a reason, that the duty need not be met. An act, not a conclusion."""

    duty_key: str
    waived_on: dt.date
    reason: str


class DeviationNoted(Fact, name="deviation_noted", consequence=True):
    """Entry `entry` breaks a rule: by `measured` against `limit`, in `unit`, where it can be counted."""

    deviation_key: str
    rule_id: str
    service: str
    model_version: Ordinal
    strength: str
    entry: Ordinal
    measured: Measured | None = None
    limit: Measured | None = None
    unit: str | None = None


class DeviationWithdrawn(Fact, name="deviation_withdrawn", consequence=True):
    """The rule is not broken after all."""

    deviation_key: str


class DeviationExplained(Fact, name="deviation_explained", happened="explained_on", sensitive=("reason",)):
    """A worker gave the reason for a deviation. An act, not a conclusion."""

    deviation_key: str
    explained_on: dt.date
    reason: str


ConsequenceFact = (
    DutyOpened
    | DutyMoved
    | DutyMet
    | DutyReopened
    | DutyWithdrawn
    | DutyWaived
    | DeviationNoted
    | DeviationWithdrawn
    | DeviationExplained
)
FACTS: tuple[type[Fact], ...] = get_args(ConsequenceFact)
_CONSEQUENCES = frozenset(FACTS)
"""Asked for the class itself, since facts have no subclasses: what it is one of takes forty times as long."""


class ModelReference(msgspec.Struct, frozen=True, gc=False):
    """A version of a service model."""

    service: str
    model_version: int


class Duty(msgspec.Struct, frozen=True, gc=False):
    """A duty as a rule says it should be, or as the stream has recorded it.

    It and a deviation are structs, since every decision compares all of them: a dataclass takes ten times as long.
    """

    key: str
    model: ModelReference
    rule_id: str
    strength: str
    started_by: int
    due_on: dt.date | None = None
    client_id: UUID | None = None
    met_by: int | None = None
    met_on: dt.date | None = None
    waived: bool = False
    opened_on: dt.date | None = None


class Deviation(msgspec.Struct, frozen=True, gc=False):
    """A breach as a rule says there is one, or as the stream has recorded it."""

    key: str
    model: ModelReference
    rule_id: str
    strength: str
    entry: int
    measured: float | None = None
    limit: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules of one model make of a stream: by key. `remedies`: what would satisfy, by deviation key.

    `forbidden`: the keys of those deviations for which the command that would cause them is refused. `unjudged`: the
    rules that would have to see what is withheld, with their strength: what they concluded before stands.
    """

    model: ModelReference
    duties: Mapping[str, Duty] = field(default_factory=dict)
    deviations: Mapping[str, Deviation] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    forbidden: frozenset[str] = frozenset()
    unjudged: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Concluded:
    """The duties and deviations that a stream has recorded and not withdrawn, by key.

    `waived`: a waiver is an act of its own, and stands also while what had opened the duty is struck out.
    """

    duties: dict[str, Duty] = field(default_factory=dict)
    deviations: dict[str, Deviation] = field(default_factory=dict)
    waived: dict[str, dt.date] = field(default_factory=dict)

    def evolve(self, fact: Fact) -> None:
        """Take in one fact; facts that conclude nothing change nothing."""
        if type(fact) in _CONSEQUENCES:
            self._take(cast("ConsequenceFact", fact))

    def with_entries(self, news: Iterable[Entry]) -> Concluded:
        """What is recorded with those entries more."""
        after = Concluded(dict(self.duties), dict(self.deviations), dict(self.waived))
        for entry in news:
            if entry.kind in _CONSEQUENCES:
                after.evolve(entry.fact)
        return after

    def _take(self, fact: ConsequenceFact) -> None:
        match fact:
            case DutyOpened():
                self.duties[fact.duty_key] = _duty_of(fact, waived=fact.duty_key in self.waived)
            case DutyMoved():
                self._change(fact.duty_key, due_on=fact.due_on, opened_on=fact.opened_on)
            case DutyMet():
                self._change(fact.duty_key, met_by=fact.met_by, met_on=fact.met_on)
            case DutyReopened():
                self._change(fact.duty_key, met_by=None, met_on=None)
            case DutyWaived():
                self.waived[fact.duty_key] = fact.waived_on
                self._change(fact.duty_key, waived=True)
            case DutyWithdrawn():
                self.duties.pop(fact.duty_key, None)
            case DeviationNoted():
                self.deviations[fact.deviation_key] = _deviation_of(fact)
            case DeviationWithdrawn():
                self.deviations.pop(fact.deviation_key, None)
            case DeviationExplained():
                pass
            case _:
                assert_never(fact)

    def _change(self, key: str, **changes: object) -> None:
        if key in self.duties:
            self.duties[key] = msgspec.structs.replace(self.duties[key], **changes)


def _duty_of(fact: DutyOpened, *, waived: bool) -> Duty:
    return Duty(
        key=fact.duty_key,
        model=ModelReference(fact.service, fact.model_version),
        rule_id=fact.rule_id,
        strength=fact.strength,
        started_by=fact.started_by,
        due_on=fact.due_on,
        client_id=fact.client_id,
        waived=waived,
        opened_on=fact.opened_on,
    )


def _deviation_of(fact: DeviationNoted) -> Deviation:
    return Deviation(
        key=fact.deviation_key,
        model=ModelReference(fact.service, fact.model_version),
        rule_id=fact.rule_id,
        strength=fact.strength,
        entry=fact.entry,
        measured=fact.measured,
        limit=fact.limit,
        unit=fact.unit,
    )


def about(fact: Fact) -> int | None:
    """The entry that a conclusion is about: it opened the duty, met it, or broke the rule. None: what caused it.

    A conclusion happened in the world when that entry did, however late it is drawn.
    """
    match fact:
        case DutyOpened():
            return fact.started_by
        case DutyMet():
            return fact.met_by
        case DeviationNoted():
            return fact.entry
        case _:
            return None


def when(fact: Fact, happened: Mapping[int, dt.datetime], otherwise: dt.datetime) -> dt.datetime:
    """When a conclusion happened in the world: with the entry that it is about, a later period's duty as it began.

    `happened`: the moments of the entries in force; `otherwise`: that of what caused it.
    """
    if isinstance(fact, DutyOpened) and (began := fact.happened_at()) is not None:
        return began
    return happened.get(about(fact) or 0, otherwise)


def concluded(entries_in_force: Iterable[Entry]) -> Concluded:
    """What the stream has recorded of duties and deviations."""
    return Concluded().with_entries(entries_in_force)


def conclude(judgement: Judgement | None, recorded: Concluded, *, earlier: Iterable[Judgement] = ()) -> list[Fact]:
    """The facts that bring what is recorded to what the rules say. Empty when nothing changed.

    `judgement`: by the model that the stream is judged by; None when there is none any more. `earlier`: by all the
    models that it was ever judged by, the earliest first: each judges what was while it was in force. What two of them
    tell alike is the earliest one's; what is recorded stays its model's as long as that one tells it.
    """
    judgements = {one.model: one for one in (*earlier, *([judgement] if judgement else []))}
    return [*_duty_facts(judgements, recorded), *_deviation_facts(judgements, recorded)]


def _duty_facts(judgements: Mapping[ModelReference, Judgement], recorded: Concluded) -> Iterator[Fact]:
    told = _told([one.duties for one in judgements.values()])
    standing: set[str] = set()
    for key, had in recorded.duties.items():
        owner = judgements.get(had.model)
        duty = (owner.duties.get(key) if owner else None) or told.get(key)
        if owner and had.rule_id in owner.unjudged:
            standing.add(key)
        elif duty is None or duty.model != had.model:
            yield DutyWithdrawn(duty_key=key)
        else:
            standing.add(key)
            yield from _towards(duty, had)
    for key, duty in told.items():
        if key not in standing:
            yield from _towards(duty, None, waived_on=recorded.waived.get(key))


def _deviation_facts(judgements: Mapping[ModelReference, Judgement], recorded: Concluded) -> Iterator[Fact]:
    told = _told([one.deviations for one in judgements.values()])
    standing: set[str] = set()
    for key, had in recorded.deviations.items():
        owner = judgements.get(had.model)
        deviation = (owner.deviations.get(key) if owner else None) or told.get(key)
        if owner and had.rule_id in owner.unjudged:
            standing.add(key)
        elif deviation is None:
            yield DeviationWithdrawn(deviation_key=key)
        else:
            standing.add(key)
            if deviation != had:
                yield _noted(deviation)
    yield from (_noted(deviation) for key, deviation in told.items() if key not in standing)


def _told(by_model: Sequence[Mapping[str, ConclusionT]]) -> Mapping[str, ConclusionT]:
    """What the models tell together, by key; of what several tell, the first of them."""
    if len(by_model) == 1:
        return by_model[0]
    told: dict[str, ConclusionT] = {}
    for one in by_model:
        for key, conclusion in one.items():
            told.setdefault(key, conclusion)
    return told


def _towards(duty: Duty, had: Duty | None, *, waived_on: dt.date | None = None) -> Iterator[Fact]:
    if had is None:
        yield _opened(duty, waived_on)
    elif (had.due_on, had.opened_on) != (duty.due_on, duty.opened_on):
        yield DutyMoved(duty_key=duty.key, due_on=duty.due_on, was_due_on=had.due_on, opened_on=duty.opened_on)
    if waived_on or (had is not None and had.waived):
        return
    was_met = (had.met_by, had.met_on) if had else (None, None)
    if duty.met_by is not None and duty.met_on is not None:
        if was_met != (duty.met_by, duty.met_on):
            yield DutyMet(duty_key=duty.key, met_by=duty.met_by, met_on=duty.met_on)
    elif was_met[0] is not None:
        yield DutyReopened(duty_key=duty.key)


def _opened(duty: Duty, waived_on: dt.date | None) -> DutyOpened:
    return DutyOpened(
        duty_key=duty.key,
        rule_id=duty.rule_id,
        service=duty.model.service,
        model_version=duty.model.model_version,
        strength=duty.strength,
        due_on=duty.due_on,
        started_by=duty.started_by,
        client_id=duty.client_id,
        waived_on=waived_on,
        opened_on=duty.opened_on,
    )


def _noted(deviation: Deviation) -> DeviationNoted:
    return DeviationNoted(
        deviation_key=deviation.key,
        rule_id=deviation.rule_id,
        service=deviation.model.service,
        model_version=deviation.model.model_version,
        strength=deviation.strength,
        entry=deviation.entry,
        measured=deviation.measured,
        limit=deviation.limit,
        unit=deviation.unit,
    )
