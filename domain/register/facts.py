"""Facts about the register itself: whose it is, its units and workers, and the service models it has published.

The names given here are the storage format. Nothing about clients may enter.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from domain.fact import Fact, JsonObject, StreamKind
from domain.strict import Ordinal, Position


class WorkerRole(StrEnum):
    """The roles of workers (domain book § 1)."""

    KEY_WORKER = "key_worker"
    RESPONSIBLE_SOCIAL_WORKER = "responsible_social_worker"
    FAMILY_INSTRUCTOR = "family_instructor"
    OWN_INSTRUCTOR = "own_instructor"
    SOCIAL_INSTRUCTOR = "social_instructor"
    VISITATION_SUPERVISOR = "visitation_supervisor"
    TEAM_LEADER = "team_leader"
    COMMUNITY_INSTRUCTOR = "community_instructor"
    OTHER_PROFESSIONAL = "other_professional"


class LogKeyPurpose(StrEnum):
    """What a key of the register's log signs: its checkpoints, or the statement that it was restored."""

    CHECKPOINTS = "checkpoints"
    RESTORES = "restores"


class RegisterOpened(Fact, name="register_opened", stream=StreamKind.REGISTER, happened="opened_on"):
    """The controller's register was opened."""

    register_name: str
    controller: str
    opened_on: dt.date


class ControllerSucceeded(Fact, name="controller_succeeded", stream=StreamKind.REGISTER, happened="succeeded_on"):
    """The register passed from one controller to the next, from `succeeded_on`."""

    predecessor: str
    successor: str
    succeeded_on: dt.date


class UnitOpened(Fact, name="unit_opened", stream=StreamKind.REGISTER, happened="opened_on"):
    """A unit began: of the controller itself, or of a service `producer` that it purchases from."""

    unit_id: str
    unit_name: str
    area: str | None = None
    producer: str | None = None
    opened_on: dt.date


class WorkerEnrolled(
    Fact,
    name="worker_enrolled",
    stream=StreamKind.REGISTER,
    happened="enrolled_on",
    sensitive=("display_name",),
):
    """A worker may act in this register from `enrolled_on`."""

    worker_id: str
    role: WorkerRole
    unit_id: str | None = None
    area: str | None = None
    display_name: str | None = None
    enrolled_on: dt.date


class WorkerLeft(Fact, name="worker_left", stream=StreamKind.REGISTER, happened="left_on"):
    """A worker acts in this register no more after `left_on`."""

    worker_id: str
    left_on: dt.date


class ServiceModelPublished(Fact, name="service_model_published", stream=StreamKind.REGISTER):
    """A version of a service model, whole, as episodes decided while it is valid are judged by it.

    `content` is the checked model as JSON, so that the ledger explains itself without the catalogue's files.
    """

    service: str
    model_version: Ordinal
    valid_from: dt.date
    valid_to: dt.date | None = None
    content_sha256: str
    content: JsonObject


class LogKeyAdopted(Fact, name="log_key_adopted", stream=StreamKind.REGISTER):
    """A public key (a C2SP vkey) signs the register's log from a size on.

    The key adopted before for the same purpose signs as well, to the end of the day `overlap_to` in Finland.
    """

    verifier_key: str
    purpose: LogKeyPurpose
    from_size: Position
    overlap_to: dt.date | None = None


class LogRestored(Fact, name="log_restored", stream=StreamKind.REGISTER):
    """The register was put back on purpose to what a backup held, short of what had been sealed.

    `sealed_*` is the last checkpoint before, `restored_*` where the log goes on from: sizes, and roots in base64.
    `statement` is the signed note that says so.
    """

    sealed_size: Position
    sealed_root: str
    restored_size: Position
    restored_root: str
    statement: str


FACTS: tuple[type[Fact], ...] = (
    RegisterOpened,
    ControllerSucceeded,
    UnitOpened,
    WorkerEnrolled,
    WorkerLeft,
    ServiceModelPublished,
    LogKeyAdopted,
    LogRestored,
)
