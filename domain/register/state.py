"""What is so about the register: whose it is, its units, its workers, and the service models in force."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from threading import Lock
from uuid import UUID

from pydantic_core import to_json

from domain.catalogue.model import ServiceModel
from domain.entry import Entry
from domain.fact import JsonObject
from domain.refusal import ServiceNotKnown
from domain.register.destruction import DESTRUCTIONS, Destruction
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
)
from domain.register.restriction import RESTRICTIONS, Restriction
from domain.state import StreamState

_PARSING = Lock()


@lru_cache(maxsize=512)
def _model(content: bytes) -> ServiceModel:
    return ServiceModel.model_validate_json(content)


def model_of(content: JsonObject) -> ServiceModel:
    """The service model that a publication holds; parsed once, however many threads ask for it at a time."""
    with _PARSING:
        return _model(to_json(content))


@dataclass(frozen=True, kw_only=True)
class RegisterState(StreamState):
    """A register. `models` are by service code and version, `terms` by worker: from which day on, whether in or out.

    `log_keys`, `restores`, `destructions` and `restrictions` are all that were ever recorded: no correction takes away
    who signed, or what was destroyed or restricted.
    """

    register_name: str = ""
    controller: str = ""
    units: Mapping[str, UnitOpened] = field(default_factory=dict)
    workers: Mapping[str, WorkerEnrolled] = field(default_factory=dict)
    left: Mapping[str, dt.date] = field(default_factory=dict)
    terms: Mapping[str, Sequence[tuple[dt.date, bool]]] = field(default_factory=dict)
    models: Mapping[tuple[str, int], ServiceModel] = field(default_factory=dict)
    log_keys: tuple[LogKeyAdopted, ...] = ()
    restores: tuple[LogRestored, ...] = ()
    destructions: Mapping[UUID, Destruction] = field(default_factory=dict)
    restrictions: Mapping[UUID, Restriction] = field(default_factory=dict)

    def keys_for(self, purpose: LogKeyPurpose) -> list[LogKeyAdopted]:
        """The keys adopted for that purpose, the first to come first."""
        return [key for key in self.log_keys if key.purpose is purpose]

    def may_act(self, worker_id: str, day: dt.date) -> bool:
        """Whether the worker was enrolled here on `day`: had come by then, and not left."""
        standing = [is_in for from_on, is_in in self.terms.get(worker_id, ()) if from_on <= day]
        return bool(standing) and standing[-1]

    def model(self, service: str, model_version: int) -> ServiceModel:
        """The published model of that version. Raises ServiceNotKnown."""
        try:
            return self.models[service, model_version]
        except KeyError:
            raise ServiceNotKnown(
                f"{service} version {model_version} has not been published in this register.",
                remedy=f"Published here: {self._published()}.",
                service=service,
            ) from None

    def model_in_force(self, service: str, day: dt.date) -> ServiceModel:
        """The version of the service that is in force on `day`. Raises ServiceNotKnown, naming those that are."""
        granted = (model for model in self.models.values() if model.in_force_on(day) and not model.only_frame)
        in_force = {model.service: model for model in sorted(granted, key=_newest_last)}
        if service in in_force:
            return in_force[service]
        raise ServiceNotKnown(
            f"No model of service {service} is in force on {day}.",
            remedy=f"In force on that day: {', '.join(sorted(in_force)) or 'none'}.",
            service=service,
            in_force=sorted(in_force),
        )

    def _published(self) -> str:
        return ", ".join(f"{service} {version}" for service, version in sorted(self.models)) or "none"


def _newest_last(model: ServiceModel) -> tuple[dt.date, int]:
    return model.valid_from, model.model_version


def continue_register(state: RegisterState, news: Sequence[Entry]) -> RegisterState:
    """The register's state with those entries more, none of which amends another: models are parsed once."""
    return fold_register((*state.entries, *news), (*state.in_force, *news), state.models)


def fold_register(
    entries: Sequence[Entry], in_force: Sequence[Entry], parsed: Mapping[tuple[str, int], ServiceModel] | None = None
) -> RegisterState:
    """The register's state from its own stream's entries. `parsed`: models of these entries, by service and version."""
    register_name, controller = "", ""
    left: dict[str, dt.date] = {}
    units: dict[str, UnitOpened] = {}
    workers: dict[str, WorkerEnrolled] = {}
    terms: dict[str, list[tuple[dt.date, bool]]] = defaultdict(list)
    models: dict[tuple[str, int], ServiceModel] = {}
    for entry in in_force:
        fact = entry.fact
        match fact:
            case RegisterOpened():
                register_name, controller = fact.register_name, fact.controller
            case ControllerSucceeded():
                controller = fact.successor
            case UnitOpened():
                units[fact.unit_id] = fact
            case WorkerEnrolled():
                workers[fact.worker_id] = fact
                left.pop(fact.worker_id, None)
                terms[fact.worker_id].append((fact.enrolled_on, True))
            case WorkerLeft():
                left[fact.worker_id] = fact.left_on
                terms[fact.worker_id].append((fact.left_on + dt.timedelta(days=1), False))
            case ServiceModelPublished():
                which = fact.service, fact.model_version
                models[which] = (parsed or {}).get(which) or model_of(fact.content)
            case _:
                pass
    return RegisterState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        register_name=register_name,
        controller=controller,
        units=units,
        workers=workers,
        left=left,
        terms={worker_id: sorted(moves, key=itemgetter(0)) for worker_id, moves in terms.items()},
        models=models,
        log_keys=tuple(entry.fact for entry in entries if isinstance(entry.fact, LogKeyAdopted)),
        restores=tuple(entry.fact for entry in entries if isinstance(entry.fact, LogRestored)),
        destructions=DESTRUCTIONS.of(entries),
        restrictions=RESTRICTIONS.of(entries),
    )
