"""What-if: what another version of a service model would have made of the same entries, rule by rule.

Pure, and read from two judgements of the same entries in force; nothing that is found here is ever recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from domain.catalogue.model import ServiceModel
from domain.consequence import Deviation, Duty, Judgement
from domain.entry import Entry
from domain.rules.judge import judge


class Change(StrEnum):
    """How the other version's judgement differs."""

    GAINED = "gained"
    LOST = "lost"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Difference:
    """A deviation or a duty that the other version adds, takes away or sees otherwise; `entry` broke or opened it.

    `measured`, `limit` and `unit` are of the deviation (of the one lost, where it is lost).
    """

    kind: str
    change: Change
    rule_id: str
    strength: str
    entry: int
    measured: float | None = None
    limit: float | None = None
    unit: str | None = None


class Footing(StrEnum):
    """Whether an episode can be held against the other version: judged by it, or left out and why."""

    JUDGED = "judged"
    ASKED_FOR_ANOTHER = "asked_for_another"
    NOT_COMPARABLE = "not_comparable"


def concerns(under: ServiceModel, service: str, model_version: int) -> bool:
    """Whether an episode judged by that version can be replayed under this model: another, or what it succeeds."""
    if service == under.service:
        return model_version != under.model_version
    return service in (under.succeeds or ())


def footing(under: ServiceModel, service: str, asked_for: Collection[str]) -> Footing:
    """On what footing an episode of `service` that this model concerns is held against it.

    `asked_for`: the services asked for, as far as anything tells. Another version of the episode's own service always
    judges; one that succeeds it only what was asked for as its service; where nothing tells, nothing is guessed.
    """
    told = set(asked_for) - {service}
    if under.service == service or under.service in told:
        return Footing.JUDGED
    return Footing.ASKED_FOR_ANOTHER if told else Footing.NOT_COMPARABLE


def what_if(pinned: ServiceModel, under: ServiceModel, entries_in_force: Iterable[Entry]) -> list[Difference]:
    """How `under` would have judged otherwise what `pinned` judges."""
    entries = list(entries_in_force)
    return list(differences(judge(pinned, entries), judge(under, entries)))


def differences(now: Judgement, then: Judgement) -> Iterator[Difference]:
    """What two judgements of the same entries do not have alike, deviations first."""
    for key in dict.fromkeys((*now.deviations, *then.deviations)):
        yield from _of_deviations(now.deviations.get(key), then.deviations.get(key))
    for key in dict.fromkeys((*now.duties, *then.duties)):
        yield from _of_duties(now.duties.get(key), then.duties.get(key))


def _of_deviations(now: Deviation | None, then: Deviation | None) -> Iterator[Difference]:
    told = then or now
    if told is None or (now is not None and then is not None and replace(now, model=then.model) == then):
        return
    yield Difference(
        "deviation", _change(now, then), told.rule_id, told.strength, told.entry, told.measured, told.limit, told.unit
    )


def _of_duties(now: Duty | None, then: Duty | None) -> Iterator[Difference]:
    told = then or now
    if told is None or (now is not None and then is not None and replace(now, model=then.model) == then):
        return
    yield Difference("duty", _change(now, then), told.rule_id, told.strength, told.started_by)


def _change(now: object, then: object) -> Change:
    if now is None:
        return Change.GAINED
    return Change.LOST if then is None else Change.OTHERWISE
