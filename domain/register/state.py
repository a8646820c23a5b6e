"""What is so about the register: whose it is, its units, its workers, and the service models in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic_core import to_json

from domain.catalogue.model import ServiceModel
from domain.command import StreamState
from domain.fact import JsonObject
from domain.refusal import ServiceNotKnown
from domain.register.facts import (
    ControllerSucceeded,
    RegisterOpened,
    ServiceModelPublished,
    UnitOpened,
    WorkerEnrolled,
    WorkerLeft,
)
from domain.stream import Entry


@lru_cache(maxsize=512)
def _model(content: bytes) -> ServiceModel:
    return ServiceModel.model_validate_json(content)


def model_of(content: JsonObject) -> ServiceModel:
    """The service model that a publication holds; parsed once."""
    return _model(to_json(content))


@dataclass(frozen=True, kw_only=True)
class RegisterState(StreamState):
    """A register. `models` are by service code and version."""

    register_name: str = ""
    controller: str = ""
    units: Mapping[str, UnitOpened] = field(default_factory=dict)
    workers: Mapping[str, WorkerEnrolled] = field(default_factory=dict)
    left: Mapping[str, dt.date] = field(default_factory=dict)
    models: Mapping[tuple[str, int], ServiceModel] = field(default_factory=dict)

    def may_act(self, worker_id: str, day: dt.date) -> bool:
        """Whether the worker is enrolled here and had not left by `day`."""
        return worker_id in self.workers and (worker_id not in self.left or day <= self.left[worker_id])

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
        in_force = {
            model.service: model for model in self.models.values() if model.in_force_on(day) and not model.only_frame
        }
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


def fold_register(entries: Sequence[Entry], in_force: Sequence[Entry]) -> RegisterState:
    """The register's state from its own stream's entries."""
    register_name, controller = "", ""
    left: dict[str, dt.date] = {}
    units: dict[str, UnitOpened] = {}
    workers: dict[str, WorkerEnrolled] = {}
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
            case WorkerLeft():
                left[fact.worker_id] = fact.left_on
            case ServiceModelPublished():
                models[fact.service, fact.model_version] = model_of(fact.content)
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
        models=models,
    )
